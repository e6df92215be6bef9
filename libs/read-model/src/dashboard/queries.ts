import type { BuildStatus } from '#domain';
import { type BuildView, pickBuilds } from '../builds/view.js';
import { type Queryable, rows } from '../rows.js';

/** A job as it stands now. Times are Unix milliseconds. */
export type CurrentJob = Readonly<{
  project: string;
  jobset: string;
  job: string;
  buildId: number;
  /** null while it is unfinished */
  status: BuildStatus | null;
  /** an attempt runs now under this build */
  isBuilding: boolean;
  stoppedAtMs: number | null;
  /** of one that fails: when the first build after its newest success ended */
  failingSinceMs: number | null;
}>;

/** Current jobs of enabled jobsets whose maintainers have exactly this address; failing first, then by name. */
export const jobsOfMaintainer = (db: Queryable, email: string, limit: number): Promise<CurrentJob[]> =>
  rows(
    db,
    `select j.project, j.name as jobset, m.job, b.id as "buildId", b.status, b.stopped_at_ms as "stoppedAtMs",
            b.status is null and exists (
              select from read_model.steps s where s.build_id = b.id and s.status is null) as "isBuilding",
            case when b.status is not null and b.status <> 'succeeded' then (
              select min(f.stopped_at_ms) from read_model.builds f
              where f.jobset_id = m.jobset_id and f.job = m.job and f.status is not null and f.id > coalesce((
                select max(s.id) from read_model.builds s
                where s.jobset_id = m.jobset_id and s.job = m.job and s.status = 'succeeded' and s.id < b.id), 0)
            ) end as "failingSinceMs"
     from read_model.job_maintainers m
     join read_model.jobsets j on j.id = m.jobset_id and not j.deleted and j.mode <> 'disabled'
     join read_model.evaluations e on e.id = j.baseline_evaluation_id
     join read_model.evaluation_jobs c on c.evaluation_id = e.members_of and c.job = m.job
     join read_model.builds b on b.id = c.build_id
     where m.emails @> jsonb_build_array($1::text)
     order by b.status is null or b.status = 'succeeded', b.status is not null, j.project, j.name, m.job limit $2`,
    [email, limit],
  );

/** A starred job with its newest builds. */
export type StarredJob = Readonly<{ project: string; jobset: string; job: string; builds: readonly BuildView[] }>;

/** Jobs by jobset and name, those whose jobset is there still, each with `perJob` newest builds; failing first. */
export const starredJobs = async (
  db: Queryable,
  stars: readonly Readonly<{ jobsetId: number; job: string }>[],
  perJob: number,
): Promise<StarredJob[]> => {
  const [named, builds] = await Promise.all([
    rows<{ jobsetId: number; project: string; jobset: string; job: string }>(
      db,
      `select s."jobsetId", j.project, j.name as jobset, s.job from json_to_recordset($1) as s("jobsetId" int, job text)
       join read_model.jobsets j on j.id = s."jobsetId" and not j.deleted`,
      [JSON.stringify(stars)],
    ),
    pickBuilds(
      db,
      `select n.id from json_to_recordset($1) as s("jobsetId" int, job text), lateral (
         select b.id from read_model.builds b where b.jobset_id = s."jobsetId" and b.job = s.job order by b.id desc limit $2) n`,
      [JSON.stringify(stars), perJob],
    ),
  ]);
  const starred = named.map(({ jobsetId, ...of }) => ({
    ...of,
    builds: builds.filter((build) => build.jobsetId === jobsetId && build.job === of.job),
  }));
  const fails = ({ builds: [newest] }: StarredJob): boolean =>
    newest !== undefined && newest.status !== null && newest.status !== 'succeeded';
  return [...starred.filter(fails), ...starred.filter((one) => !fails(one))];
};

/** Jobs of visible jobsets whose name, as `project:jobset:job`, holds a text, whatever its case; one without a colon is held by the job's own. By name. */
export const searchJobs = (
  db: Queryable,
  words: string,
  limit: number,
): Promise<{ project: string; jobset: string; job: string }[]> =>
  rows(
    db,
    `select j.project, j.name as jobset, m.job from read_model.job_maintainers m
     join read_model.jobsets j on j.id = m.jobset_id and not j.deleted and not j.hidden
     join read_model.projects p on p.name = j.project and not p.deleted and not p.hidden
     where position(lower($1) in lower(case when position(':' in $1) > 0 then j.project || ':' || j.name || ':' || m.job else m.job end)) > 0
     order by m.job, j.project, j.name limit $2`,
    [words, limit],
  );
