import { bounded } from '../projection.js';
import { type Queryable, rows } from '../rows.js';

/**
 * Of what a channel is: what lists show of the farm or of a project, a jobset, one of its jobs; what an evaluation found; one build.
 */
export type ChannelScope =
  | 'farm'
  | Readonly<{ project: string }>
  | Readonly<{ jobsetId: number; job?: string }>
  | Readonly<{ evaluationId: number }>
  | Readonly<{ buildId: number }>;

/** A build of a channel. */
export type ChannelBuild = Readonly<{
  id: number;
  project: string;
  jobset: string;
  job: string;
  nixName: string;
  system: string;
  description: string;
  license: string;
  homepage: string;
  /** output name to store path */
  outputs: Readonly<Record<string, string>>;
}>;

/** Jobs of the newest evaluations with new builds, and of each the newest build that succeeded, where that is for the same system. */
const newest = (condition: string): string => `
  from read_model.jobsets s
  join read_model.projects p on p.name = s.project and not p.deleted
  join read_model.evaluations e on e.id = s.baseline_evaluation_id
  join read_model.evaluation_jobs m on m.evaluation_id = e.members_of
  join read_model.builds c on c.id = m.build_id,
  lateral (select b.id, b.system from read_model.builds b where b.jobset_id = s.id and b.job = c.job and b.status = 'succeeded'
           order by b.id desc limit 1) n
  where not s.deleted and n.system = c.system and ${condition}`;

const LISTED = 'not s.hidden and not p.hidden';

const pick = (scope: ChannelScope): readonly [from: string, values: unknown[]] => {
  if (scope === 'farm') return [newest(LISTED), []];
  if ('project' in scope) return [newest('not s.hidden and s.project = $2'), [scope.project]];
  if ('evaluationId' in scope)
    return [
      `from read_model.evaluations e join read_model.evaluation_jobs m on m.evaluation_id = e.members_of
       join read_model.builds n on n.id = m.build_id where e.id = $2 and e.status = 'ran' and n.status = 'succeeded'`,
      [scope.evaluationId],
    ];
  if ('buildId' in scope)
    return [`from read_model.builds n where n.id = $2 and n.status = 'succeeded'`, [scope.buildId]];
  const { jobsetId, job } = scope;
  return job === undefined
    ? [newest('s.id = $2'), [jobsetId]]
    : [newest('s.id = $2 and m.job = $3'), [jobsetId, bounded(job)]];
};

/**
 * What a channel offers: of each job as it is now, its newest build that succeeded, where that has a product of the type `nix-build`.
 * It costs as many rows as there are jobs now; undefined where there are more than `limit`. In the order of their names.
 */
export const channelBuilds = async (
  db: Queryable,
  scope: ChannelScope,
  limit: number,
): Promise<ChannelBuild[] | undefined> => {
  const [from, values] = pick(scope);
  const found = await rows<ChannelBuild & { jobs: number }>(
    db,
    `with l as materialized (select n.id ${from} limit $1 + 1)
     select b.id, j.project, j.name as jobset, b.job, b.nix_name as "nixName", b.system, b.description, b.license, b.homepage,
       (select json_object_agg(o.name, o.path order by o.name) from read_model.build_outputs o
        where o.build_id = b.id and o.path <> '') as outputs,
       (select count(*)::int from l) as jobs
     from l join read_model.builds b on b.id = l.id join read_model.jobsets j on j.id = b.jobset_id
     where exists (select from json_array_elements(b.products) q where q ->> 'type' = 'nix-build')
       and exists (select from read_model.build_outputs o where o.build_id = b.id and o.path <> '')
     order by j.project, j.name, b.job`,
    [limit, ...values],
  );
  return (found[0]?.jobs ?? 0) > limit ? undefined : found.map(({ jobs: _, ...build }) => build);
};

/** Jobs of a jobset as it is now that are channels of their own (`meta.isHydraChannel`), by name. */
export const channelJobs = async (db: Queryable, jobsetId: number): Promise<string[]> => {
  const found = await rows<{ job: string }>(
    db,
    `select m.job from read_model.jobsets s join read_model.evaluations e on e.id = s.baseline_evaluation_id
     join read_model.evaluation_jobs m on m.evaluation_id = e.members_of join read_model.builds b on b.id = m.build_id
     where s.id = $1 and b.is_channel order by m.job`,
    [jobsetId],
  );
  return found.map(({ job }) => job);
};

/** The build of a channel's job: the newest that succeeded. */
export const channelBuild = async (db: Queryable, jobsetId: number, job: string): Promise<number | undefined> => {
  const [found] = await rows<{ id: number }>(
    db,
    `select b.id from read_model.builds b where b.jobset_id = $1 and b.job = $2 and b.status = 'succeeded' and b.is_channel
     order by b.id desc limit 1`,
    [jobsetId, bounded(job)],
  );
  return found?.id;
};
