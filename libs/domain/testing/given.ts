import { type Decider, type Event, isRejection } from '../src/kernel/index.js';

/** given/when/then over a decider: history, command, and what must come of it. */
export const deciderSpec = <S, C, E extends Event<string, unknown>, R extends string>(
  decider: Decider<S, C, E, R>,
) => ({
  given: (...history: readonly E[]) => {
    const state = history.reduce(decider.evolve, decider.initial);
    return {
      state,
      when: (command: C) => {
        const outcome = decider.decide(command, state);
        return {
          then: (...expected: readonly unknown[]) => expect(outcome).toEqual(expected),
          thenTypes: (...expected: readonly string[]) => {
            if (isRejection(outcome)) throw new Error(`rejected: ${JSON.stringify(outcome)}`);
            expect(outcome.map(({ type }) => type)).toEqual(expected);
          },
          thenNothing: () => expect(outcome).toEqual([]),
          thenRejected: (reason: R, field?: string) => {
            expect(outcome).toMatchObject({ rejected: reason, ...(field === undefined ? {} : { field }) });
          },
          /** The history that results, for a command that was taken. */
          history: (): readonly E[] => {
            if (isRejection(outcome)) throw new Error(`rejected: ${JSON.stringify(outcome)}`);
            return [...history, ...outcome];
          },
        };
      },
    };
  },
});
