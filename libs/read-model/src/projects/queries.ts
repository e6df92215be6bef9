import type { Declarative } from '#domain';
import { firstRow, type Queryable, rows } from '../rows.js';

/** A project as pages and JSON need it. */
export type ProjectView = Readonly<{
  id: number;
  name: string;
  /** of the last event in its stream */
  revision: number;
  displayName: string;
  description: string;
  homepage: string;
  /** opaque user id */
  owner: string;
  /** opaque ids of those who may what the owner may, sorted */
  members: readonly string[];
  enabled: boolean;
  hidden: boolean;
  enableDynamicRunCommand: boolean;
  declarative: Declarative | null;
  /** names of all its jobsets, hidden ones too */
  jobsets: readonly string[];
}>;

const PROJECT = `
  select p.id, p.name, p.revision, p.display_name as "displayName", p.description, p.homepage, p.owner, p.members, p.enabled, p.hidden,
         p.enable_dynamic_run_command as "enableDynamicRunCommand", p.declarative,
         (select coalesce(json_agg(j.name order by j.name), '[]'::json)
          from read_model.jobsets j where j.project = p.name and not j.deleted) as jobsets
  from read_model.projects p`;

/** All projects by name, hidden ones too. */
export const listProjects = (db: Queryable): Promise<ProjectView[]> =>
  rows(db, `${PROJECT} where not p.deleted order by p.name`);

export const getProject = (db: Queryable, name: string): Promise<ProjectView | undefined> =>
  firstRow(db, `${PROJECT} where not p.deleted and p.name = $1 order by p.id desc limit 1`, [name]);

/** The present name of a project that was once called `name`. */
export const findProjectRename = async (db: Queryable, name: string): Promise<string | undefined> => {
  const found = await firstRow<{ name: string }>(
    db,
    `select p.name from read_model.project_renames r join read_model.projects p on p.id = r.project_id
     where r.name = $1 and not p.deleted and p.name <> $1`,
    [name],
  );
  return found?.name;
};

/** A rename of a project that is under way, or was stopped in the middle. */
export type HalfRename = Readonly<{ projectId: number; from: string; /** as it is called by now */ to: string }>;

/** Renames whose new name is taken and whose old one is not left yet. */
export const halfRenames = (db: Queryable): Promise<HalfRename[]> =>
  rows(
    db,
    `select p.id as "projectId", r.name as "from", p.name as "to"
     from read_model.project_renames r join read_model.projects p on p.id = r.project_id
     where not r.given_up and not p.deleted order by r.name`,
  );

/** Opaque ids of all who may what the project's owner may. */
export const ownersOf = ({ owner, members }: Pick<ProjectView, 'owner' | 'members'>): readonly string[] => [
  owner,
  ...members,
];

/** Jobs of a project's newest evaluations, and how they stand. */
export type ProjectCounts = Readonly<{ jobs: number; succeeded: number; failed: number }>;

/** How the current jobs of each project stand, by its name: the sum over its visible jobsets. */
export const projectCounts = async (db: Queryable): Promise<ReadonlyMap<string, ProjectCounts>> => {
  const found = await rows<ProjectCounts & { project: string }>(
    db,
    `select j.project, sum(e.jobs) as jobs, sum(e.succeeded) as succeeded, sum(e.failed) as failed
     from read_model.jobsets j join read_model.evaluations e on e.id = j.baseline_evaluation_id
     where not j.deleted and not j.hidden group by j.project`,
  );
  return new Map(found.map(({ project, ...counts }) => [project, counts]));
};
