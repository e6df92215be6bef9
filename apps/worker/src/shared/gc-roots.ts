import { createHash } from 'node:crypto';
import { mkdir, realpath, symlink } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { addGcRoot, type NixSettings, removeGcRoot } from '#nix';
import type { Config } from '#runtime';

/** Our GC roots: one link for each store path, in one folder. */
export type GcRoots = Readonly<{
  dir: string;
  /** Keeps a store path from the garbage collector. Once more is the same as once. */
  add: (storePath: string) => Promise<void>;
  remove: (storePath: string) => Promise<void>;
}>;

const ignoreExisting = (error: NodeJS.ErrnoException): void => {
  if (error.code !== 'EEXIST') throw error;
};

/**
 * Opens the configured folder, `gcroots/iolaus` in Nix's state by default. Nix reads the folders below its `gcroots`, and follows a
 * link there to a link, but never into a folder: so for a folder elsewhere each root also gets a link in `gcroots/auto`, as
 * `nix-store --add-root` makes them. Nix removes those whose target is gone.
 */
export const openGcRoots = async (
  config: Readonly<{ nix: Pick<Config['nix'], 'stateDir'>; gcRootsDir: Config['gcRootsDir'] }>,
  nix: Pick<NixSettings, 'storeDir'>,
): Promise<GcRoots> => {
  const stateDir = config.nix.stateDir ?? join(dirname(nix.storeDir), 'var', 'nix');
  const gcRoots = join(stateDir, 'gcroots');
  const auto = join(gcRoots, 'auto');
  const dir = config.gcRootsDir ?? join(gcRoots, 'iolaus');
  for (const folder of [dir, auto]) await mkdir(folder, { recursive: true });
  const isRead = `${await realpath(dir)}${sep}`.startsWith(`${await realpath(gcRoots)}${sep}`);
  return {
    dir,
    add: async (storePath) => {
      await addGcRoot(dir, storePath);
      if (isRead) return;
      const link = join(dir, storePath.slice(storePath.lastIndexOf('/') + 1));
      await symlink(link, join(auto, createHash('sha1').update(link).digest('hex'))).catch(ignoreExisting);
    },
    remove: (storePath) => removeGcRoot(dir, storePath),
  };
};
