import { getBuilds } from '../builds/queries.js';
import { type BuildView, pickBuilds } from '../builds/view.js';
import { firstRow, type Queryable, rows } from '../rows.js';

/** Of one jobset, or for one system, or all. */
export type QueueScope = Readonly<{ jobsetId?: number | undefined; system?: string | undefined }>;

const IN_SCOPE = '($1::int is null or jobset_id = $1) and ($2::text is null or system = $2)';

/** Unfinished builds: bumped first, then by id. */
export const listQueue = (
  db: Queryable,
  { limit, offset = 0, jobsetId, system }: QueueScope & Readonly<{ limit: number; offset?: number }>,
): Promise<BuildView[]> =>
  pickBuilds(
    db,
    `select id from read_model.builds where status is null and ${IN_SCOPE} order by global_priority desc, id limit $3 offset $4`,
    [jobsetId ?? null, system ?? null, limit, offset],
    'queue',
  );

/** How many builds are unfinished; costs what jobsets and systems are, however much is queued. */
export const countQueue = async (db: Queryable, { jobsetId, system }: QueueScope): Promise<number> => {
  const found = await firstRow<{ builds: number }>(
    db,
    `select coalesce(sum(builds), 0) as builds from read_model.queue_summary where ${IN_SCOPE}`,
    [jobsetId ?? null, system ?? null],
  );
  return found!.builds;
};

/** The first unfinished builds by their own priority, then id: the order of Hydra's `/api/queue`. */
export const queueByPriority = async (db: Queryable, limit: number): Promise<BuildView[]> => {
  const found = await rows<{ id: number }>(
    db,
    'select id from read_model.builds where status is null order by priority desc, id limit $1',
    [limit],
  );
  const ids = found.map(({ id }) => id);
  const builds = new Map((await getBuilds(db, ids)).map((build) => [build.id, build]));
  return ids.flatMap((id) => builds.get(id) ?? []);
};

export type QueueSummary = Readonly<{
  /** unfinished builds */
  total: number;
  /** most first; times are Unix milliseconds of the first and the last to be queued */
  jobsets: readonly Readonly<{
    jobsetId: number;
    project: string;
    jobset: string;
    /** scheduling shares */
    shares: number;
    queued: number;
    oldestAtMs: number;
    newestAtMs: number;
  }>[];
  /** most first */
  systems: readonly Readonly<{ system: string; queued: number }>[];
}>;

/** How much waits, by jobset and by system. */
export const queueSummary = async (db: Queryable): Promise<QueueSummary> =>
  (await firstRow<QueueSummary>(
    db,
    `with live as (select * from read_model.queue_summary where builds > 0)
     select (select coalesce(sum(builds), 0) from live) as total,
       (select coalesce(json_agg(s order by s.queued desc, s.project, s.jobset), '[]'::json) from (
          select l.jobset_id as "jobsetId", coalesce(j.project, '') as project, coalesce(j.name, '') as jobset,
                 coalesce(j.shares, 0) as shares, sum(l.builds) as queued,
                 (select min(b.queued_at_ms) from read_model.builds b
                  where b.jobset_id = l.jobset_id and b.status is null) as "oldestAtMs",
                 (select max(b.queued_at_ms) from read_model.builds b
                  where b.jobset_id = l.jobset_id and b.status is null) as "newestAtMs"
          from live l left join read_model.jobsets j on j.id = l.jobset_id
          group by l.jobset_id, j.project, j.name, j.shares) s) as jobsets,
       (select coalesce(json_agg(s order by s.queued desc, s.system), '[]'::json) from (
          select system, sum(builds) as queued from live group by system) s) as systems`,
  ))!;

/** Ids of a jobset's unfinished builds, lowest first. */
export const unfinishedBuildIds = async (db: Queryable, jobsetId: number): Promise<number[]> => {
  const { rows } = await db.query(
    'select id from read_model.builds where jobset_id = $1 and status is null order by id',
    [jobsetId],
  );
  return rows.map((row) => Number(row['id']));
};

/** Unfinished builds that are no member of any jobset's newest evaluation with new builds: nobody waits for them any more. */
export const nonCurrentQueue = async (db: Queryable): Promise<number[]> => {
  const found = await rows<{ id: number }>(
    db,
    `select b.id from read_model.builds b
     where b.status is null and not exists (
       select from read_model.evaluation_jobs m join read_model.jobsets j on j.baseline_evaluation_id = m.evaluation_id
       where m.build_id = b.id and not j.deleted)
     order by b.id`,
  );
  return found.map(({ id }) => id);
};
