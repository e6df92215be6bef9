/** A fact, in the past tense. Plain data: what JSON cannot carry may not be in it. */
export type Event<Type extends string, Data> = Readonly<{ type: Type; data: Readonly<Data> }>;

/** A wish, in the imperative. The clock (`at`, ISO 8601) and new ids come with it, so that `decide` stays pure. */
export type Command<Type extends string, Data> = Readonly<{ type: Type; data: Readonly<Data>; at: string }>;

/**
 * A refused wish: an expected answer, not an exception. The string is part of the public API; `field` names the part of
 * the command that broke the rule, where one did.
 */
export type Rejection<Reason extends string = string> = Readonly<{ rejected: Reason; field?: string; detail?: string }>;

/** The rules of one kind of stream: what a command leads to in a state, and how an event moves the state. */
export type Decider<State, C, E, R extends string> = Readonly<{
  initial: State;
  decide: (command: C, state: State) => readonly E[] | Rejection<R>;
  evolve: (state: State, event: E) => State;
}>;

/** Tells a refusal from a list of events (or any other answer). */
export const isRejection = <R extends string>(outcome: unknown): outcome is Rejection<R> =>
  typeof outcome === 'object' && outcome !== null && 'rejected' in outcome;

/** Folds a history into a state. */
export const fold = <State, E>(
  decider: Pick<Decider<State, never, E, never>, 'initial' | 'evolve'>,
  events: readonly E[],
): State => events.reduce(decider.evolve, decider.initial);

/** Fails to compile when a union gains a case that a switch does not handle. */
export const unreachable = (value: never): never => {
  throw new Error(`unhandled case: ${JSON.stringify(value)}`);
};
