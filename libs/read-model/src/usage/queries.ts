import { firstRow, type Queryable, rows } from '../rows.js';
import { standings } from './standings.js';
import { type Moments, usedAt } from './used.js';

/** By which rules the queue runner chose at a moment: those of the newest term that had begun. */
export type SchedulingRules = Readonly<{ policy: string; windowMs: number }>;

/** Before any queue runner said otherwise: Hydra's. */
const DEFAULT_RULES: SchedulingRules = { policy: 'window', windowMs: 24 * 60 * 60 * 1000 };

export const schedulingRules = async (db: Queryable, atMs: number): Promise<SchedulingRules> =>
  (await firstRow<SchedulingRules>(
    db,
    `select policy, window_ms as "windowMs" from read_model.queue_runner_terms where started_at_ms <= $1::bigint
     order by started_at_ms desc, position desc limit 1`,
    [atMs],
  )) ?? DEFAULT_RULES;

/** A jobset's part of the farm at a moment. The name is today's, all else is of that moment. */
export type JobsetUsage = Readonly<{
  jobsetId: number;
  project: string;
  jobset: string;
  /** machine time inside the window, integer milliseconds: as the queue runner counts it */
  usedMs: number;
  shares: number;
  /** its builds may still run where it is not */
  enabled: boolean;
  /** its shares among those of all enabled jobsets, 0 to 1; 0 where it is disabled */
  entitlement: number;
  /** 1: furthest below its share; jobsets that stand equal have the same; null where it neither is enabled nor used anything */
  rank: number | null;
  /** steps that ran at that moment; one that jobsets share counts for each */
  running: number;
}>;

export type FarmUsage = Readonly<{
  atMs: number;
  rules: SchedulingRules;
  /** sum over all jobsets, integer milliseconds */
  usedMs: number;
  /** all that were there at that moment or had used something, those furthest below their share first */
  jobsets: readonly JobsetUsage[];
}>;

/** Negative where `a` is further below its share. Exact: products of whole numbers. */
const compareUse = (a: JobsetUsage, b: JobsetUsage): number => {
  const [left, right] = [BigInt(a.usedMs) * BigInt(b.shares), BigInt(b.usedMs) * BigInt(a.shares)];
  return left < right ? -1 : left > right ? 1 : 0;
};

/**
 * Who used how much of the farm, and who stands where, at any moment up to now. Times are Unix milliseconds; `windowMs` is that of
 * the queue runner's rules at that moment where it is left out.
 */
export const usageAt = async (
  db: Queryable,
  { atMs, windowMs }: Readonly<{ atMs: number; windowMs?: number }>,
): Promise<FarmUsage> => {
  const moment: Moments = { fromMs: Math.floor(atMs), stepMs: 1, count: 1 };
  const known = await schedulingRules(db, moment.fromMs);
  const rules = { ...known, windowMs: windowMs ?? known.windowMs };
  const [used, stand] = await Promise.all([usedAt(db, moment, rules.windowMs), standings(db, moment)]);
  const jobsets = stand.jobsets
    .map(({ jobsetId, project, jobset, points: [point] }): JobsetUsage & { there: boolean } => {
      const of = used.get(jobsetId);
      const { shares, enabled, entitlement, there } = point!;
      const [usedMs, running] = [of?.usedMs[0] ?? 0, of?.running[0] ?? 0];
      return { jobsetId, project, jobset, usedMs, shares, enabled, entitlement, rank: null, running, there };
    })
    .filter(({ there, usedMs, running }) => there || usedMs > 0 || running > 0)
    .map(({ there: _, ...jobset }) => jobset);
  const takesPart = ({ enabled, usedMs, running }: JobsetUsage): boolean => enabled || usedMs > 0 || running > 0;
  const ranked = jobsets.filter(takesPart).sort((a, b) => compareUse(a, b) || a.jobsetId - b.jobsetId);
  const ranks: JobsetUsage[] = [];
  for (const [index, jobset] of ranked.entries()) {
    const before = ranks[index - 1];
    ranks.push({ ...jobset, rank: before && compareUse(before, jobset) === 0 ? before.rank : index + 1 });
  }
  return {
    atMs: moment.fromMs,
    rules,
    usedMs: ranks.reduce((sum, { usedMs }) => sum + usedMs, 0),
    jobsets: [...ranks, ...jobsets.filter((jobset) => !takesPart(jobset))],
  };
};

/** A jobset's part of the farm over time: one value for each moment of the series. */
export type JobsetSeries = Readonly<{
  jobsetId: number;
  project: string;
  jobset: string;
  usedMs: readonly number[];
  running: readonly number[];
  shares: readonly number[];
  entitlement: readonly number[];
}>;

export type UsageSeries = Readonly<{
  windowMs: number;
  /** Unix milliseconds */
  atMs: readonly number[];
  /** of all jobsets, also of those that are not listed */
  usedMs: readonly number[];
  /** most use first */
  jobsets: readonly JobsetSeries[];
}>;

/** Most moments of one series. */
export const MAX_MOMENTS = 2000;

/**
 * Use and entitlement at even moments from `fromMs` to `toMs` (Unix milliseconds). `limit`: of the jobsets with most use (default
 * 12); `jobsetId`: only that one. The window is that of the rules at the end. Throws a RangeError where there would be no moment, or
 * more than `MAX_MOMENTS`.
 */
export const usageSeries = async (
  db: Queryable,
  {
    fromMs,
    toMs,
    stepMs,
    windowMs,
    jobsetId,
    limit = 12,
  }: Readonly<{ fromMs: number; toMs: number; stepMs: number; windowMs?: number; jobsetId?: number; limit?: number }>,
): Promise<UsageSeries> => {
  const count = Math.floor((toMs - fromMs) / stepMs) + 1;
  if (!(stepMs >= 1 && count >= 1 && count <= MAX_MOMENTS))
    throw new RangeError(`a series has 1 to ${MAX_MOMENTS} moments`);
  const moments: Moments = { fromMs: Math.floor(fromMs), stepMs: Math.floor(stepMs), count };
  const span = windowMs ?? (await schedulingRules(db, toMs)).windowMs;
  const [used, stand] = await Promise.all([usedAt(db, moments, span), standings(db, moments)]);
  const none = Array<number>(count).fill(0);
  const total = [...none];
  for (const { usedMs } of used.values()) usedMs.forEach((ms, i) => (total[i]! += ms));
  const jobsets = stand.jobsets
    .filter((one) => (jobsetId === undefined ? used.has(one.jobsetId) : one.jobsetId === jobsetId))
    .map(({ points, ...name }) => {
      const { usedMs = none, running = none } = used.get(name.jobsetId) ?? {};
      const [shares, entitlement] = [points.map((each) => each.shares), points.map((each) => each.entitlement)];
      return { ...name, usedMs, running, shares, entitlement, most: Math.max(...usedMs) };
    })
    .sort((a, b) => b.most - a.most || a.jobsetId - b.jobsetId)
    .slice(0, limit)
    .map(({ most: _, ...one }) => one);
  return { windowMs: span, atMs: none.map((_, i) => moments.fromMs + i * moments.stepMs), usedMs: total, jobsets };
};

/** What jobsets are called today, by id; one that was never heard of has no name. */
export const jobsetNames = async (
  db: Queryable,
  ids: readonly number[],
): Promise<ReadonlyMap<number, Readonly<{ project: string; jobset: string }>>> => {
  const found = await rows<{ id: number; project: string; jobset: string }>(
    db,
    'select id, project, name as jobset from read_model.jobsets where id = any($1::int[])',
    [ids],
  );
  return new Map(found.map(({ id, ...name }) => [id, name]));
};
