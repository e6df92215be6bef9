import type { Decider, Event } from '#domain';
import { type EventStore, type RecordedEvent, statesOf } from '#event-store';

/**
 * What a stream amounts to now, or at a revision, as the log itself has it: the read model may be a moment behind. Costs what is new
 * in the stream, or at an earlier revision all before it.
 */
export const loadState = async <S, E extends Event<string, unknown>>(
  store: EventStore,
  decider: Pick<Decider<S, never, E, never>, 'initial' | 'evolve'>,
  stream: string,
  revision = Infinity,
): Promise<S> => (await statesOf(store).read(decider, stream, { upTo: revision })).state;

/** A stream's newest event; undefined where there is no stream. */
export const newestEvent = async (store: EventStore, stream: string): Promise<RecordedEvent | undefined> => {
  for await (const event of store.readStream(stream, { direction: 'backward', maxCount: 1 })) return event;
  return undefined;
};
