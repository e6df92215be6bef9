import type { FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';

const READ_BYTES = 256 * 1024;

/**
 * Bytes of a file from `start` up to but not including `end`. Not `createReadStream`: closing a file waits for every stream that was
 * made of it, and for ever for those that were given up.
 */
export const readRange = (file: FileHandle, start: number, end: number): Readable =>
  Readable.from(
    (async function* () {
      for (let at = start; at < end;) {
        const length = Math.min(READ_BYTES, end - at);
        const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(length), 0, length, at);
        if (bytesRead === 0) throw new Error('the file became shorter while it was read');
        at += bytesRead;
        yield buffer.subarray(0, bytesRead);
      }
    })(),
    { objectMode: false, highWaterMark: READ_BYTES },
  );
