import { gcRootsDirOf, listGcRoots } from '#nix';
import type { Tools } from '../s3-backup/context.js';

/** The directory of GC roots, as the worker has it. */
export const rootsDir = ({ config, nix }: Pick<Tools, 'config' | 'nix'>): string =>
  gcRootsDirOf({ gcRootsDir: config.gcRootsDir, stateDir: config.nix.stateDir, storeDir: nix.storeDir });

/** The store paths that the directory names. Throws, in a line for people, where it cannot be read. */
export const readRoots = async (tools: Pick<Tools, 'config' | 'nix'>): Promise<readonly string[]> => {
  const dir = rootsDir(tools);
  try {
    return await listGcRoots(dir, tools.nix.storeDir);
  } catch (error) {
    throw new Error(
      `the directory of GC roots ${dir} cannot be read (${(error as NodeJS.ErrnoException).code}): nothing was changed; the worker makes it when it runs`,
      { cause: error },
    );
  }
};
