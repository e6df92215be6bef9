import { z } from 'zod';
import type { EventStore, NewEvent, StreamWrite } from '#event-store';
import { BadInputError } from '../errors.js';

/** Most events of one append. */
const BATCH = 500;

const nonEmpty = z.string().min(1);
/** One line of an export: an event as it stands in the log, lifted to the newest version of its type. */
const lineSchema = z.strictObject({
  position: z.string().regex(/^\d+$/),
  stream: nonEmpty,
  revision: z.int().min(0),
  id: z.uuid(),
  type: nonEmpty,
  data: z.unknown(),
  metadata: z.record(z.string(), z.unknown()),
});
type Line = z.output<typeof lineSchema>;

/** Hands out every event up to the head at the time of the call, one JSON line each, in order. Returns how many. */
export const exportLog = async (
  store: EventStore,
  write: (line: string) => Promise<void>,
  onProgress: (events: number) => void,
): Promise<number> => {
  let done = 0;
  for await (const events of store.readAll()) {
    const lines = events.map((event) => JSON.stringify({ ...event, position: String(event.position) }));
    await write(`${lines.join('\n')}\n`);
    onProgress((done += events.length));
  }
  return done;
};

const parseLine = (text: string, number: number): Line => {
  const refuse = (rule: string): never => {
    throw new BadInputError(`line ${number}: ${rule}`);
  };
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    refuse('is not JSON');
  }
  const parsed = lineSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  return refuse(`${issue?.path.join('.') || 'event'}: ${issue?.message}`);
};

/**
 * One write for each event. Longer writes would be faster, but a log that holds only the beginning of one would refuse it:
 * an earlier import of a shorter export leaves such.
 */
const toWrite = ({ stream, revision, id, type, data, metadata }: Line): StreamWrite => {
  const event = { id, type, data, metadata } as unknown as NewEvent; // the store checks the envelope by its schema
  return { stream, expected: revision === 0 ? 'no-stream' : revision - 1, events: [event] };
};

/**
 * Appends every event of an export at its own revision. Once more is the same: what is there already stays. Throws
 * `BadInputError`, with the line or the stream, for a text that is no export and for a log that holds something else;
 * what came before that is then imported. Returns how many lines it read.
 */
export const importLog = async (
  store: EventStore,
  lines: AsyncIterable<string>,
  onProgress: (events: number) => void,
): Promise<number> => {
  let number = 0;
  let batch: Line[] = [];
  const flush = async (): Promise<void> => {
    const results = await store.appendBatch(batch.map(toWrite));
    results.forEach((result, index) => {
      const line = batch[index];
      if (result.ok || !line) return;
      const held = result.actual === 'no-stream' ? 'does not exist' : `ends with ${result.actual}`;
      throw new BadInputError(
        `stream ${line.stream}: the log cannot take revision ${line.revision}: it holds other events, or ${held}`,
      );
    });
    batch = [];
    onProgress(number);
  };
  for await (const text of lines) {
    number += 1;
    if (text !== '') batch.push(parseLine(text, number));
    if (batch.length === BATCH) await flush();
  }
  if (batch.length > 0) await flush();
  return number;
};
