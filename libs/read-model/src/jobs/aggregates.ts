import type { BuildStatus } from '#domain';
import { firstRow, type Queryable } from '../rows.js';
import { type JobRef, OF_JOB, valuesOf } from './queries.js';

/** A constituent's build in one of the builds of an aggregate. */
export type Constituent = Readonly<{
  aggregateId: number;
  buildId: number;
  /** null while it is unfinished */
  status: BuildStatus | null;
  /** an attempt runs now under this build */
  isBuilding: boolean;
}>;

/** What an aggregate job is made of, over its newest builds. */
export type AggregateMatrix = Readonly<{
  /** its builds, newest first */
  aggregates: readonly Readonly<{ id: number; status: BuildStatus | null; isBuilding: boolean }>[];
  /** how many jobs there are, of which `jobs` may be a part */
  total: number;
  /** first those that did not succeed in the newest build of the aggregate, then by name */
  jobs: readonly Readonly<{ job: string; builds: readonly Constituent[] }>[];
}>;

/**
 * The constituents of the newest builds of a job, at most `builds` of them and `jobs` constituents; undefined where none of these
 * builds is an aggregate.
 */
export const aggregateMatrix = async (
  db: Queryable,
  of: JobRef,
  most: Readonly<{ builds: number; jobs: number }>,
): Promise<AggregateMatrix | undefined> => {
  const found = await firstRow<AggregateMatrix>(
    db,
    `with newest as (
       select b.id, b.status, b.constituents from read_model.builds b where ${OF_JOB} order by b.id desc limit $3
     ), aggregates as (
       select id, status, exists (select from read_model.steps s where s.build_id = newest.id and s.status is null) as building
       from newest where exists (select from read_model.build_constituents c where c.aggregate_id = newest.id)
     ), cells as (
       select a.id as aggregate_id, b.id, b.job, b.status
       from aggregates a join read_model.build_constituents c on c.aggregate_id = a.id join read_model.builds b on b.id = c.build_id
     ), jobs as (
       select job, count(*) over () as total, row_number() over (order by
         bool_or(aggregate_id = (select max(id) from aggregates) and status is distinct from 'succeeded') desc, job) as place
       from cells group by job order by place limit $4
     ), lines as (
       select j.place, j.job, json_agg(json_build_object('aggregateId', c.aggregate_id, 'buildId', c.id, 'status', c.status,
         'isBuilding', c.status is null and exists (
           select from read_model.steps s where s.build_id = c.id and s.status is null)) order by c.aggregate_id desc) as builds
       from jobs j join cells c on c.job = j.job group by j.place, j.job
     )
     select (select coalesce(json_agg(json_build_object('id', id, 'status', status, 'isBuilding', building) order by id desc),
               '[]'::json) from aggregates) as aggregates,
            (select coalesce(max(total), 0) from jobs) as total,
            (select coalesce(json_agg(json_build_object('job', job, 'builds', builds) order by place), '[]'::json)
             from lines) as jobs`,
    [...valuesOf(of), most.builds, most.jobs],
  );
  return found!.aggregates.length === 0 ? undefined : found;
};
