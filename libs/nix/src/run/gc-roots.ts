import { mkdir, readdir, readlink, symlink, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { isStorePath, parseStorePath } from '../format/store-path.js';

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
    .catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
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
