import { bounded } from '../projection.js';
import type { Queryable } from '../rows.js';
import { type BuildView, pickBuilds } from './view.js';

/** Whose builds: those of a jobset, of one of its jobs, or of all jobsets of a project. */
export type BuildScope = Readonly<{ jobsetId: number; job?: string }> | Readonly<{ project: string }>;

/** All builds there are. */
export type WholeFarm = 'farm';

/** The largest id that there can be: PostgreSQL's `int`. */
const LAST_ID = 2_147_483_647;

/** Conditions on the jobsets `s` of a scope, over `$1`. */
const jobsets = (scope: BuildScope): readonly [condition: string, value: unknown] =>
  'project' in scope ? ['s.project = $1 and not s.deleted', scope.project] : ['s.id = $1', scope.jobsetId];

/**
 * Finished builds, newest first. `before`: only those with a lower id, so that each page of a list costs the same. Of a project, each
 * jobset gives its newest by its own index.
 */
export const finishedBuilds = (
  db: Queryable,
  scope: BuildScope | WholeFarm,
  { limit, before = LAST_ID + 1 }: Readonly<{ limit: number; before?: number }>,
): Promise<BuildView[]> => {
  if (scope === 'farm')
    return pickBuilds(
      db,
      `select b.id from read_model.builds b where b.status is not null and b.id <= $1 order by b.id desc limit $2`,
      [before - 1, limit],
    );
  const [condition, value] = jobsets(scope);
  const job = 'job' in scope && scope.job !== undefined ? bounded(scope.job) : undefined;
  return pickBuilds(
    db,
    `select n.id from read_model.jobsets s, lateral (
       select b.id from read_model.builds b
       where b.jobset_id = s.id and b.status is not null and b.id <= $2 ${job === undefined ? '' : 'and b.job = $4'}
       order by b.id desc limit $3) n
     where ${condition} order by n.id desc limit $3`,
    [value, before - 1, limit, ...(job === undefined ? [] : [job])],
  );
};

/** Which newest build; default: of any system, whether its evaluation is finished or not. */
export type NewestOptions = Readonly<{
  system?: string;
  /** only a build that is a member of an evaluation without unfinished builds (Hydra's latest-finished) */
  finishedEvalOnly?: boolean;
}>;

/** The newest evaluation of jobset `s` that has no unfinished build. */
const FINISHED = `select e.id from read_model.evaluations e where e.jobset_id = s.id and e.has_new_builds
  and e.jobs = e.succeeded + e.failed order by e.id desc limit 1`;

/**
 * The first build that a later evaluation than that queued: no build from there on is a member of a finished evaluation. Without
 * this bound the unfinished evaluations' builds would be looked at one by one. The sum keeps the planner from going through the
 * index of all builds for the least that fits (17 ms of 1,000,000, now below 1 ms).
 */
const BOUND = `select min(m.build_id + 0) from read_model.evaluation_jobs m where m.is_new and m.evaluation_id = (
  select e.id from read_model.evaluations e where e.jobset_id = s.id and e.has_new_builds and e.new_builds > 0 and e.id > f.id
  order by e.id limit 1)`;

/** The newest build that succeeded in a jobset or project, of whatever job. */
export const newestSucceeded = async (
  db: Queryable,
  scope: Readonly<{ jobsetId: number }> | Readonly<{ project: string }>,
  { system, finishedEvalOnly = false }: NewestOptions = {},
): Promise<BuildView | undefined> => {
  const [condition, value] = jobsets(scope);
  const finished = `, lateral (${FINISHED}) f, lateral (select coalesce((${BOUND}), ${LAST_ID}) as id) bound`;
  const member = `and b.id < bound.id and exists (
    select from read_model.evaluation_jobs m join read_model.evaluations e on e.id = m.evaluation_id
    where m.build_id = b.id and e.status = 'ran' and e.jobs = e.succeeded + e.failed)`;
  const [found] = await pickBuilds(
    db,
    `select n.id from read_model.jobsets s ${finishedEvalOnly ? finished : ''}, lateral (
       select b.id from read_model.builds b where b.jobset_id = s.id and b.status = 'succeeded'
       ${system === undefined ? '' : 'and b.system = $2'} ${finishedEvalOnly ? member : ''}
       order by b.id desc limit 1) n
     where ${condition} order by n.id desc limit 1`,
    [value, ...(system === undefined ? [] : [bounded(system)])],
  );
  return found;
};
