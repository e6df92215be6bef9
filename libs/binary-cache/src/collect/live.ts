import { storePathHash } from '#nix';
import type { LiveSet } from './ports.js';

/** Nothing may be collected: what is live cannot be told for sure. The message says what to do. */
export class UnsafeRootsError extends Error {
  override readonly name = 'UnsafeRootsError';
}

export type LiveSetOptions = Readonly<{
  /** Store paths that the directory of GC roots names now. Throws where it cannot be read. */
  roots: () => Promise<readonly string[]>;
  /** Outputs of builds whose upload into the place was asked for and did not end, by the log as it is now. */
  uploads: () => Promise<readonly string[]>;
  /** Which of some store paths are valid. */
  valid: (paths: readonly string[]) => Promise<readonly string[]>;
  /** The paths and all that they refer to. */
  closure: (paths: readonly string[]) => Promise<readonly string[]>;
  /** Waits a little before a root that is not in the store is looked for again: it may be let go of just now. */
  pause: () => Promise<void>;
  /** Hears how many live paths there are, after each part of the roots. */
  onProgress?: (paths: number) => void;
}>;

/** Roots in one question to Nix. */
const AT_ONCE = 2_000;

/**
 * The closure of the roots and of the uploads in progress. Throws `UnsafeRootsError` where there are no roots, or where one is
 * not in the store: what it kept there would be deleted from the bucket too.
 */
export const createLiveSet = (options: LiveSetOptions): LiveSet => {
  const { roots, uploads, valid, closure, pause, onProgress = () => undefined } = options;
  const hashes = new Set<string>();
  const known = new Set<string>();

  const add = async (paths: readonly string[], whoWants: string): Promise<void> => {
    const fresh = paths.filter((path) => !known.has(path));
    for (let at = 0; at < fresh.length; at += AT_ONCE) {
      const part = fresh.slice(at, at + AT_ONCE);
      const there = new Set(await valid(part));
      const missing = part.filter((path) => !there.has(path));
      if (missing.length > 0)
        throw new UnsafeRootsError(
          `${missing[0]!}${missing.length > 1 ? ` (and ${missing.length - 1} more)` : ''}: ${whoWants}, but it is not in the store, so what it needs cannot be told`,
        );
      for (const path of await closure(part)) hashes.add(storePathHash(path));
      for (const path of part) known.add(path);
      onProgress(hashes.size);
    }
  };

  const look = async (): Promise<void> => {
    // The uploads first: one that ends in between has its roots in the directory by then.
    const uploading = await uploads();
    const rooted = await roots();
    if (rooted.length === 0)
      throw new UnsafeRootsError('the directory of GC roots names no store path: everything would be garbage');
    await add(rooted, 'the directory of GC roots names it');
    await add(uploading, 'its upload was asked for and did not end');
  };

  return {
    has: (hash) => hashes.has(hash),
    refresh: async () => {
      try {
        await look();
      } catch (error) {
        if (!(error instanceof UnsafeRootsError)) throw error;
        // Who registers a root looks for the path afterwards, and takes the root back where it is gone.
        await pause();
        await look();
      }
    },
  };
};
