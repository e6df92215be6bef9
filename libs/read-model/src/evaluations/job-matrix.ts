import type { BuildStatus } from '#domain';
import { type Queryable, rows } from '../rows.js';

/** A job's build in one evaluation. */
export type JobCell = Readonly<{
  buildId: number;
  /** null while it is unfinished, or not queued yet */
  status: BuildStatus | null;
  isBuilding: boolean;
}>;

/** A job in the newest evaluations of its jobset. */
export type JobRow = Readonly<{
  job: string;
  /** it is in the newest one */
  active: boolean;
  /** by the evaluation's id */
  cells: Readonly<Record<number, JobCell>>;
}>;

/** Which jobs, in how many evaluations. */
export type JobMatrixOptions = Readonly<{
  /** how many evaluations with new builds are looked at */
  evaluations: number;
  /** how many of them, from the newest, have cells; all if left out */
  columns?: number;
  /** most jobs to answer */
  limit: number;
  /** only jobs whose name holds this text, case aside */
  filter?: string | undefined;
  /** also jobs that are in an older one only */
  inactive: boolean;
}>;

/** As Hydra, of each older evaluation only so many jobs are looked at for those that are gone. */
const LOOKED_AT = 10_000;

/** Jobs of a jobset, by name, with their builds in its newest evaluations; `total`: how many there are without the limit. */
export const jobMatrix = async (
  db: Queryable,
  jobsetId: number,
  { evaluations, columns = evaluations, limit, filter, inactive }: JobMatrixOptions,
): Promise<{ total: number; jobs: readonly JobRow[] }> => {
  const found = await rows<JobRow & { total: number }>(
    db,
    `with evals as materialized (
       select id from read_model.evaluations where jobset_id = $1 and has_new_builds order by id desc limit $2
     ), newest as (select max(id) as id from evals
     ), active as (
       select m.job, true as active from newest n join read_model.evaluation_jobs m on m.evaluation_id = n.id
       where $4::text is null or position(lower($4) in lower(m.job)) > 0
     ), inactive as (
       select distinct m.job, false as active from newest n join evals e on e.id <> n.id, lateral (
         select m.job from read_model.evaluation_jobs m where m.evaluation_id = e.id order by m.job limit ${LOOKED_AT}) m
       where $5 and ($4::text is null or position(lower($4) in lower(m.job)) > 0) and not exists (
         select from read_model.evaluation_jobs a where a.evaluation_id = n.id and a.job = m.job)
     ), picked as (
       select *, count(*) over () as total from (select * from active union all select * from inactive) u
       order by job limit $3
     )
     select p.job, p.active, p.total, (
         select coalesce(json_object_agg(e.id, json_build_object('buildId', m.build_id, 'status', b.status,
           'isBuilding', b.status is null and exists (
             select from read_model.steps s where s.build_id = m.build_id and s.status is null))), '{}'::json)
         from (select id from evals order by id desc limit $6) e join read_model.evaluation_jobs m on m.evaluation_id = e.id and m.job = p.job
         left join read_model.builds b on b.id = m.build_id) as cells
     from picked p order by p.job`,
    [jobsetId, evaluations, limit, filter ?? null, inactive, columns],
  );
  return { total: found[0]?.total ?? 0, jobs: found.map(({ job, active, cells }) => ({ job, active, cells })) };
};
