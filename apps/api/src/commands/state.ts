import type { Decider, Event } from '#domain';
import type { EventStore } from '#event-store';

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

/** The revision of a stream's newest event, as `If-Match` names it; -1 where there is no stream. */
export const streamRevision = async (store: EventStore, stream: string): Promise<number> => {
  for await (const { revision } of store.readStream(stream, { direction: 'backward', maxCount: 1 })) return revision;
  return -1;
};
