import { type BuildView, pickBuilds } from '../builds/view.js';
import { bounded } from '../projection.js';
import { firstRow, type Queryable } from '../rows.js';

/** A job of a jobset, by the jobset's integer id. */
export type JobRef = Readonly<{ jobsetId: number; job: string }>;

/** Its builds, over `$1` and `$2`. */
export const OF_JOB = 'b.jobset_id = $1 and b.job = $2';
/** The values of `$1` and `$2` there. */
export const valuesOf = ({ jobsetId, job }: JobRef): unknown[] => [jobsetId, bounded(job)];

/** A job that ever had a build, its name as it stands in builds and stars. */
export const findJob = async (db: Queryable, of: JobRef): Promise<JobRef | undefined> =>
  firstRow(
    db,
    `select b.jobset_id as "jobsetId", b.job from read_model.builds b where ${OF_JOB} limit 1`,
    valuesOf(of),
  );

/** Why a job could not be evaluated in an evaluation; undefined where it could, or is not part of it. */
export const evaluationErrorOfJob = async (
  db: Queryable,
  evaluationId: number,
  job: string,
): Promise<string | undefined> => {
  const text = `select message from read_model.evaluation_errors where evaluation_id = $1 and job = $2 order by chunk, nr limit 1`;
  return (await firstRow<{ message: string }>(db, text, [evaluationId, job]))?.message;
};

/** Whether the newest evaluation of its jobset that found jobs has the job. */
export const isCurrentJob = async (db: Queryable, of: JobRef): Promise<boolean> => {
  const text = `select from read_model.jobsets j join read_model.evaluations e on e.id = j.baseline_evaluation_id
     join read_model.evaluation_jobs m on m.evaluation_id = e.members_of and m.job = $2
     where j.id = $1 limit 1`;
  return (await firstRow(db, text, valuesOf(of))) !== undefined;
};

/** Unfinished builds of a job, newest first. */
export const unfinishedBuildsOfJob = (db: Queryable, of: JobRef, limit: number): Promise<BuildView[]> =>
  pickBuilds(
    db,
    `select b.id from read_model.builds b where ${OF_JOB} and b.status is null order by b.id desc limit $3`,
    [...valuesOf(of), limit],
  );

/** How a job stands, and since when. */
export type JobState = Readonly<{
  /** its newest build that says something about it did not succeed */
  fails: boolean;
  /** that build */
  newest: BuildView;
  /** the first build from which on all that say something ended in that way */
  since: BuildView;
  /** the newest one before it, which ended in the other way */
  before: BuildView | undefined;
}>;

/** Such a build says nothing about its job: somebody or something kept it from coming to an end. */
const SAYS_NOTHING: readonly string[] = ['aborted', 'cancelled'] satisfies BuildView['status'][];

const GOOD = `${OF_JOB} and b.status = 'succeeded'`;
const BAD = `${OF_JOB} and b.status <> 'succeeded' and b.status <> all ($3)`;

/**
 * Since when a job succeeds or fails. Builds that were aborted or cancelled are passed over. Undefined while no build of it came to
 * an end.
 */
export const jobState = async (db: Queryable, of: JobRef): Promise<JobState | undefined> => {
  const ids = await firstRow<{ good: number | null; bad: number | null; since: number | null }>(
    db,
    `with newest as (
       select (select b.id from read_model.builds b where ${GOOD} order by b.id desc limit 1) as good,
              (select b.id from read_model.builds b where ${BAD} order by b.id desc limit 1) as bad)
     select good, bad, case when coalesce(bad, 0) > coalesce(good, 0)
       then (select b.id from read_model.builds b where ${BAD} and b.id > coalesce(good, 0) order by b.id limit 1)
       else (select b.id from read_model.builds b where ${GOOD} and b.id > coalesce(bad, 0) order by b.id limit 1)
       end as since
     from newest`,
    [...valuesOf(of), SAYS_NOTHING],
  );
  const { good, bad, since } = ids!;
  if (since === null) return undefined;
  const fails = (bad ?? 0) > (good ?? 0);
  const [newest, before] = fails ? [bad, good] : [good, bad];
  const builds = await pickBuilds(db, 'select distinct unnest($1::int[]) as id', [[newest, before, since]]);
  const build = (wanted: number | null): BuildView | undefined => builds.find(({ id }) => id === wanted);
  return { fails, newest: build(newest)!, since: build(since)!, before: build(before) };
};
