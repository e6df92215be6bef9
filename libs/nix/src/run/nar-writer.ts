import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { open, lstat, readdir, readlink } from 'node:fs/promises';
import { narInt, narPadding, narStrings } from '../format/nar.js';

const CHUNK = 256 * 1024;

/** The NAR of a file tree, in pieces of bounded size. Byte for byte `nix-store --dump`. */
export async function* dumpPath(path: string | Buffer): AsyncGenerator<Buffer> {
  yield narStrings('nix-archive-1');
  yield* node(typeof path === 'string' ? Buffer.from(path) : path);
}

/**
 * The same of a small tree, whole and without waiting: a thread of its own for each call would cost several times the work. For
 * trees of about a megabyte at most.
 */
export const dumpSmallPath = (path: string): Buffer => {
  const pieces: Buffer[] = [narStrings('nix-archive-1')];
  const add = (at: Buffer): void => {
    const stat = lstatSync(at);
    if (stat.isSymbolicLink()) {
      pieces.push(narStrings('(', 'type', 'symlink', 'target', readlinkSync(at, { encoding: 'buffer' }), ')'));
    } else if (stat.isDirectory()) {
      pieces.push(narStrings('(', 'type', 'directory'));
      for (const name of readdirSync(at, { encoding: 'buffer' }).sort(Buffer.compare)) {
        pieces.push(narStrings('entry', '(', 'name', name, 'node'));
        add(Buffer.concat([at, Buffer.from('/'), name]));
        pieces.push(narStrings(')'));
      }
      pieces.push(narStrings(')'));
    } else if (stat.isFile()) {
      const contents = readFileSync(at);
      const executable = (stat.mode & 0o100) !== 0 ? ['executable', ''] : [];
      pieces.push(narStrings('(', 'type', 'regular', ...executable, 'contents'), narInt(contents.length), contents);
      pieces.push(narPadding(contents.length), narStrings(')'));
    } else throw new Error(`'${at.toString()}' is neither file, directory nor symbolic link`);
  };
  add(Buffer.from(path));
  return Buffer.concat(pieces);
};

async function* node(path: Buffer): AsyncGenerator<Buffer> {
  const stat = await lstat(path);
  if (stat.isSymbolicLink()) {
    yield narStrings('(', 'type', 'symlink', 'target', await readlink(path, { encoding: 'buffer' }), ')');
  } else if (stat.isDirectory()) {
    yield narStrings('(', 'type', 'directory');
    const names = await readdir(path, { encoding: 'buffer' });
    for (const name of names.sort(Buffer.compare)) {
      yield narStrings('entry', '(', 'name', name, 'node');
      yield* node(Buffer.concat([path, Buffer.from('/'), name]));
      yield narStrings(')');
    }
    yield narStrings(')');
  } else if (stat.isFile()) {
    // Only the owner's bit makes a file executable for Nix.
    yield narStrings('(', 'type', 'regular', ...((stat.mode & 0o100) !== 0 ? ['executable', ''] : []), 'contents');
    yield narInt(stat.size);
    yield* contents(path, stat.size);
    yield narPadding(stat.size);
    yield narStrings(')');
  } else throw new Error(`'${path.toString()}' is neither file, directory nor symbolic link`);
}

async function* contents(path: Buffer, size: number): AsyncGenerator<Buffer> {
  const file = await open(path, 'r');
  try {
    let missing = size;
    while (missing > 0) {
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(Math.min(CHUNK, missing)));
      if (bytesRead === 0) throw new Error(`'${path.toString()}' became shorter while it was read`);
      missing -= bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}
