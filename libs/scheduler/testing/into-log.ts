import type { EventStore, StreamWrite } from '#event-store';
import type { Recorded } from './recorder.js';

const BATCH = 1000;

/** Appends what a recorder wrote to a real log, in its order. `revisions` is kept from call to call. */
export const intoLog = async (
  store: EventStore,
  events: readonly Recorded[],
  revisions = new Map<string, number>(),
): Promise<void> => {
  for (let from = 0; from < events.length; from += BATCH) {
    const writes = events.slice(from, from + BATCH).map(({ id, stream, type, data, metadata: { at } }): StreamWrite => {
      const revision = revisions.get(stream) ?? -1;
      revisions.set(stream, revision + 1);
      const actor = { kind: 'system', id: 'recorder' } as const;
      const metadata = { v: 1, at, actor, via: 'test', correlationId: id, causationId: id };
      return { stream, expected: revision < 0 ? 'no-stream' : revision, events: [{ id, type, data, metadata }] };
    });
    const results = await store.appendBatch(writes);
    const lost = results.findIndex((result) => !result.ok);
    if (lost >= 0) throw new Error(`${writes[lost]!.stream} was not where the recorder believed it to be`);
  }
};
