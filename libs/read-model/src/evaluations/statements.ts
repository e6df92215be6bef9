import { bounded, ms, type Recorded, type Statement } from '../projection.js';
import { commitsOf } from './commits.js';

const STARTED = `
insert into evaluations (id, jobset_id, status, cause, force, started_at_ms)
select "evaluationId", "jobsetId", 'running', cause, force, "atMs"
from json_to_recordset($1) as x("evaluationId" int, "jobsetId" int, cause text, force boolean, "atMs" bigint)
on conflict (id) do nothing`;

/** A chunk of an evaluation that is not running is nobody's: its evaluator was given up before. */
const JOBS_FOUND = `
with input as (
  select * from json_to_recordset($1) as x("evaluationId" int, job text, "buildId" int, "isNew" boolean)
), found as (
  insert into evaluation_jobs (evaluation_id, job, build_id, is_new)
  select i."evaluationId", i.job, i."buildId", i."isNew"
  from input i join evaluations e on e.id = i."evaluationId" and e.status = 'running'
  on conflict do nothing returning evaluation_id
)
update evaluations e set jobs_found = e.jobs_found + f.jobs
from (select evaluation_id, count(*)::int as jobs from found group by 1) f where e.id = f.evaluation_id`;

const ERRORS_FOUND = `
with input as (
  select * from json_to_recordset($1) as x("evaluationId" int, chunk int, nr int, job text, message text)
), found as (
  insert into evaluation_errors (evaluation_id, chunk, nr, job, message)
  select i."evaluationId", i.chunk, i.nr, i.job, i.message
  from input i join evaluations e on e.id = i."evaluationId" and e.status = 'running'
  on conflict do nothing returning evaluation_id
)
update evaluations e set errors_found = e.errors_found + f.errors
from (select evaluation_id, count(*)::int as errors from found group by 1) f where e.id = f.evaluation_id`;

/** Members of an evaluation without new builds are those of the one before, so that idle polls cost no rows. */
const RAN = `
with input as (
  select * from json_to_recordset($1) as x("evaluationId" int, "jobsetId" int, hash text, inputs json, expression json,
    flake text, jobs int, "newBuilds" int, errors int, "hasNewBuilds" boolean, "checkoutMs" bigint, "evaluationMs" bigint,
    "atMs" bigint, commits json)
), dropped as (
  delete from evaluation_jobs m using input i where m.evaluation_id = i."evaluationId" and not i."hasNewBuilds"
), members as (
  select i."evaluationId", count(*) filter (where b.status = 'succeeded')::int as succeeded,
         count(*) filter (where b.status <> 'succeeded')::int as failed
  from input i join evaluation_jobs m on m.evaluation_id = i."evaluationId" join builds b on b.id = m.build_id
  where i."hasNewBuilds" group by 1
), ran as (
  update evaluations e set status = 'ran', finished_at_ms = i."atMs", hash = i.hash, inputs = i.inputs,
    expression = i.expression, flake = i.flake, jobs = i.jobs, new_builds = i."newBuilds", errors = i.errors,
    has_new_builds = i."hasNewBuilds", checkout_ms = i."checkoutMs", evaluation_ms = i."evaluationMs",
    members_of = case when i."hasNewBuilds" then e.id else coalesce(
      (select max(p.id) from evaluations p where p.jobset_id = e.jobset_id and p.has_new_builds), e.id) end,
    succeeded = coalesce(m.succeeded, 0), failed = coalesce(m.failed, 0)
  from input i left join members m on m."evaluationId" = i."evaluationId"
  where e.id = i."evaluationId" and e.status = 'running'
  returning e.id, e.jobset_id, e.has_new_builds, i.commits
), revisions as (
  insert into evaluation_revisions (revision, jobset_id, evaluation_id)
  select r.value, ran.jobset_id, ran.id from ran, json_array_elements_text(ran.commits) r on conflict do nothing
)
insert into evaluation_counts (jobset_id, evaluations)
select jobset_id, count(*)::int from ran where has_new_builds group by 1
on conflict (jobset_id) do update set evaluations = evaluation_counts.evaluations + excluded.evaluations`;

const CAME_TO_NOTHING = `
with gone as (
  delete from evaluations e using json_to_recordset($1) as i("evaluationId" int)
  where e.id = i."evaluationId" and e.status = 'running' returning e.id
), jobs as (
  delete from evaluation_jobs m using gone where m.evaluation_id = gone.id
)
delete from evaluation_errors f using gone where f.evaluation_id = gone.id`;

const RELEASED = `
update evaluations e set release_name = i.name, released_at_ms = i."atMs"
from json_to_recordset($1) as i("evaluationId" int, name text, "atMs" bigint) where e.id = i."evaluationId"`;

const of = (evaluationId: number) => [`evaluation:${evaluationId}`];

/** What events do to the tables of evaluations. */
export const onEvaluation = ({ type, data }: Recorded): readonly Statement[] => {
  switch (type) {
    case 'EvaluationStarted':
      return [{ text: STARTED, rows: [{ ...data, atMs: ms(data.startedAt) }], keys: of(data.evaluationId) }];
    case 'EvaluationJobsFound': {
      const { evaluationId, jobs } = data;
      const rows = jobs.map(({ job, buildId, description }) => ({
        evaluationId,
        job: bounded(job),
        buildId,
        isNew: description !== undefined,
      }));
      return [{ text: JOBS_FOUND, rows, keys: of(evaluationId), shared: of(evaluationId) }];
    }
    case 'EvaluationErrorsFound': {
      const { evaluationId, chunk, errors } = data;
      const rows = errors.map((error, nr) => ({ evaluationId, chunk, nr, ...error }));
      return [{ text: ERRORS_FOUND, rows, keys: of(evaluationId), shared: of(evaluationId) }];
    }
    case 'EvaluationRan':
      // It counts its members' builds: no key, so it keeps its place among all that happens to builds.
      return [{ text: RAN, rows: [{ ...data, atMs: ms(data.finishedAt), commits: commitsOf(data) }] }];
    case 'SpecificationApplied':
      // It ends the evaluation that read a file; one whose build generated it has ended long before.
      if (data.buildId !== undefined) return [];
      return [{ text: CAME_TO_NOTHING, rows: [{ evaluationId: data.evaluationId }], keys: of(data.evaluationId) }];
    case 'EvaluationSkipped':
    case 'EvaluationFailed':
      return [{ text: CAME_TO_NOTHING, rows: [{ evaluationId: data.evaluationId }], keys: of(data.evaluationId) }];
    case 'EvaluationReleased':
      return [{ text: RELEASED, rows: [{ ...data, atMs: ms(data.releasedAt) }], keys: of(data.evaluationId) }];
    case 'ReleaseRevoked':
      return [{ text: RELEASED, rows: [{ evaluationId: data.evaluationId }], keys: of(data.evaluationId) }];
    default:
      return [];
  }
};
