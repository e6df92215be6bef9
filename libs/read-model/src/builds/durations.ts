const [SECOND, MINUTE, HOUR, DAY] = [1000, 60_000, 3_600_000, 86_400_000];

/**
 * Where one bucket of a histogram of durations ends and the next begins, in milliseconds: never more than half as long again from 2 s
 * on. They are part of the tables that count by them: another list asks for another version of the projection.
 */
export const DURATION_BOUNDS: readonly number[] = [
  ...[1, 2, 3, 4, 5, 7, 10, 15, 20, 30, 45].map((n) => n * SECOND),
  ...[1, 1.5, 2, 3, 4, 5, 7, 10, 15, 20, 30, 45].map((n) => n * MINUTE),
  ...[1, 1.5, 2, 3, 4, 6, 8, 12, 18].map((n) => n * HOUR),
  ...[1, 1.5, 2, 3, 4, 5, 7, 10, 14, 21, 30].map((n) => n * DAY),
];

/** How many durations lie in each bucket: one before each bound, and those from the last bound on. */
export type Durations = readonly number[];

/** The histogram of nothing. */
export const noDurations = (): number[] => Array.from({ length: DURATION_BOUNDS.length + 1 }, () => 0);

/** Several histograms as one. */
export const addDurations = (all: readonly Durations[]): Durations =>
  all.reduce<number[]>((sum, one) => sum.map((count, bucket) => count + (one[bucket] ?? 0)), noDurations());

/** How many durations a histogram counts. */
export const countDurations = (durations: Durations): number => durations.reduce((sum, count) => sum + count, 0);

/**
 * The bound below which at least `part` (0 to 1) of all durations lie, in milliseconds: never less than the quantile itself, and by no
 * more than its bucket is wide. `Infinity`: it lies beyond the last bound. Undefined where there is none.
 */
export const quantileBound = (durations: Durations, part: number): number | undefined => {
  const all = countDurations(durations);
  if (all === 0) return undefined;
  const wanted = Math.max(1, Math.ceil(part * all));
  let seen = 0;
  for (const [bucket, count] of durations.entries()) {
    seen += count;
    if (seen >= wanted) return DURATION_BOUNDS[bucket] ?? Infinity;
  }
  return Infinity;
};

/** SQL: the bucket of a number of milliseconds. */
export const bucketOf = (ms: string): string =>
  `width_bucket((${ms})::bigint, array[${DURATION_BOUNDS.join(', ')}]::bigint[])`;
