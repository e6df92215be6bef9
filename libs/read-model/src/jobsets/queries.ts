import type { JobsetInput, JobsetMode, JobsetSource } from '#domain';
import { firstRow, type Queryable, rows } from '../rows.js';

/** A jobset as pages and JSON need it. Times are Unix milliseconds. */
export type JobsetView = Readonly<{
  id: number;
  project: string;
  name: string;
  /** of the last event in its stream */
  revision: number;
  description: string;
  mode: JobsetMode;
  /** disabled because it was a one-shot and had its evaluation */
  spent: boolean;
  hidden: boolean;
  source: JobsetSource;
  /** seconds */
  checkInterval: number;
  shares: number;
  keepEvaluations: number;
  enableEmail: boolean;
  emailOverride: string;
  enableDynamicRunCommand: boolean;
  inputs: Readonly<Record<string, JobsetInput>>;
  /** an evaluation was asked for and did not start yet */
  triggerAtMs: number | null;
  triggerForce: boolean;
  runningEvaluationId: number | null;
  runningSinceMs: number | null;
  lastCheckedAtMs: number | null;
  /** why the newest evaluation as a whole came to nothing */
  errorMsg: string | null;
  errorTimeMs: number | null;
  fetchErrorMsg: string | null;
  /** the newest evaluation that ran */
  lastEvaluationId: number | null;
  /** jobs of that evaluation that could not be evaluated: see `evaluationErrors` */
  lastEvaluationErrors: number;
  /** the newest evaluation with new builds: its members are the current builds */
  baselineEvaluationId: number | null;
  /** the jobset that this one was made from, as it was then */
  clonedFrom: Readonly<{ jobsetId: number; project: string; name: string; revision: number }> | null;
  /** of a declarative project: the file that says what its jobsets are */
  declaredBy: string | null;
}>;

/** A jobset's line in its project's overview: the numbers count current builds. */
export type JobsetOverview = JobsetView &
  Readonly<{ nrTotal: number; nrScheduled: number; nrSucceeded: number; nrFailed: number }>;

const COLUMNS = `
  j.id, j.project, j.name, j.revision, j.description, j.mode, j.spent, j.hidden, j.source, j.check_interval as "checkInterval",
  j.shares, j.keep_evaluations as "keepEvaluations", j.enable_email as "enableEmail", j.email_override as "emailOverride",
  j.enable_dynamic_run_command as "enableDynamicRunCommand", j.inputs, j.trigger_at_ms as "triggerAtMs",
  j.trigger_force as "triggerForce", j.running_evaluation_id as "runningEvaluationId",
  j.running_since_ms as "runningSinceMs", j.last_checked_at_ms as "lastCheckedAtMs", j.error_msg as "errorMsg",
  j.error_time_ms as "errorTimeMs", j.fetch_error_msg as "fetchErrorMsg", j.last_evaluation_id as "lastEvaluationId",
  j.last_evaluation_errors as "lastEvaluationErrors", j.baseline_evaluation_id as "baselineEvaluationId",
  j.cloned_from as "clonedFrom",
  (select p.declarative ->> 'file' from read_model.projects p where p.name = j.project and not p.deleted) as "declaredBy"`;

/** All jobsets of a project by name, or of all projects, hidden ones too. */
export const listJobsets = (db: Queryable, project?: string): Promise<JobsetView[]> =>
  project === undefined
    ? rows(db, `select ${COLUMNS} from read_model.jobsets j where not j.deleted order by j.project, j.name`)
    : rows(db, `select ${COLUMNS} from read_model.jobsets j where not j.deleted and j.project = $1 order by j.name`, [
        project,
      ]);

const OVERVIEW = `
  select ${COLUMNS}, coalesce(e.jobs, 0) as "nrTotal", coalesce(e.jobs - e.succeeded - e.failed, 0) as "nrScheduled",
         coalesce(e.succeeded, 0) as "nrSucceeded", coalesce(e.failed, 0) as "nrFailed"
  from read_model.jobsets j left join read_model.evaluations e on e.id = j.baseline_evaluation_id
  where not j.deleted`;

/** As Hydra's overview: hidden last, then the enabled first, then by name. */
export const jobsetOverview = (db: Queryable, project: string): Promise<JobsetOverview[]> =>
  rows(db, `${OVERVIEW} and j.project = $1 order by j.hidden, j.mode = 'disabled', j.name`, [project]);

/** Jobsets of the projects that a user owns or is a member of, hidden ones too: those with failures first, then by name. */
export const jobsetsOfUser = (db: Queryable, userId: string): Promise<JobsetOverview[]> =>
  rows(
    db,
    `${OVERVIEW} and j.project in (
       select p.name from read_model.projects p
       where not p.deleted and (p.owner = $1 or p.members::jsonb ? $1))
     order by coalesce(e.failed, 0) = 0 and j.error_msg is null and j.fetch_error_msg is null, j.project, j.name`,
    [userId],
  );

export const getJobset = (db: Queryable, project: string, name: string): Promise<JobsetView | undefined> =>
  firstRow(
    db,
    `select ${COLUMNS} from read_model.jobsets j
     where not j.deleted and j.project = $1 and j.name = $2 order by j.id desc limit 1`,
    [project, name],
  );

/** The present name of a jobset that was once called so. */
export const findJobsetRename = (
  db: Queryable,
  project: string,
  name: string,
): Promise<{ project: string; name: string } | undefined> =>
  firstRow(
    db,
    `select j.project, j.name from read_model.jobset_renames r join read_model.jobsets j on j.id = r.jobset_id
     where r.project = $1 and r.name = $2 and not j.deleted and (j.project, j.name) <> ($1, $2)`,
    [project, name],
  );

/** Jobsets that gave up a name and did not take the next one yet: under way, or stopped in the middle. */
export const movingJobsets = (
  db: Queryable,
): Promise<{ project: string; name: string; to: { project: string; name: string } }[]> =>
  rows(
    db,
    `select project, name, moving_to as "to" from read_model.jobsets
     where moving_to is not null and not deleted order by id`,
  );

/** A jobset whose evaluation may start now. */
export type DueJobset = Readonly<{
  jobsetId: number;
  project: string;
  name: string;
  /** as `StartEvaluation` wants it */
  cause: 'trigger' | 'poll';
  force: boolean;
  triggerAtMs: number | null;
  lastCheckedAtMs: number | null;
}>;

/**
 * Jobsets to evaluate at a time (Unix milliseconds), in Hydra's order: earliest trigger, then longest unchecked, then id. A
 * disabled jobset is evaluated only by a forced trigger; one-at-a-time holds back polls, not triggers, while its newest
 * evaluation has an unfinished build.
 */
export const jobsetsDue = (db: Queryable, atMs: number): Promise<DueJobset[]> =>
  rows(
    db,
    `select j.id as "jobsetId", j.project, j.name, case when j.trigger_at_ms is null then 'poll' else 'trigger' end as cause,
            j.trigger_force as force, j.trigger_at_ms as "triggerAtMs", j.last_checked_at_ms as "lastCheckedAtMs"
     from read_model.jobsets j
     join read_model.projects p on p.name = j.project and p.enabled and not p.deleted
     left join read_model.evaluations e on e.id = j.last_evaluation_id
     where not j.deleted and j.running_evaluation_id is null and (
       (j.trigger_at_ms is not null and (j.mode <> 'disabled' or j.trigger_force))
       or (j.mode <> 'disabled' and j.check_interval > 0
           and coalesce(j.last_checked_at_ms + j.check_interval * 1000::bigint <= $1::bigint, true)
           and not (j.mode = 'one-at-a-time' and coalesce(e.has_new_builds and e.jobs > e.succeeded + e.failed, false))))
     order by j.trigger_at_ms nulls last, j.last_checked_at_ms nulls first, j.id`,
    [Math.floor(atMs)],
  );

/** An evaluation that an evaluator holds now. */
export type RunningEvaluation = Readonly<{
  evaluationId: number;
  jobsetId: number;
  project: string;
  name: string;
  startedAtMs: number;
  force: boolean;
  jobsFound: number;
  errorsFound: number;
}>;

/** Evaluations in progress, oldest first. */
export const runningEvaluations = (db: Queryable): Promise<RunningEvaluation[]> =>
  rows(
    db,
    `select j.running_evaluation_id as "evaluationId", j.id as "jobsetId", j.project, j.name,
            j.running_since_ms as "startedAtMs", j.running_force as force, coalesce(e.jobs_found, 0) as "jobsFound",
            coalesce(e.errors_found, 0) as "errorsFound"
     from read_model.jobsets j left join read_model.evaluations e on e.id = j.running_evaluation_id
     where j.running_evaluation_id is not null order by j.running_since_ms, j.id`,
  );
