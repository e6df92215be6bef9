import type { Decider, Event } from '#domain';
import type { EventStore, RecordedEvent } from '#event-store';

/** What a stream amounts to now, or at a revision, read from the log itself: the read model may be a moment behind. */
export const loadState = async <S, E extends Event<string, unknown>>(
  store: EventStore,
  decider: Pick<Decider<S, never, E, never>, 'initial' | 'evolve'>,
  stream: string,
  revision = Infinity,
): Promise<S> => {
  let state = decider.initial;
  for await (const { type, data, revision: at } of store.readStream(stream)) {
    if (at > revision) break;
    state = decider.evolve(state, { type, data } as E);
  }
  return state;
};

/** A stream's newest event; undefined where there is no stream. */
export const newestEvent = async (store: EventStore, stream: string): Promise<RecordedEvent | undefined> => {
  for await (const event of store.readStream(stream, { direction: 'backward', maxCount: 1 })) return event;
  return undefined;
};
