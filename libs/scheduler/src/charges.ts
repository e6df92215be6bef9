import type { Charge } from '#domain';

/**
 * Divides `ms` (a whole number) among jobsets: equal parts by largest remainder. All remainders are equal here, so the
 * jobsets of lowest id take the milliseconds left over. The parts always add up to `ms`.
 */
export const divide = (ms: number, jobsetIds: readonly number[]): readonly Charge[] =>
  [...jobsetIds].sort((a, b) => a - b).map((jobsetId, place) => ({ jobsetId, ms: part(ms, jobsetIds.length, place) }));

/** The part of the jobset that stands at `place` (from 0) among `count` in order of id. */
export const part = (ms: number, count: number, place: number): number => Math.floor((ms + count - 1 - place) / count);
