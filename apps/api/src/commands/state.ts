import type { Decider, Event } from '#domain';
import type { EventStore } from '#event-store';

/** What a stream amounts to now, read from the log itself: the read model may be a moment behind. */
export const loadState = async <S, E extends Event<string, unknown>>(
  store: EventStore,
  decider: Pick<Decider<S, never, E, never>, 'initial' | 'evolve'>,
  stream: string,
): Promise<S> => {
  let state = decider.initial;
  for await (const { type, data } of store.readStream(stream)) state = decider.evolve(state, { type, data } as E);
  return state;
};
