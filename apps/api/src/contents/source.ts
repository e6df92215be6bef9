import type { FileHandle } from 'node:fs/promises';
import type { Source } from './entry.js';

/** A file from its begin: what is skipped is not read, and nothing is beyond what a number can say. Reading rejects once the signal aborts. */
export const fileSource = (file: FileHandle, signal: AbortSignal): Source => {
  let at = 0;
  return {
    read: async (bytes) => {
      signal.throwIfAborted();
      if (!Number.isSafeInteger(at)) return Buffer.alloc(0);
      const { buffer, bytesRead } = await file.read(Buffer.alloc(bytes), 0, bytes, at);
      at += bytesRead;
      return buffer.subarray(0, bytesRead);
    },
    skip: async (bytes) => {
      at += bytes;
    },
  };
};

/** What a stream gives. `most`: bytes after which `stop` is called, which should end the stream. */
export const streamSource = (stream: AsyncIterable<Buffer>, most: number, stop: () => void): Source => {
  const pieces = stream[Symbol.asyncIterator]();
  let rest: Buffer = Buffer.alloc(0);
  let seen = 0;
  /** False at the end. */
  const more = async (): Promise<boolean> => {
    const next = await pieces.next();
    if (next.done === true) return false;
    rest = next.value;
    seen += rest.length;
    if (seen > most) stop();
    return true;
  };
  return {
    read: async (bytes) => {
      const parts: Buffer[] = [];
      let missing = bytes;
      while (missing > 0 && (rest.length > 0 || (await more()))) {
        const part = rest.subarray(0, missing);
        parts.push(part);
        missing -= part.length;
        rest = rest.subarray(part.length);
      }
      return Buffer.concat(parts);
    },
    skip: async (bytes) => {
      let missing = bytes;
      while (missing > 0 && (rest.length > 0 || (await more()))) {
        const skipped = Math.min(missing, rest.length);
        missing -= skipped;
        rest = rest.subarray(skipped);
      }
    },
  };
};
