import type { BuildStatus } from '#domain';
import { type Queryable, rows } from '../rows.js';

const HOUR_MS = 3_600_000;
/** Longest span of one answer: ten years of hours. */
const MOST_HOURS = 88_000;

/** The builds that finished in one hour; one that was restarted counts where it finished last. */
export type HourOfBuilds = Readonly<{
  /** its begin, Unix milliseconds */
  hourMs: number;
  /** how many had which outcome; what is left out is 0 */
  outcomes: Readonly<Partial<Record<BuildStatus, number>>>;
}>;

/**
 * Finished builds by hour and outcome: every hour from the one that holds `fromMs` to the one before `toMs` ends (Unix
 * milliseconds), oldest first, those without a build too. Costs what the hours are, not the builds.
 */
export const finishedPerHour = async (db: Queryable, fromMs: number, toMs: number): Promise<HourOfBuilds[]> => {
  const first = Math.floor(fromMs / HOUR_MS) * HOUR_MS;
  const wanted = Math.min(Math.max(0, Math.ceil((toMs - first) / HOUR_MS)), MOST_HOURS);
  const found = await rows<{ hourMs: number; outcomes: HourOfBuilds['outcomes'] }>(
    db,
    `select hour_ms as "hourMs", json_object_agg(status, finished) as outcomes from read_model.build_hours
     where hour_ms >= $1::bigint and hour_ms < $2::bigint and finished > 0 group by hour_ms`,
    [first, first + wanted * HOUR_MS],
  );
  const outcomes = new Map(found.map((hour) => [hour.hourMs, hour.outcomes]));
  return Array.from({ length: wanted }, (_, index) => {
    const hourMs = first + index * HOUR_MS;
    return { hourMs, outcomes: outcomes.get(hourMs) ?? {} };
  });
};

/**
 * How many of the finished builds were queued in each of the last `nr` periods (`periodMs`, of whole hours, counted from the
 * Unix epoch), oldest first, the present one last, those without a build too.
 */
export const queuedPerPeriod = async (
  db: Queryable,
  { nr, periodMs, nowMs }: Readonly<{ nr: number; periodMs: number; nowMs: number }>,
): Promise<number[]> => {
  const last = Math.floor(nowMs / periodMs);
  const found = await rows<{ period: number; builds: number }>(
    db,
    `select hour_ms / $1::bigint as period, sum(queued) as builds from read_model.build_hours
     where hour_ms >= $2::bigint and hour_ms < $3::bigint group by 1`,
    [periodMs, (last - nr + 1) * periodMs, (last + 1) * periodMs],
  );
  const builds = new Map(found.map((one) => [one.period, one.builds]));
  return Array.from({ length: nr }, (_, index) => builds.get(last - nr + 1 + index) ?? 0);
};
