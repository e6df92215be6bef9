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
