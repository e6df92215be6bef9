import { divide } from '../src/charges.js';

/** An attempt as a history tells it; no stop: it runs. Unix milliseconds. */
export type Interval = Readonly<{ jobsetIds: readonly number[]; startedAtMs: number; stoppedAtMs?: number }>;

/** Time of an attempt inside the window that ends at `atMs`. */
export const overlapMs = ({ startedAtMs, stoppedAtMs = Infinity }: Interval, windowMs: number, atMs: number): number =>
  Math.max(0, Math.min(stoppedAtMs, atMs) - Math.max(startedAtMs, atMs - windowMs));

/** The definition of DESIGN 3, word for word: every attempt looked at, nothing remembered. */
export const usedByDefinition = (
  history: readonly Interval[],
  windowMs: number,
  jobsetId: number,
  atMs: number,
): number => {
  let used = 0;
  for (const interval of history)
    for (const share of divide(overlapMs(interval, windowMs, atMs), interval.jobsetIds))
      if (share.jobsetId === jobsetId) used += share.ms;
  return used;
};
