import { type BuildView, pickBuilds } from '../builds/view.js';
import { bounded } from '../projection.js';
import { firstRow, type Queryable, rows } from '../rows.js';
import { EVALUATION, type EvaluationView } from './view.js';

/** Of a project, of one of its jobsets, or of all. */
export type EvaluationScope = Readonly<{ project?: string; jobset?: string }>;

const SCOPE = `select id from read_model.jobsets
  where not deleted and ($1::text is null or project = $1) and ($2::text is null or name = $2)`;

/** Evaluations with new builds, newest first: as Hydra, only these are listed. `page` counts from 1, and `total` is over all pages. */
export const listEvaluations = async (
  db: Queryable,
  { project, jobset, page = 1, perPage = 20 }: EvaluationScope & Readonly<{ page?: number; perPage?: number }>,
): Promise<{ total: number; evaluations: EvaluationView[] }> => {
  const scope = [project ?? null, jobset ?? null];
  const [count, evaluations] = await Promise.all([
    firstRow<{ total: number }>(
      db,
      `select coalesce(sum(c.evaluations), 0) as total from read_model.evaluation_counts c join (${SCOPE}) s on s.id = c.jobset_id`,
      scope,
    ),
    rows<EvaluationView>(
      db,
      `select ${EVALUATION} join (
         select n.id from (${SCOPE}) s, lateral (
           select e.id from read_model.evaluations e where e.jobset_id = s.id and e.has_new_builds
           order by e.id desc limit $3::bigint + $4::bigint) n order by n.id desc limit $3 offset $4) p on p.id = e.id
       order by e.id desc`,
      [...scope, perPage, (page - 1) * perPage],
    ),
  ]);
  return { total: count!.total, evaluations };
};

/** An evaluation; one that still runs has status `running` and counts what it found so far. */
export const getEvaluation = (db: Queryable, id: number): Promise<EvaluationView | undefined> =>
  firstRow(db, `select ${EVALUATION} where e.id = $1`, [id]);

/** Ids of the builds of each evaluation, by job; of one that did not run, none. */
export const buildIdsOfEvaluations = async (
  db: Queryable,
  ids: readonly number[],
): Promise<ReadonlyMap<number, readonly number[]>> => {
  // One array for each, in the order of the index: rows for all builds, or sorting them together, would be most of the time.
  const found = await rows<{ id: number; builds: readonly number[] }>(
    db,
    `select e.id, array(select m.build_id from read_model.evaluation_jobs m
                        where m.evaluation_id = e.members_of order by m.job) as builds
     from read_model.evaluations e where e.id = any($1) and e.status = 'ran'`,
    [ids],
  );
  return new Map(found.map(({ id, builds }) => [id, builds]));
};

/** Ids of an evaluation's builds, by job. */
export const evaluationBuildIds = async (db: Queryable, id: number): Promise<readonly number[]> =>
  (await buildIdsOfEvaluations(db, [id])).get(id) ?? [];

/** The newest evaluation of a jobset with new builds that was finished at a time (Unix milliseconds). */
export const evaluationBefore = (db: Queryable, jobsetId: number, atMs: number): Promise<EvaluationView | undefined> =>
  firstRow(
    db,
    `select ${EVALUATION} where e.jobset_id = $1 and e.has_new_builds and e.finished_at_ms <= $2 order by e.id desc limit 1`,
    [jobsetId, atMs],
  );

/** Output paths, sorted, of an evaluation's builds that succeeded and whose product is the output itself, as in Hydra. */
export const evaluationStorePaths = async (db: Queryable, id: number): Promise<string[]> => {
  const found = await rows<{ path: string }>(
    db,
    `select distinct o.path from read_model.evaluations e
     join read_model.evaluation_jobs m on m.evaluation_id = e.members_of
     join read_model.builds b on b.id = m.build_id join read_model.build_outputs o on o.build_id = b.id
     where e.id = $1 and e.status = 'ran' and b.status = 'succeeded' and o.path <> ''
       and exists (select from json_array_elements(b.products) p where p ->> 'type' = 'nix-build')
     order by o.path`,
    [id],
  );
  return found.map(({ path }) => path);
};

/** Which of some evaluations had come to their end by a moment (Unix milliseconds), in the order given. */
export const evaluationsFinishedBy = async (db: Queryable, ids: readonly number[], atMs: number): Promise<number[]> => {
  const found = await rows<{ id: number }>(
    db,
    'select id from read_model.evaluations where id = any($1) and finished_at_ms <= $2',
    [ids, atMs],
  );
  const finished = new Set(found.map(({ id }) => id));
  return ids.filter((id) => finished.has(id));
};

export type EvaluationBuildsOptions = Readonly<{
  limit: number;
  offset?: number;
  /** only jobs whose name holds this text, case aside */
  filter?: string;
  status?: 'succeeded' | 'failed' | 'unfinished';
}>;

/** An evaluation's builds, by job. A new build appears once it is queued. */
export const evaluationBuilds = (
  db: Queryable,
  id: number,
  { limit, offset = 0, filter, status }: EvaluationBuildsOptions,
): Promise<BuildView[]> =>
  pickBuilds(
    db,
    `select b.id, row_number() over (order by m.job) as place
     from read_model.evaluations e join read_model.evaluation_jobs m on m.evaluation_id = e.members_of
     join read_model.builds b on b.id = m.build_id
     where e.id = $1 and e.status = 'ran' and ($4::text is null or position(lower($4) in lower(m.job)) > 0)
       and case $5::text when 'succeeded' then b.status = 'succeeded' when 'failed' then b.status <> 'succeeded'
                         when 'unfinished' then b.status is null else true end
     order by m.job limit $2 offset $3`,
    [id, limit, offset, filter ?? null, status ?? null],
    'given',
  );

/** The build of one job of an evaluation. */
export const evaluationJob = async (db: Queryable, id: number, job: string): Promise<BuildView | undefined> => {
  const found = await pickBuilds(
    db,
    `select m.build_id as id from read_model.evaluations e join read_model.evaluation_jobs m on m.evaluation_id = e.members_of
     where e.id = $1 and e.status = 'ran' and m.job = $2`,
    [id, bounded(job)],
  );
  return found[0];
};

export type EvaluationError = Readonly<{ job: string; message: string }>;

/** Jobs that could not be evaluated, in the order of the evaluator. */
export const evaluationErrors = (
  db: Queryable,
  id: number,
  { limit = 1000, offset = 0 }: { limit?: number; offset?: number } = {},
): Promise<EvaluationError[]> =>
  rows(
    db,
    `select job, message from read_model.evaluation_errors where evaluation_id = $1
     order by chunk, nr limit $2 offset $3`,
    [id, limit, offset],
  );

/** Jobs that could not be evaluated, by the beginning of what was said: how many, and the first of those whose name holds a text. */
export const evaluationErrorHeads = async (
  db: Queryable,
  id: number,
  { limit, filter }: Readonly<{ limit: number; filter?: string | undefined }>,
): Promise<{ count: number; rows: readonly EvaluationError[] }> => {
  const found = await rows<EvaluationError & { count: number }>(
    db,
    `select job, left(message, 300) as message, count(*) over () as count from read_model.evaluation_errors
     where evaluation_id = $1 and ($3::text is null or position(lower($3) in lower(job)) > 0)
     order by chunk, nr limit $2`,
    [id, limit, filter ?? null],
  );
  return { count: found[0]?.count ?? 0, rows: found.map(({ job, message }) => ({ job, message })) };
};

/** The newest evaluation of a jobset with new builds; `finished`: with no unfinished build. */
export const latestEvaluation = (
  db: Queryable,
  project: string,
  jobset: string,
  { finished = false }: { finished?: boolean } = {},
): Promise<EvaluationView | undefined> =>
  firstRow(
    db,
    `select ${EVALUATION} where e.jobset_id = (select id from read_model.jobsets where not deleted and project = $1 and name = $2
       order by id desc limit 1) and e.has_new_builds ${finished ? 'and e.jobs = e.succeeded + e.failed' : ''}
     order by e.id desc limit 1`,
    [project, jobset],
  );

/** The evaluation with new builds before another one of the same jobset: what it is compared with by default. */
export const previousEvaluation = (db: Queryable, id: number): Promise<EvaluationView | undefined> =>
  firstRow(
    db,
    `select ${EVALUATION} where e.jobset_id = (select jobset_id from read_model.evaluations where id = $1)
       and e.has_new_builds and e.id < $1 order by e.id desc limit 1`,
    [id],
  );
