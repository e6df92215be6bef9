import { lstat, opendir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Entry } from './entry.js';

const typeOf = (stat: Awaited<ReturnType<typeof lstat>>): Entry['type'] => {
  if (stat.isSymbolicLink()) return 'symlink';
  if (stat.isDirectory()) return 'directory';
  return stat.isFile() ? 'file' : 'other';
};

/** What is in a directory and below, each directory in the order of names. Links are named, not followed. `most`: names of one directory. */
export async function* directoryEntries(root: string, most: number): AsyncGenerator<Entry> {
  const waiting = [''];
  while (waiting.length > 0) {
    const below = waiting.pop()!;
    const names: string[] = [];
    // Not all at once: one with very many names would fill the memory.
    for await (const { name } of await opendir(join(root, below))) {
      names.push(name);
      if (names.length > most) break;
    }
    const inner: string[] = [];
    for (const name of names.sort()) {
      const path = below === '' ? name : `${below}/${name}`;
      const stat = await lstat(join(root, path)).catch(() => undefined);
      // Named in bytes that are no UTF-8: it cannot be asked for by its name.
      if (stat === undefined) {
        yield { path, type: 'other', size: null, target: null };
        continue;
      }
      const type = typeOf(stat);
      const target = type === 'symlink' ? await readlink(join(root, path)) : null;
      yield { path, type, size: type === 'file' ? stat.size : null, target };
      if (type === 'directory') inner.push(path);
    }
    waiting.push(...inner.reverse());
  }
}
