import { firstRow, type Queryable } from '../rows.js';

/** What is known about the time that an evaluation's unfinished builds still take. */
export type Remaining = Readonly<{
  /** unfinished builds that were looked at: the first ones by id, at most as many as asked for */
  looked: number;
  /** those of them of whose job an earlier build was recorded with its times */
  known: number;
  /** what these take, as long as the newest recorded build of their job did, less what they ran already: milliseconds */
  knownMs: number;
  /** those of them of which a step runs now */
  running: number;
}>;

/**
 * From recorded times only: each unfinished build is taken to last as long as the newest build of the same job that its builder
 * ran for. `now`: Unix milliseconds; `limit` bounds the builds that are looked at, and with them the cost.
 */
export const evaluationRemaining = async (db: Queryable, id: number, now: number, limit = 1000): Promise<Remaining> =>
  (await firstRow<Remaining>(
    db,
    `with open as (
       select b.id, b.jobset_id, b.job
       from read_model.evaluations e join read_model.evaluation_jobs m on m.evaluation_id = e.members_of
       join read_model.builds b on b.id = m.build_id
       where e.id = $1 and e.status = 'ran' and b.status is null order by b.id limit $3)
     select count(*) as looked, count(l.ms) as known, count(r.since) as running,
       coalesce(sum(greatest(0, l.ms - coalesce($2::bigint - r.since, 0))), 0) as "knownMs"
     from open o
     left join lateral (
       select n.ms from (
         -- Of a job that was cancelled over and over, only the newest are looked at.
         select b.id, b.stopped_at_ms - b.started_at_ms as ms, b.is_cached_build, b.status from read_model.builds b
         where b.jobset_id = o.jobset_id and b.job = o.job and b.id < o.id order by b.id desc limit 20) n
       where n.ms is not null and not n.is_cached_build
         and n.status in ('succeeded', 'failed', 'failed-with-output', 'timed-out', 'not-deterministic')
       order by n.id desc limit 1) l on true
     left join lateral (
       select min(s.started_at_ms) as since from read_model.steps s where s.build_id = o.id and s.status is null) r on true`,
    [id, Math.floor(now), limit],
  ))!;
