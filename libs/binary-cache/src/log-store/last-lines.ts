import type { FileHandle } from 'node:fs/promises';
import type { LogChunk } from './port.js';

const BLOCK = 64 * 1024;
const NEWLINE = 0x0a;

const readFully = async (file: FileHandle, position: number, length: number): Promise<Buffer> => {
  const block = Buffer.alloc(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await file.read(block, done, length - done, position + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return block.subarray(0, done);
};

/** The last `count` lines of a file, read from its end; where they are longer than `maxBytes`, the last `maxBytes` of them. */
export const lastLinesOf = async (file: FileHandle, count: number, maxBytes: number): Promise<LogChunk> => {
  const { size } = await file.stat();
  const blocks: Buffer[] = [];
  let start = size;
  // A newline at the very end ends the last line; it does not begin another one.
  let wanted = count;
  while (count > 0 && start > 0 && size - start < maxBytes) {
    const length = Math.min(BLOCK, start, maxBytes - (size - start));
    const block = await readFully(file, start - length, length);
    for (let at = block.length - 1; at >= 0; at--) {
      if (block[at] !== NEWLINE || start - length + at === size - 1) continue;
      wanted -= 1;
      if (wanted === 0) {
        blocks.unshift(block.subarray(at + 1));
        return { offset: start - length + at + 1, chunk: Buffer.concat(blocks) };
      }
    }
    blocks.unshift(block);
    start -= length;
  }
  return { offset: start, chunk: Buffer.concat(blocks) };
};
