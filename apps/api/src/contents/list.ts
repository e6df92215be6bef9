import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { PassThrough } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { type Compressor, decompress } from '#nix';
import { directoryEntries } from './directory.js';
import { type Entry, type Listing, NotListableError } from './entry.js';
import { fileSource, streamSource } from './source.js';
import { isTarHeader, tarEntries } from './tar.js';
import { zipEntries } from './zip.js';

/** Bounds of looking into a product. */
export type ListOptions = Readonly<{
  /** most entries */
  limit: number;
  /** ends the looking: what was found until then is the list */
  timeoutMs?: number;
  /** most bytes that are unpacked on the way to the next name */
  maxUnpacked?: number;
  /** of the programs that unpack */
  env: Readonly<Record<string, string>>;
}>;

const TIMEOUT_MS = 10_000;
const MAX_UNPACKED = 4 * 1024 ** 3;
/** Characters of all names together: those of an archive may have 64 KiB each, and pack to nothing. */
const MAX_TEXT = 4 * 1024 ** 2;

const MAGIC: readonly (readonly [Buffer, 'zip' | 'gzip' | Compressor])[] = [
  [Buffer.from('PK\x03\x04'), 'zip'],
  [Buffer.from('PK\x05\x06'), 'zip'],
  [Buffer.from([0x1f, 0x8b]), 'gzip'],
  [Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]), 'xz'],
  [Buffer.from('BZh'), 'bzip2'],
  [Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), 'zstd'],
];

/** Takes what there is, up to a limit or until the signal. */
const collect = async (
  kind: Listing['kind'],
  entries: AsyncGenerator<Entry>,
  limit: number,
  signal: AbortSignal,
): Promise<Listing> => {
  const found: Entry[] = [];
  let text = 0;
  try {
    for await (const entry of entries) {
      text += entry.path.length + (entry.target?.length ?? 0);
      if (found.length >= limit || text > MAX_TEXT || signal.aborted) return { kind, entries: found, truncated: true };
      found.push(entry);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
    return { kind, entries: found, truncated: true };
  }
  return { kind, entries: found, truncated: signal.aborted };
};

/** A gzip file's contents; it may be unpacked here, without a program. */
async function* gunzip(path: string, signal: AbortSignal): AsyncGenerator<Buffer> {
  const out = new PassThrough();
  const done = pipeline(createReadStream(path), createGunzip(), out, { signal });
  done.catch((error: Error) => out.destroy(error));
  for await (const piece of out) yield piece as Buffer;
  await done;
}

const packed = async (path: string, how: 'gzip' | Compressor, options: ListOptions): Promise<Listing> => {
  const { limit, env, timeoutMs = TIMEOUT_MS, maxUnpacked = MAX_UNPACKED } = options;
  const enough = new AbortController();
  const signal = AbortSignal.any([enough.signal, AbortSignal.timeout(timeoutMs)]);
  const bytes =
    how === 'gzip'
      ? gunzip(path, signal)
      : decompress(how, createReadStream(path) as AsyncIterable<Buffer>, { env, signal });
  try {
    return await collect('tar', tarEntries(streamSource(bytes, maxUnpacked, () => enough.abort())), limit, signal);
  } catch (error) {
    if (error instanceof NotListableError) throw error;
    throw new NotListableError('compressed, but it cannot be unpacked', { cause: error });
  } finally {
    // Ends what still unpacks.
    enough.abort();
    await bytes.return(undefined).catch(() => undefined);
  }
};

const plain = async (file: FileHandle, path: string, size: number, options: ListOptions): Promise<Listing> => {
  const { limit, timeoutMs = TIMEOUT_MS } = options;
  const head = (await file.read(Buffer.alloc(512), 0, 512, 0)).buffer.subarray(0, Math.min(512, size));
  const how = MAGIC.find(([magic]) => head.subarray(0, magic.length).equals(magic))?.[1];
  const signal = AbortSignal.timeout(timeoutMs);
  if (how === 'zip') return collect('zip', zipEntries(file, size), limit, signal);
  if (how !== undefined) return packed(path, how, options);
  if (isTarHeader(head)) return collect('tar', tarEntries(fileSource(file, signal)), limit, signal);
  throw new NotListableError('neither a directory nor a tar or zip archive');
};

/** What is in a directory, or in a tar (plain, or packed by gzip, xz, bzip2 or zstd) or zip archive. Throws `NotListableError` for all else. `path`: free of links. */
export const listContents = async (path: string, options: ListOptions): Promise<Listing> => {
  const file = await open(path, 'r');
  try {
    const stat = await file.stat();
    if (stat.isDirectory())
      return await collect(
        'directory',
        directoryEntries(path, options.limit),
        options.limit,
        AbortSignal.timeout(options.timeoutMs ?? TIMEOUT_MS),
      );
    return await plain(file, path, stat.size, options);
  } finally {
    await file.close();
  }
};
