import { type ProjectConfiguration, projectStream } from '#domain';
import type { Projection, Statement } from '../projection.js';

const PUT = `
with input as (
  select * from json_to_recordset($1) as x(id int, name text, revision int, configuration json, opens boolean)
), freed as (
  delete from project_renames r using input i where i.opens and r.name = i.name
)
insert into projects (id, name, revision, display_name, description, homepage, owner, enabled, hidden,
                      enable_dynamic_run_command, declarative, deleted)
select id, name, revision, c."displayName", c.description, c.homepage, c.owner, c.enabled, c.hidden,
       c."enableDynamicRunCommand", c.declarative, false
from input, json_to_record(configuration) as c("displayName" text, description text, homepage text, owner text,
       enabled boolean, hidden boolean, "enableDynamicRunCommand" boolean, declarative json)
on conflict (id) do update set
  name = excluded.name, revision = excluded.revision, display_name = excluded.display_name,
  description = excluded.description, homepage = excluded.homepage, owner = excluded.owner, enabled = excluded.enabled,
  hidden = excluded.hidden, enable_dynamic_run_command = excluded.enable_dynamic_run_command,
  declarative = excluded.declarative
where not projects.deleted`;

const RENAMED = `
insert into project_renames (name, project_id, given_up)
select name, id, false from json_to_recordset($1) as x(name text, id int)
on conflict (name) do update set project_id = excluded.project_id, given_up = false where project_renames.project_id <> excluded.project_id`;

/** The old name's stream is closed, which is the last thing that a rename does. */
const GIVEN_UP = `
update project_renames r set given_up = true
from json_to_recordset($1) as x(name text, id int) where r.name = x.name and r.project_id = x.id`;

const DELETED = `
update projects p set deleted = true
from json_to_recordset($1) as x(id int, name text) where p.id = x.id and p.name = x.name`;

const MEMBERS = `
update projects p set members = x.members, revision = x.revision
from json_to_recordset($1) as x(id int, name text, revision int, members json)
where p.id = x.id and p.name = x.name and not p.deleted`;

const put = (
  id: number,
  name: string,
  revision: number,
  configuration: ProjectConfiguration,
  opens: boolean,
): Statement => ({
  text: PUT,
  rows: [{ id, name, revision, configuration, opens }],
});

/** Projects, and the names that they had before. */
export const projects: Projection = {
  name: 'projects',
  version: 3,
  types: ['ProjectCreated', 'ProjectChanged', 'ProjectRenamed', 'ProjectMembersChanged', 'ProjectDeleted'],
  tables: ['projects', 'project_renames'],
  ddl: `
create table projects (
  id int primary key,
  name text not null,
  -- of the last event in its stream
  revision int not null,
  display_name text not null,
  description text not null,
  homepage text not null,
  owner text not null,
  enabled boolean not null,
  hidden boolean not null,
  enable_dynamic_run_command boolean not null,
  declarative json,
  -- opaque user ids, sorted
  members json not null default '[]',
  deleted boolean not null
);
create index projects_name on projects (name) where not deleted;
create table project_renames (
  name text primary key,
  project_id int not null,
  -- false while the rename is halfway: the new name is taken, the old one not left
  given_up boolean not null
);
create index project_renames_halfway on project_renames (name) where not given_up;
`,
  on: ({ type, data, stream, revision }) => {
    switch (type) {
      case 'ProjectCreated':
      case 'ProjectChanged':
        return [put(data.projectId, data.name, revision, data.configuration, type === 'ProjectCreated')];
      case 'ProjectRenamed': {
        // It stands in two streams: the new name's opens the name, the old one's only closes.
        const { projectId: id, from, to, configuration } = data;
        if (stream !== projectStream(to)) return [{ text: GIVEN_UP, rows: [{ name: from, id }] }];
        return [put(id, to, revision, configuration, true), { text: RENAMED, rows: [{ name: from, id }] }];
      }
      case 'ProjectMembersChanged': {
        const { projectId: id, name, members } = data;
        return [{ text: MEMBERS, rows: [{ id, name, revision, members }] }];
      }
      case 'ProjectDeleted':
        return [{ text: DELETED, rows: [{ id: data.projectId, name: data.name }] }];
      default:
        return [];
    }
  },
};
