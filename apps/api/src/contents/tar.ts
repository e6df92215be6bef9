/**
 * A tar archive is blocks of 512 bytes: a header (name at 0, size in octal at 124, checksum at 148, type at 156, target of a link
 * at 157, more of the name at 345), then the contents, filled up to whole blocks. Two blocks of zeroes end it. Source: pax(1),
 * "ustar Interchange Format" and "pax Header Block"; GNU's types `L` and `K` (long name and target) as its manual has them.
 */
import { type Entry, NotListableError, type Source } from './entry.js';

const BLOCK = 512;
/** Bytes of names in headers of their own; longer ones are nobody's. */
const MAX_NAME = 64 * 1024;

const TYPES: Readonly<Record<string, Entry['type']>> = {
  '0': 'file',
  '\0': 'file',
  '7': 'file',
  '1': 'file',
  '2': 'symlink',
  '5': 'directory',
};

const text = (block: Buffer, from: number, to: number): string => {
  const field = block.subarray(from, to);
  const end = field.indexOf(0);
  return field.toString('utf8', 0, end === -1 ? field.length : end);
};

/** Octal digits; or, where the first bit is set, GNU's binary number. */
const number = (block: Buffer, from: number, to: number): number => {
  if ((block[from]! & 0x80) === 0) return parseInt(text(block, from, to).trim() || '0', 8);
  let value = BigInt(block[from]! & 0x7f);
  for (const byte of block.subarray(from + 1, to)) value = value * 256n + BigInt(byte);
  return Number(value);
};

/** Whether a block is a header: its bytes, those of the checksum taken as spaces, add up to the checksum. */
export const isTarHeader = (block: Buffer): boolean => {
  if (block.length < BLOCK) return false;
  let sum = 8 * 32;
  for (const [at, byte] of block.entries()) if (at < 148 || at >= 156) sum += byte;
  return sum > 8 * 32 && number(block, 148, 156) === sum;
};

/** `LENGTH KEY=VALUE\n`, the length of all of it in bytes. */
const paxRecords = (bytes: Buffer): Map<string, string> => {
  const records = new Map<string, string>();
  for (let at = 0; at < bytes.length;) {
    const space = bytes.indexOf(32, at);
    const length = Number(bytes.toString('latin1', at, space));
    if (space === -1 || !Number.isSafeInteger(length) || length <= space - at) break;
    const [key, ...value] = bytes.toString('utf8', space + 1, at + length - 1).split('=');
    records.set(key!, value.join('='));
    at += length;
  }
  return records;
};

/** What an archive says it holds, entry by entry, in its own order. Throws `NotListableError` at what is no header. */
export async function* tarEntries(source: Source): AsyncGenerator<Entry> {
  let next: { path?: string; target?: string; size?: number } = {};
  for (;;) {
    const block = await source.read(BLOCK);
    if (block.length === 0 || block.every((byte) => byte === 0)) return;
    if (!isTarHeader(block)) throw new NotListableError('not a tar archive, or a broken one');
    const type = String.fromCharCode(block[156]!);
    const size = next.size ?? number(block, 124, 136);
    if (!Number.isSafeInteger(size) || size < 0) throw new NotListableError('a tar archive with a size that is none');
    const padded = Math.ceil(size / BLOCK) * BLOCK;
    if ('LKxg'.includes(type)) {
      if (size > MAX_NAME) throw new NotListableError('a tar archive with a name that is too long');
      const bytes = (await source.read(padded)).subarray(0, size);
      if (type === 'L') next = { ...next, path: text(bytes, 0, size) };
      if (type === 'K') next = { ...next, target: text(bytes, 0, size) };
      if (type === 'x') {
        const records = paxRecords(bytes);
        const path = records.get('path');
        const target = records.get('linkpath');
        const long = records.get('size');
        next = {
          ...next,
          ...(path === undefined ? {} : { path }),
          ...(target === undefined ? {} : { target }),
          ...(long === undefined ? {} : { size: Number(long) }),
        };
      }
      continue;
    }
    const isUstar = text(block, 257, 262) === 'ustar' && block[262] === 0;
    const prefix = isUstar ? text(block, 345, 500) : '';
    const path = next.path ?? (prefix === '' ? text(block, 0, 100) : `${prefix}/${text(block, 0, 100)}`);
    const kind = TYPES[type] ?? 'other';
    const target = next.target ?? text(block, 157, 257);
    next = {};
    yield {
      path,
      type: kind,
      size: kind === 'file' ? size : null,
      target: target === '' ? null : target,
    };
    // Links have no contents, whatever size they give.
    if (type !== '1' && type !== '2') await source.skip(padded);
  }
}
