import type { AllStreamResolvedEvent, EventStoreDBClient, ReadPosition, StreamingRead } from '@eventstore/db-client';
import { StreamNotFoundError } from '@eventstore/db-client';
import type { Codec } from '../codec.js';
import { BEGINNING, type ReadStreamOptions, type RecordedEvent } from '../port.js';
import { withDeadline } from './deadline.js';

/** What both kinds of read hand over, as far as we use it. */
export type Recorded = Readonly<{
  streamId: string;
  id: string;
  revision: bigint;
  type: string;
  data: unknown;
  metadata: unknown;
  position?: Readonly<{ commit: bigint }>;
}>;

/** A server that sends nothing for so long, while it is asked to, is given up. */
const SILENCE_MS = 30_000;

/**
 * A position is one number: writes over gRPC are never of the old explicit transactions, so the position of the commit is
 * that of the record itself.
 */
export const at = (position: bigint): ReadPosition =>
  position === BEGINNING ? 'start' : { commit: position, prepare: position };

/** Streams and types whose name begins with `$` are the server's own. */
export const isSystem = ({ type, streamId }: Recorded): boolean => type.startsWith('$') || streamId.startsWith('$');

export const decode = (codec: Codec, event: Recorded): RecordedEvent => {
  const { id, streamId: stream, revision, position } = event;
  // Stream reads tell positions since server 22.6; nothing in the port works without them.
  if (position === undefined)
    throw new Error(`the EventStoreDB server tells no position of ${stream}@${revision}: it is too old`);
  const place = { id, stream, revision: Number(revision), position: position.commit };
  return codec.decode(place, event.type, event.data, event.metadata);
};

/** The events of a read, which is cancelled when the consumer stops early. */
async function* events<E extends { event?: unknown }>(read: StreamingRead<E>, what: string): AsyncGenerator<Recorded> {
  read.on('error', () => undefined); // thrown by the iterator; what comes after its end concerns nobody
  const iterator = read[Symbol.asyncIterator]();
  try {
    for (;;) {
      const { done, value } = await withDeadline(iterator.next(), SILENCE_MS, what);
      if (done) return;
      if (value.event !== undefined) yield value.event as Recorded;
    }
  } finally {
    // Fails only when the call never came about: then there is nothing to cancel.
    await read.cancel().catch(() => undefined);
  }
}

export const readStream = async function* (
  client: EventStoreDBClient,
  codec: Codec,
  stream: string,
  { from, maxCount = Number.MAX_SAFE_INTEGER, direction = 'forward' }: ReadStreamOptions,
): AsyncGenerator<RecordedEvent> {
  if (maxCount <= 0) return;
  const backwards = direction === 'backward';
  const read = client.readStream(stream, {
    direction: backwards ? 'backwards' : 'forwards',
    fromRevision: from === undefined ? (backwards ? 'end' : 'start') : BigInt(from),
    maxCount,
  });
  try {
    for await (const event of events(read, `reading ${stream}`)) yield decode(codec, event);
  } catch (error) {
    if (!(error instanceof StreamNotFoundError)) throw error;
  }
};

/** All events but the server's own, from `after` on; a read begins at its position, so that one is left out. */
export const readAll = async function* (
  client: EventStoreDBClient,
  after: bigint,
): AsyncGenerator<Recorded & { position: { commit: bigint } }> {
  const read: StreamingRead<AllStreamResolvedEvent> = client.readAll({ fromPosition: at(after) });
  for await (const event of events(read, 'reading $all')) {
    const { position } = event;
    if (position !== undefined && position.commit > after && !isSystem(event)) yield { ...event, position };
  }
};

export const head = async (client: EventStoreDBClient): Promise<bigint> => {
  // The last events may be the server's own; few at first, for that is what it mostly takes.
  for (const maxCount of [16, Number.MAX_SAFE_INTEGER]) {
    const read = client.readAll({ direction: 'backwards', fromPosition: 'end', maxCount });
    for await (const event of events(read, 'reading the end of $all')) {
      if (!isSystem(event) && event.position) return event.position.commit;
    }
  }
  return BEGINNING;
};
