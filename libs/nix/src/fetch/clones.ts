import { createHash } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { withFreeFileLock } from './file-lock.js';

/** Version control systems whose repositories are kept as clones. */
export const CLONED = ['git', 'hg'] as const;
export type Cloned = (typeof CLONED)[number];

/** What a repository is called in the cache. */
export const cloneKey = (uri: string): string => createHash('sha256').update(uri).digest('hex');

/** Where a repository's clone is, or would be. */
export const clonePath = (cacheDir: string, kind: Cloned, uri: string): string => join(cacheDir, kind, cloneKey(uri));

/** What was in the cache: `clones` are gone (or would be), `busy` are being fetched into and stay. */
export type ClearedClones = Readonly<{ clones: number; busy: number }>;

const listed = (dir: string): Promise<string[]> =>
  readdir(dir).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });

/**
 * Removes the clones of all repositories; the next fetch of each makes it anew. What path inputs remember stays: it is what
 * gives the same content the same revision again. `dryRun`: only counts.
 */
export const clearClones = async (
  cacheDir: string,
  env: Readonly<Record<string, string>>,
  { dryRun = false }: Readonly<{ dryRun?: boolean }> = {},
): Promise<ClearedClones> => {
  let [clones, busy] = [0, 0];
  for (const kind of CLONED) {
    const trees = await listed(join(cacheDir, `${kind}-trees`));
    const keys = (await listed(join(cacheDir, kind))).filter((name) => /^[0-9a-f]{64}$/.test(name));
    for (const key of keys) {
      const clone = join(cacheDir, kind, key);
      // The lock's own file stays: who waits for it must not hold another one than who comes later.
      const free = await withFreeFileLock(`${clone}.lock`, env, async () => {
        if (dryRun) return;
        await rm(clone, { recursive: true, force: true });
        for (const tree of trees.filter((name) => name.startsWith(`${key}-`)))
          await rm(join(cacheDir, `${kind}-trees`, tree), { force: true });
      });
      if (free) clones += 1;
      else busy += 1;
    }
  }
  return { clones, busy };
};
