import { lstat, lutimes, mkdir, readdir, readlink, symlink, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isStorePath, parseStorePath } from '../format/store-path.js';

/**
 * Where GC roots stand: the configured folder, else `gcroots/iolaus` in Nix's state, which lies beside the store unless it is
 * configured too. Makes nothing: who only reads must see when the folder is not there.
 */
export const gcRootsDirOf = ({
  gcRootsDir,
  stateDir,
  storeDir,
}: Readonly<{ gcRootsDir: string | undefined; stateDir: string | undefined; storeDir: string }>): string =>
  gcRootsDir ?? join(stateDir ?? join(dirname(storeDir), 'var', 'nix'), 'gcroots', 'iolaus');

/** Folders that this process has made, or found. */
const made = new Set<string>();

/**
 * GC roots as symbolic links in one directory, each named by the base name of what it keeps; the directory is made. It must lie
 * below Nix's `gcroots`: a link there to a directory elsewhere keeps nothing, since Nix follows a link only to a store path or to
 * another link. For a directory elsewhere the caller links each root from `gcroots/auto`. Adding twice is adding once.
 */
export async function addGcRoot(dir: string, storePath: string): Promise<void> {
  const link = (): Promise<void> => symlink(storePath, join(dir, parseStorePath(storePath).baseName));
  const makeDir = async (): Promise<void> => void (await mkdir(dir, { recursive: true }));
  if (!made.has(dir)) await makeDir();
  made.add(dir);
  await link()
    .catch(async (error: NodeJS.ErrnoException) => {
      // Somebody removed it meanwhile.
      if (error.code !== 'ENOENT') throw error;
      await makeDir();
      await link();
    })
    .catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
      // Its change time is now: who removes old roots must see that this one is wanted again.
      await lutimes(join(dir, parseStorePath(storePath).baseName), 1, 1).catch((gone: NodeJS.ErrnoException) => {
        if (gone.code !== 'ENOENT') throw gone;
        return link();
      });
    });
}

/** Lets go of a path whose root was made, or asked for again, before a time (Unix milliseconds). Whether it did, or would. */
export async function removeOldGcRoot(
  dir: string,
  storePath: string,
  beforeMs: number,
  { dryRun = false } = {},
): Promise<boolean> {
  const link = join(dir, parseStorePath(storePath).baseName);
  try {
    if ((await lstat(link)).ctimeMs >= beforeMs) return false;
    if (!dryRun) await unlink(link);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

/** The store paths kept by the directory; foreign entries are left out. An absent directory is an error: it must not look empty. */
export async function listGcRoots(dir: string, storeDir: string): Promise<string[]> {
  const names = await readdir(dir);
  return names
    .map((name) => `${storeDir}/${name}`)
    .filter((path) => isStorePath(storeDir, path))
    .sort();
}

/** Lets go of a path. Nothing happens where it was not kept. */
export async function removeGcRoot(dir: string, storePath: string): Promise<void> {
  await unlink(join(dir, parseStorePath(storePath).baseName)).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
}

/** Whether the directory keeps the path. */
export async function isGcRooted(dir: string, storePath: string): Promise<boolean> {
  return readlink(join(dir, parseStorePath(storePath).baseName)).then(
    (target) => target === storePath,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false;
      throw error;
    },
  );
}
