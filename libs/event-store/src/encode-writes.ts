import { checkStreamName, type Codec, type EncodedEvent } from './codec.js';
import { InvalidEventError, type StreamWrite } from './port.js';

export type EncodedWrite = Readonly<{
  stream: string;
  /** -1: no stream */ expected: number;
  events: readonly EncodedEvent[];
  bytes: number;
}>;

/** Checks every event of a batch before any is written. Throws `InvalidEventError` and `EventTooLargeError`. */
export const encodeWrites = (codec: Codec, writes: readonly StreamWrite[]): EncodedWrite[] =>
  writes.map(({ stream, expected, events }) => {
    checkStreamName(stream);
    if (events.length === 0) throw new InvalidEventError(`an append to ${stream} without events`);
    if (expected !== 'no-stream' && !(Number.isSafeInteger(expected) && expected >= 0)) {
      throw new InvalidEventError(`expected revision of ${stream}: ${String(expected)}`);
    }
    const encoded = events.map(codec.encode);
    return {
      stream,
      expected: expected === 'no-stream' ? -1 : expected,
      events: encoded,
      bytes: encoded.reduce((sum, { bytes }) => sum + bytes, 0),
    };
  });
