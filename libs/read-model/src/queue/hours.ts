import { bucketOf, type Durations, noDurations } from '../builds/durations.js';
import { FARM_SCOPE, jobsetScope, systemScope } from '../builds/flow.js';
import { bounded } from '../projection.js';
import { type Queryable, rows } from '../rows.js';
import { countQueue } from './queries.js';

const HOUR_MS = 3_600_000;

/** The queue in one hour. */
export type HourOfQueue = Readonly<{
  /** its begin, Unix milliseconds */
  hourMs: number;
  /** unfinished builds at its end; of the present hour, now */
  depth: number;
  /** how many joined it: new builds and restarted ones */
  queued: number;
  /** how many left it, by whatever end */
  ended: number;
  /** of those, how many succeeded */
  succeeded: number;
  /** of those that succeeded, how many had their outputs there already */
  there: number;
  /** how long the builds that began in it had waited for that; those that run still count */
  waits: Durations;
  /** how long the builds that ended in it ran */
  runs: Durations;
}>;

/** Of the farm, or of one jobset, or for one system. */
export type FlowOf = Readonly<{ jobsetId: number }> | Readonly<{ system: string }> | Readonly<Record<string, never>>;

type Row = Readonly<{ hourMs: number; queued: number; ended: number; succeeded: number; there: number }>;
type Counted = Readonly<{ hourMs: number; waits: boolean; bucket: number; builds: number }>;

/**
 * The queue by the hour, from the one that holds `fromMs` to the one that holds `nowMs` (Unix milliseconds), oldest first. What a build
 * waits for is the begin of its own derivation; a build that needed none of its own, or that never began, has no wait. Costs what the
 * hours and their buckets are, and what runs now; not the builds.
 */
export const queueHours = async (
  db: Queryable,
  of: FlowOf,
  fromMs: number,
  nowMs: number,
): Promise<readonly HourOfQueue[]> => {
  const first = Math.floor(fromMs / HOUR_MS) * HOUR_MS;
  const count = Math.floor(nowMs / HOUR_MS) - first / HOUR_MS + 1;
  const [jobsetId, system] = ['jobsetId' in of ? of.jobsetId : null, 'system' in of ? bounded(of.system) : null];
  const scope = jobsetId !== null ? jobsetScope(jobsetId) : system !== null ? systemScope(system) : FARM_SCOPE;
  const [hours, counted, running, depth] = await Promise.all([
    rows<Row>(
      db,
      `select hour_ms as "hourMs", queued, ended, succeeded, there from read_model.queue_hours
       where scope = $1 and hour_ms >= $2::bigint`,
      [scope, first],
    ),
    rows<Counted>(
      db,
      `select hour_ms as "hourMs", waits, bucket, builds from read_model.build_durations
       where scope = $1 and waits and hour_ms >= $2::bigint
       union all
       select hour_ms, waits, bucket, builds from read_model.build_durations
       where scope = $1 and not waits and hour_ms >= $2::bigint`,
      [scope, first],
    ),
    // The end of these will tell the same.
    rows<Counted>(
      db,
      `select s.started_at_ms - s.started_at_ms % ${HOUR_MS} as "hourMs", true as waits,
              ${bucketOf('greatest(0, s.started_at_ms - b.waiting_since_ms)')} as bucket, count(*)::int as builds
       from read_model.steps s join read_model.builds b on b.id = s.build_id and b.drv_path = s.drv_path
       where s.status is null and b.status is null and s.started_at_ms >= $1::bigint
         and ($2::int is null or b.jobset_id = $2) and ($3::text is null or b.system = $3)
       group by 1, 2, 3`,
      [first, jobsetId, system],
    ),
    countQueue(db, { ...(jobsetId !== null && { jobsetId }), ...(system !== null && { system }) }),
  ]);
  const known = new Map(hours.map((hour) => [hour.hourMs, hour]));
  const durations = { waits: new Map<number, number[]>(), runs: new Map<number, number[]>() };
  for (const { hourMs, waits, bucket, builds } of [...counted, ...running]) {
    const kind = durations[waits ? 'waits' : 'runs'];
    const all = kind.get(hourMs) ?? noDurations();
    all[bucket]! += builds;
    kind.set(hourMs, all);
  }
  // Backwards from now: what joined in an hour was not there before it.
  let left = depth;
  return Array.from({ length: Math.max(0, count) }, (_, index) => first + index * HOUR_MS)
    .toReversed()
    .map((hourMs) => {
      const { queued, ended, succeeded, there } = known.get(hourMs) ?? { queued: 0, ended: 0, succeeded: 0, there: 0 };
      const hour = { hourMs, depth: left, queued, ended, succeeded, there };
      left = Math.max(0, left - queued + ended);
      const [waits, runs] = [durations.waits.get(hourMs), durations.runs.get(hourMs)];
      return { ...hour, waits: waits ?? noDurations(), runs: runs ?? noDurations() };
    })
    .toReversed();
};
