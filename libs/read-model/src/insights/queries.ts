import { built } from '../builds/flow.js';
import { type Queryable, rows } from '../rows.js';

const DAY_MS = 86_400_000;

/** A job with the build that says the most about it. */
export type CostlyJob = Readonly<{
  project: string;
  jobset: string;
  job: string;
  system: string;
  buildId: number;
  /** how long that build ran, milliseconds */
  tookMs: number;
  /** of its outputs, bytes */
  size: number;
  /** of their closure, bytes */
  closureSize: number;
  /** when it ended, Unix milliseconds */
  stoppedAtMs: number;
}>;

/** Days (UTC) that are looked at: that of `nowMs` (Unix milliseconds), and those before it. */
export type Days = Readonly<{ days: number; nowMs: number }>;

/** Builds of each day that are looked at: a job that is built over and over counts once. */
const PER_DAY = 100;

const daysOf = ({ days, nowMs }: Days): [first: number, last: number] => {
  const last = Math.floor(nowMs / DAY_MS);
  return [last - days + 1, last];
};

/** Those of jobsets that people see in lists. */
const SEEN = `join read_model.jobsets j on j.id = b.jobset_id and not j.deleted and not j.hidden
     join read_model.projects p on p.name = j.project and not p.deleted and not p.hidden`;

/** The jobs whose builds of some days come first by `measure`, each with its first. Costs what the days are. */
const costly = (db: Queryable, measure: string, wanted: Days, limit: number): Promise<CostlyJob[]> =>
  rows(
    db,
    `select * from (
       select distinct on (b.jobset_id, b.job) j.project, j.name as jobset, b.job, b.system, b.id as "buildId",
              b.stopped_at_ms - b.started_at_ms as "tookMs", b.size, b.closure_size as "closureSize",
              b.stopped_at_ms as "stoppedAtMs", ${measure} as measure
       from generate_series($1::bigint, $2::bigint) d (day), lateral (
         select * from read_model.builds
         where ${built()} and stopped_at_ms / ${DAY_MS} = d.day order by ${measure} desc limit ${PER_DAY}) b
       ${SEEN}
       where ${measure} > 0
       order by b.jobset_id, b.job, ${measure} desc, b.id desc) found
     order by measure desc, "buildId" desc limit $3`,
    [...daysOf(wanted), limit],
  );

/** The jobs with the builds that ran longest, of those that ended in some days; longest first. */
export const slowestJobs = (db: Queryable, wanted: Days, limit: number): Promise<CostlyJob[]> =>
  costly(db, '(stopped_at_ms - started_at_ms)', wanted, limit);

/** The jobs with the largest outputs, of builds that ended in some days; largest first. */
export const largestJobs = (db: Queryable, wanted: Days, limit: number): Promise<CostlyJob[]> =>
  costly(db, 'size', wanted, limit);

/** A job that does not do the same each time. */
export type FlakyJob = Readonly<{
  project: string;
  jobset: string;
  job: string;
  /** how often its newest builds turned from succeeded to failed or back */
  turns: number;
  /** how many builds these are; 0: they were not looked at, because none of them failed lately */
  builds: number;
  /** how often a derivation succeeded that had failed in the attempt before it */
  again: number;
}>;

/** Newest builds that failed, and attempts that succeeded after one that had not, that jobs are taken from. */
const LOOKED_AT = 300;
/** Jobs of these builds, and how many builds of each. */
const JOBS = 100;
const BUILDS = 20;

/** Statuses of an attempt that say something about its derivation, not about the farm. */
const FAILED = `('failed', 'timed-out', 'log-limit-exceeded', 'nar-size-limit-exceeded', 'not-deterministic')`;

const TURNS = `
  with failing as (
    select distinct b.jobset_id, b.job from (
      select jobset_id, job, stopped_at_ms from read_model.builds
      where ${built()} and status <> 'succeeded' order by id desc limit ${LOOKED_AT}) b
    where b.stopped_at_ms >= $1::bigint order by 1, 2 limit ${JOBS}), outcomes as (
    select f.jobset_id, f.job, n.id, n.good, lag(n.good) over (partition by f.jobset_id, f.job order by n.id) as before
    from failing f, lateral (
      select b.id, b.status = 'succeeded' as good, b.status, b.is_cached_build from read_model.builds b
      where b.jobset_id = f.jobset_id and b.job = f.job order by b.id desc limit ${BUILDS}) n
    where ${built('n.')})
  select jobset_id, job, count(*) filter (where good <> before)::int as turns, count(*)::int as builds
  from outcomes group by 1, 2`;

const AGAIN = `
  select b.jobset_id, b.job, count(*)::int as again from (
    select drv_path, attempt, build_id from read_model.steps
    where attempt > 1 and status = 'succeeded' and stopped_at_ms >= $1::bigint order by stopped_at_ms desc limit ${LOOKED_AT}) s
  join read_model.steps p on p.drv_path = s.drv_path and p.attempt = s.attempt - 1 and not p.interrupted
    and p.status in ${FAILED}
  join read_model.builds b on b.id = s.build_id
  group by 1, 2`;

/**
 * Jobs whose builds turn from succeeded to failed and back, or whose derivations succeeded after an attempt that had failed, the most
 * often first. One turn alone is none: it broke, or was mended. Looks at the newest builds that failed and attempts that were made
 * again since the first of some days, and never at more than a fixed number of them.
 */
export const flakyJobs = (db: Queryable, wanted: Days, limit: number): Promise<FlakyJob[]> =>
  rows(
    db,
    `with turned as (${TURNS}), retried as (${AGAIN})
     select j.project, j.name as jobset, b.job, coalesce(t.turns, 0) as turns, coalesce(t.builds, 0) as builds,
            coalesce(r.again, 0) as again
     from (select jobset_id, job from turned where turns > 1 union select jobset_id, job from retried) b
     left join turned t using (jobset_id, job) left join retried r using (jobset_id, job)
     ${SEEN}
     order by coalesce(t.turns, 0) + coalesce(r.again, 0) desc, 1, 2, 3 limit $2`,
    [daysOf(wanted)[0] * DAY_MS, limit],
  );
