import { bounded } from '../projection.js';
import { firstRow, type Queryable, rows } from '../rows.js';
import { type BuildView, pickBuilds } from './view.js';

const bound = (text: string | undefined): string | null => (text === undefined ? null : bounded(text));

export const getBuild = async (db: Queryable, id: number): Promise<BuildView | undefined> =>
  (await pickBuilds(db, 'select $1::int as id', [id]))[0];

/** Builds by id, in no order that matters; unknown ids have none. */
export const getBuilds = (db: Queryable, ids: readonly number[]): Promise<BuildView[]> =>
  pickBuilds(db, 'select distinct unnest($1::int[]) as id', [ids], 'oldest');

/** The builds that an aggregate stands for, by id. */
export const constituents = (db: Queryable, id: number): Promise<BuildView[]> =>
  pickBuilds(db, 'select build_id as id from read_model.build_constituents where aggregate_id = $1', [id], 'oldest');

/** The aggregates that a build is a constituent of, newest first. */
export const aggregatesOf = (db: Queryable, id: number): Promise<BuildView[]> =>
  pickBuilds(db, 'select aggregate_id as id from read_model.build_constituents where build_id = $1', [id]);

/** Builds that failed, at least once, because a build did that they needed; newest first. */
export const failedBecauseOf = (db: Queryable, id: number, limit: number): Promise<BuildView[]> =>
  pickBuilds(
    db,
    `select distinct build_id as id from read_model.steps where propagated_from = $1 order by build_id desc limit $2`,
    [id, limit],
  );

export type BuildFilter = Readonly<{ project?: string; jobset?: string; job?: string; system?: string }>;

/**
 * The `nr` newest finished builds that a filter lets through, newest first; with a project or jobset, the newest of each jobset by
 * its own index.
 */
export const latestBuilds = (
  db: Queryable,
  { nr, project, jobset, job, system }: BuildFilter & Readonly<{ nr: number }>,
): Promise<BuildView[]> => {
  const matching = `b.status is not null and ($1::text is null or b.job = $1) and ($2::text is null or b.system = $2)`;
  const values: unknown[] = [bound(job), bound(system), nr];
  if (project === undefined && jobset === undefined)
    return pickBuilds(db, `select b.id from read_model.builds b where ${matching} order by b.id desc limit $3`, values);
  return pickBuilds(
    db,
    `select n.id from read_model.jobsets s, lateral (
       select b.id from read_model.builds b where b.jobset_id = s.id and ${matching} order by b.id desc limit $3) n
     where not s.deleted and ($4::text is null or s.project = $4) and ($5::text is null or s.name = $5)
     order by n.id desc limit $3`,
    [...values, project ?? null, jobset ?? null],
  );
};

const JOB = `b.jobset_id = (select id from read_model.jobsets where not deleted and project = $1 and name = $2
  order by id desc limit 1) and b.job = $3`;

/** A job's builds, finished or not, newest first. */
export const jobBuilds = (
  db: Queryable,
  project: string,
  jobset: string,
  job: string,
  limit: number,
): Promise<BuildView[]> =>
  pickBuilds(db, `select b.id from read_model.builds b where ${JOB} order by b.id desc limit $4`, [
    project,
    jobset,
    bounded(job),
    limit,
  ]);

export type LatestOptions = Readonly<{
  system?: string;
  /** default true: only a succeeded build; false: any finished one */
  succeeded?: boolean;
  /** only a build that is a member of an evaluation without unfinished builds (Hydra's latest-finished) */
  finishedEvalOnly?: boolean;
}>;

const latestOfJob = async (db: Queryable, name: readonly string[], options: LatestOptions) => {
  const { system, succeeded = true, finishedEvalOnly = false } = options;
  const found = await pickBuilds(
    db,
    `select b.id from read_model.builds b
     where ${JOB} and ${succeeded ? `b.status = 'succeeded'` : 'b.status is not null'} and ($4::text is null or b.system = $4)
     ${
       finishedEvalOnly
         ? `and exists (select from read_model.evaluation_jobs m join read_model.evaluations e on e.id = m.evaluation_id
              where m.build_id = b.id and e.status = 'ran' and e.jobs = e.succeeded + e.failed)`
         : ''
     } order by b.id desc limit 1`,
    [...name, bound(system)],
  );
  return found[0];
};

/** A job's newest build of a kind; by default the newest that succeeded. */
export const latestBuildOfJob = (
  db: Queryable,
  project: string,
  jobset: string,
  job: string,
  options: LatestOptions = {},
): Promise<BuildView | undefined> => latestOfJob(db, [project, jobset, bounded(job)], options);

/**
 * What an input of type `build` stands for: a build id, or `[[project:]jobset:]job` as seen from a jobset. Undefined where no
 * such build succeeded.
 */
export const latestSucceededBuild = async (
  db: Queryable,
  value: string,
  from: Readonly<{ project: string; jobset: string }>,
): Promise<BuildView | undefined> => {
  const name = value.trim().split(/\s+/)[0]!;
  if (/^\d+$/.test(name)) {
    const id = Number(name);
    const build = id < 2 ** 31 ? await getBuild(db, id) : undefined;
    return build?.status === 'succeeded' ? build : undefined;
  }
  const parts = name.split(':');
  const job = parts.pop()!;
  const jobset = parts.pop() ?? from.jobset;
  const project = parts.pop() ?? from.project;
  return latestOfJob(db, [project, jobset, bounded(job)], {});
};

/** The hash that a path in the store begins with, of Nix's base 32. */
const STORE_HASH = '^[0-9a-df-np-sv-z]{32}$';

/** The first path whose name begins with the hash `$1`; one hash has one path. */
const OF_HASH = (['builds.drv_path', 'build_outputs.path'] as const)
  .map((column) => {
    const [table] = column.split('.');
    return `(select ${column} from read_model.${table}
      where ${column} ~>=~ (dir || $1 || '-') and ${column} ~<~ (dir || $1 || '.') limit 1)`;
  })
  .join(', ');

/**
 * Builds of a derivation, or with an output of that path, newest first. A base name, or only the hash that it begins with, is taken as
 * in the store of the newest build.
 */
export const searchBuilds = (db: Queryable, text: string, limit: number): Promise<BuildView[]> =>
  pickBuilds(
    db,
    `with wanted as materialized (
       select case when starts_with($1, '/') then $1 when $1 ~ '${STORE_HASH}' then coalesce(${OF_HASH}) else dir || $1 end as path
       from (select regexp_replace(max(b.drv_path), '[^/]*$', '') as dir from (
         select drv_path from read_model.builds order by id desc limit 1) b) store)
     (select id from read_model.builds where drv_path = (select path from wanted) order by id desc limit $2)
     union (select build_id from read_model.build_outputs where path = (select path from wanted) order by build_id desc limit $2)
     order by id desc limit $2`,
    [text, limit],
  );

/** The newest build of each derivation that any build was queued for. */
export const buildsOfDerivations = (db: Queryable, drvPaths: readonly string[]): Promise<ReadonlyMap<string, number>> =>
  newestOf(db, 'select max(id) as id from read_model.builds where drv_path = p.path', drvPaths);

/** The newest build with each of the paths among its outputs. */
export const buildsOfOutputs = (db: Queryable, paths: readonly string[]): Promise<ReadonlyMap<string, number>> =>
  newestOf(db, 'select max(build_id) as id from read_model.build_outputs where path = p.path', paths);

const newestOf = async (db: Queryable, question: string, paths: readonly string[]): Promise<Map<string, number>> => {
  const found = await rows<{ path: string; id: number }>(
    db,
    `select p.path, b.id from unnest($1::text[]) p(path), lateral (${question}) b where b.id is not null`,
    [paths],
  );
  return new Map(found.map(({ path, id }) => [path, id]));
};

/** Builds whose outputs someone keeps rooted, by id. */
export const keptBuilds = (db: Queryable): Promise<{ id: number; outputs: Readonly<Record<string, string>> }[]> =>
  rows(
    db,
    `select b.id, (select coalesce(json_object_agg(o.name, o.path), '{}'::json) from read_model.build_outputs o
                   where o.build_id = b.id) as outputs
     from read_model.builds b where b.kept order by b.id`,
  );

export type Counts = Readonly<{ queued: number; running: number; finished: number; succeeded: number }>;

/** Builds in the whole farm: unfinished, with a running attempt, finished, succeeded. */
export const counts = async (db: Queryable): Promise<Counts> =>
  (await firstRow<Counts>(
    db,
    `select (select coalesce(sum(builds), 0) from read_model.queue_summary) as queued,
            (select count(distinct build_id) from read_model.steps where status is null) as running,
            (select coalesce(sum(builds), 0) from read_model.build_totals) as finished,
            (select coalesce(sum(builds), 0) from read_model.build_totals where status = 'succeeded') as succeeded`,
  ))!;
