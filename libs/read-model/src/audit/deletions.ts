import { firstRow, type Queryable } from '../rows.js';

/** That a project or a jobset was deleted. Times are Unix milliseconds. */
export type Deletion = Readonly<{
  /** as it was called at the end; `jobset` null: a project */
  project: string;
  jobset: string | null;
  /** it, or the project that it was in, did not stand in lists */
  hidden: boolean;
  eventId: string;
  atMs: number;
  /** of the first event of the deletion: the jobsets of a project go before it */
  beganAtMs: number;
  actor: Readonly<{ kind: string; id: string }>;
  role: string | null;
  reason: string | null;
}>;

const COLUMNS = `a.project, a.jobset, a.id as "eventId", a.at_ms as "atMs",
  json_build_object('kind', a.actor_kind, 'id', a.actor_id) as actor, a.role, a.reason`;

/** The newest deletion of what is, or once was, called so; undefined: there never was such a project. One that was made anew since is not looked for. */
export const findProjectDeletion = (db: Queryable, name: string): Promise<Deletion | undefined> =>
  firstRow(
    db,
    `select ${COLUMNS}, coalesce(p.hidden, false) as hidden, (
       select min(b.at_ms) from read_model.audit b where b.correlation_id = a.correlation_id
         and b.project = a.project and b.type in ('JobsetDeleted', 'ProjectDeleted')) as "beganAtMs"
     from read_model.audit a left join read_model.projects p on p.id = (a.data ->> 'projectId')::int
     where a.type = 'ProjectDeleted' and a.jobset is null and a.project = any (
       select $1::text union all
       select p.name from read_model.project_renames r join read_model.projects p on p.id = r.project_id where r.name = $1)
     order by a.position desc limit 1`,
    [name],
  );

/** As of a project; each of the two names goes by an index of its own. */
export const findJobsetDeletion = (db: Queryable, project: string, name: string): Promise<Deletion | undefined> =>
  firstRow(
    db,
    `select ${COLUMNS}, a.at_ms as "beganAtMs", coalesce(j.hidden, false) or exists (
       select from read_model.projects p left join read_model.project_renames r on r.project_id = p.id
       where p.hidden and a.project in (p.name, r.name)) as hidden
     from (
       select position from read_model.audit where type = 'JobsetDeleted' and project = $1 and jobset = $2 union
       select position from read_model.audit where type = 'JobsetDeleted' and jobset_id = (
         select jobset_id from read_model.jobset_renames where project = $1 and name = $2)
     ) found
     join read_model.audit a using (position) left join read_model.jobsets j on j.id = a.jobset_id
     order by a.position desc limit 1`,
    [project, name],
  );
