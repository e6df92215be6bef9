/**
 * The version of an event type that is written today, and how to lift each older one by one step (`lift[n]` gives version n + 1).
 * The event store lifts once, on reading, so that consumers know only the newest form.
 */
export type TypeVersions = Readonly<{
  current: number;
  lift: Readonly<Record<number, (data: never) => unknown>>;
}>;

/** A type that has had one form only. */
export const FIRST: TypeVersions = { current: 1, lift: {} };
