import type { ResolvedInput } from '#domain';

/** An evaluation as pages and JSON need it. Times are Unix milliseconds. */
export type EvaluationView = Readonly<{
  id: number;
  jobsetId: number;
  project: string;
  jobset: string;
  /** `running`: only the first group of fields and what is found so far; `ran`: whole */
  status: 'running' | 'ran';
  cause: 'trigger' | 'poll';
  force: boolean;
  startedAtMs: number;
  finishedAtMs: number | null;
  jobsFound: number;
  errorsFound: number;
  hash: string | null;
  inputs: readonly ResolvedInput[];
  expression: Readonly<{ input: string; path: string }> | null;
  flake: string | null;
  jobs: number;
  newBuilds: number;
  /** jobs that could not be evaluated */
  errors: number;
  hasNewBuilds: boolean;
  checkoutMs: number | null;
  evaluationMs: number | null;
  /** the evaluation whose members it shares: itself, or the one before where no build was new */
  membersOf: number | null;
  /** of its jobs; together they are `jobs` */
  succeeded: number;
  failed: number;
  queued: number;
  releaseName: string | null;
  releasedAtMs: number | null;
}>;

/** Columns and tables; a `where` or a further join follows. */
export const EVALUATION = `
  e.id, e.jobset_id as "jobsetId", coalesce(j.project, '') as project, coalesce(j.name, '') as jobset, e.status, e.cause,
  e.force, e.started_at_ms as "startedAtMs", e.finished_at_ms as "finishedAtMs", e.jobs_found as "jobsFound",
  e.errors_found as "errorsFound", e.hash, coalesce(e.inputs, '[]'::json) as inputs, e.expression, e.flake, e.jobs,
  e.new_builds as "newBuilds", e.errors, e.has_new_builds as "hasNewBuilds", e.checkout_ms as "checkoutMs",
  e.evaluation_ms as "evaluationMs", e.members_of as "membersOf", coalesce(o.succeeded, 0) as succeeded,
  coalesce(o.failed, 0) as failed, coalesce(o.jobs - o.succeeded - o.failed, 0) as queued,
  e.release_name as "releaseName", e.released_at_ms as "releasedAtMs"
  from read_model.evaluations e left join read_model.evaluations o on o.id = e.members_of
  left join read_model.jobsets j on j.id = e.jobset_id`;
