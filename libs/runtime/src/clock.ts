/** The only way to the time: passed in, so that tests and replays own it. */
export type Clock = Readonly<{
  /** Milliseconds since the Unix epoch. */
  now: () => number;
  /** The same moment as ISO 8601 with milliseconds, UTC: the form of every `at` in an event. */
  iso: () => string;
}>;

/** A clock from a source of milliseconds since the Unix epoch. */
export const clockFrom = (now: () => number): Clock => ({ now, iso: () => new Date(now()).toISOString() });

/** The machine's clock. */
export const systemClock: Clock = clockFrom(() => Date.now());

/** Milliseconds since the Unix epoch as ISO 8601 with milliseconds, UTC. */
export const toIso = (ms: number): string => new Date(ms).toISOString();

/** ISO 8601 as milliseconds since the Unix epoch. Throws a `RangeError` on a text that is no date. */
export const fromIso = (iso: string): number => {
  const ms = Date.parse(iso);
  if (Number.isNaN(ms)) throw new RangeError(`not an ISO 8601 date: ${JSON.stringify(iso)}`);
  return ms;
};
