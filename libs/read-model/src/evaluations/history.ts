import { type Queryable, rows } from '../rows.js';

/** What a plot of a jobset needs of one of its evaluations with new builds. Times are milliseconds. */
export type EvaluationPoint = Readonly<{
  id: number;
  /** Unix milliseconds */
  atMs: number;
  jobs: number;
  succeeded: number;
  /** all that ended otherwise */
  failed: number;
  /** jobs that could not be evaluated */
  errors: number;
  checkoutMs: number;
  evaluationMs: number;
}>;

/** The newest evaluations with new builds of some jobsets, at most `limit` of each, oldest first; of one without any, nothing. */
export const evaluationHistories = async (
  db: Queryable,
  jobsetIds: readonly number[],
  limit: number,
): Promise<ReadonlyMap<number, readonly EvaluationPoint[]>> => {
  const found = await rows<{ jobsetId: number; points: readonly EvaluationPoint[] }>(
    db,
    `select j.id as "jobsetId", json_agg(json_build_object(
         'id', e.id, 'atMs', coalesce(e.finished_at_ms, e.started_at_ms), 'jobs', e.jobs, 'succeeded', e.succeeded,
         'failed', e.failed, 'errors', e.errors, 'checkoutMs', coalesce(e.checkout_ms, 0),
         'evaluationMs', coalesce(e.evaluation_ms, 0)) order by e.id) as points
     from unnest($1::int[]) as j (id), lateral (
       select * from read_model.evaluations e where e.jobset_id = j.id and e.has_new_builds order by e.id desc limit $2) e
     group by j.id`,
    [jobsetIds, limit],
  );
  return new Map(found.map(({ jobsetId, points }) => [jobsetId, points]));
};
