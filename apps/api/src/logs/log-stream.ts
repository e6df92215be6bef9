import type { LogStore } from '#binary-cache';
import type { EventStream } from '../live/sse.js';

/** Most bytes of a log in one message. */
const MESSAGE_BYTES = 32 * 1024;

/** How many bytes at the end begin a character that is not whole yet (0 to 3). */
export const unfinishedBytes = (bytes: Uint8Array): number => {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back]!;
    if ((byte & 0b1100_0000) === 0b1000_0000) continue; // a continuation: its head is further back
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return length > back ? back : 0;
  }
  return 0;
};

/**
 * Sends a log from a byte on, live. The id of each message is the offset of the byte after it, so that a client which comes
 * back with `Last-Event-ID` misses nothing and hears nothing twice; messages end between characters.
 */
export const streamLog = async (
  stream: EventStream,
  logs: LogStore,
  key: string,
  from: number,
  finished: AbortSignal,
): Promise<void> => {
  let offset = from;
  let rest = Buffer.alloc(0);
  const send = async (bytes: Buffer): Promise<void> => {
    offset += bytes.length;
    await stream.send('log', String(offset), JSON.stringify(bytes.toString('utf8')));
  };
  for await (const { chunk } of logs.tail(key, { from, signal: stream.signal, finished })) {
    let bytes: Buffer = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    while (bytes.length > 0) {
      const piece = bytes.subarray(0, MESSAGE_BYTES);
      const whole = piece.subarray(0, piece.length - unfinishedBytes(piece));
      if (whole.length === 0) break;
      await send(whole);
      bytes = bytes.subarray(whole.length);
    }
    rest = Buffer.from(bytes);
  }
  if (stream.signal.aborted) return;
  if (rest.length > 0) await send(rest);
  await stream.send('end', String(offset), '{}');
  stream.end();
};
