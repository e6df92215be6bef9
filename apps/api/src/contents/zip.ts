/**
 * A zip archive ends with a record (`PK\5\6`) that says where its directory is; each entry there (`PK\1\2`) has sizes at 20 and 24,
 * lengths of name, extra fields and comment at 28, and the name at 46. Source: APPNOTE.TXT of PKWARE, 4.3.12 and 4.3.16; 4.3.14 and
 * 4.5.3 where numbers are larger than 32 bits. Nothing is unpacked to list it.
 */
import type { FileHandle } from 'node:fs/promises';
import { type Entry, NotListableError } from './entry.js';

const END = 0x06054b50;
const END_64 = 0x06064b50;
const LOCATOR_64 = 0x07064b50;
const ENTRY = 0x02014b50;
const LOCATOR_BYTES = 20;
/** The end and the longest comment after it. */
const TAIL = 22 + 65_535;
/** Bytes of a directory that are read. */
const MAX_DIRECTORY = 16 * 1024 * 1024;
const UNKNOWN = 0xffff_ffff;
const SYMLINK = 0o120000;

const readAt = async (file: FileHandle, at: number, bytes: number): Promise<Buffer> => {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(bytes), 0, bytes, at);
  return buffer.subarray(0, bytesRead);
};

const broken = (): NotListableError => new NotListableError('not a zip archive, or a broken one');

/** Where the directory is. */
const directoryOf = async (file: FileHandle, size: number): Promise<{ at: number; bytes: number }> => {
  const from = Math.max(0, size - TAIL - LOCATOR_BYTES);
  const tail = await readAt(file, from, size - from);
  let end = tail.length - 22;
  while (end >= 0 && tail.readUInt32LE(end) !== END) end--;
  if (end < 0) throw broken();
  const found = { at: tail.readUInt32LE(end + 16), bytes: tail.readUInt32LE(end + 12) };
  const locator = end - LOCATOR_BYTES;
  if (locator < 0 || tail.readUInt32LE(locator) !== LOCATOR_64) return found;
  const recordAt = Number(tail.readBigUInt64LE(locator + 8));
  if (recordAt > size) throw broken();
  const record = await readAt(file, recordAt, 56);
  if (record.length < 56 || record.readUInt32LE(0) !== END_64) throw broken();
  return { at: Number(record.readBigUInt64LE(48)), bytes: Number(record.readBigUInt64LE(40)) };
};

/** The size of contents that stands in an extra field since it has more than 32 bits. */
const longSize = (extra: Buffer): number => {
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2))
    if (extra.readUInt16LE(at) === 1 && at + 12 <= extra.length) return Number(extra.readBigUInt64LE(at + 4));
  return UNKNOWN;
};

/** What an archive says it holds, in its own order. Throws `NotListableError`. */
export async function* zipEntries(file: FileHandle, size: number): AsyncGenerator<Entry> {
  const { at, bytes } = await directoryOf(file, size);
  if (at + bytes > size || bytes > MAX_DIRECTORY) throw broken();
  const directory = await readAt(file, at, bytes);
  for (let entry = 0; entry + 46 <= directory.length;) {
    if (directory.readUInt32LE(entry) !== ENTRY) throw broken();
    const name = entry + 46;
    const extra = name + directory.readUInt16LE(entry + 28);
    const comment = extra + directory.readUInt16LE(entry + 30);
    const path = directory.toString('utf8', name, extra);
    const given = directory.readUInt32LE(entry + 24);
    // The upper half of the attributes is the mode, where a Unix made it.
    const isLink = ((directory.readUInt32LE(entry + 38) >>> 16) & 0o170000) === SYMLINK;
    const type = isLink ? 'symlink' : path.endsWith('/') ? 'directory' : 'file';
    const long = given === UNKNOWN ? longSize(directory.subarray(extra, comment)) : given;
    yield { path, type, size: type === 'file' ? long : null, target: null };
    entry = comment + directory.readUInt16LE(entry + 32);
  }
}
