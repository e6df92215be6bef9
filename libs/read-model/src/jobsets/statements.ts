export const DDL = `
create table jobsets (
  id int primary key,
  project text not null,
  name text not null,
  -- of the last event in its stream
  revision int not null,
  description text not null,
  mode text not null,
  -- disabled because it was a one-shot and had its evaluation
  spent boolean not null default false,
  hidden boolean not null,
  source json not null,
  check_interval int not null,
  shares int not null,
  keep_evaluations int not null,
  enable_email boolean not null,
  email_override text not null,
  enable_dynamic_run_command boolean not null,
  inputs json not null,
  -- the jobset that this one was made from: id, project, name and revision
  cloned_from json,
  -- the name that a rename gives it, while that is halfway
  moving_to json,
  trigger_at_ms bigint,
  trigger_force boolean not null default false,
  running_evaluation_id int,
  running_since_ms bigint,
  running_force boolean not null default false,
  running_trigger_at_ms bigint,
  last_checked_at_ms bigint,
  last_ended_evaluation_id int,
  -- of the expression as a whole; the errors of single jobs stand with the evaluation
  error_msg text,
  error_time_ms bigint,
  fetch_error_msg text,
  last_evaluation_id int,
  last_evaluation_errors int not null default 0,
  -- the newest evaluation with new builds: its members are the jobset's current builds
  baseline_evaluation_id int,
  -- of the last event that is in: one seen again changes nothing
  position bigint not null,
  deleted boolean not null
);
create index jobsets_name on jobsets (project, name) where not deleted;
create index jobsets_running on jobsets (id) where running_evaluation_id is not null;
create table jobset_renames (project text, name text, jobset_id int not null, primary key (project, name));
`;

const CONFIGURATION = `json_to_record(configuration) as c(description text, mode text, hidden boolean, source json,
    "checkInterval" int, shares int, "keepEvaluations" int, "enableEmail" boolean, "emailOverride" text,
    "enableDynamicRunCommand" boolean, inputs json)`;

/** Creates a jobset, or moves one to the name that it is renamed to. What evaluators left stays: when it was checked, its errors. */
export const OPEN = `
with input as (
  select * from json_to_recordset($1) as x("jobsetId" int, project text, name text, revision int, position bigint, configuration json,
                                           "lastEvaluationId" int, baseline int, source json, "triggerAtMs" bigint, force boolean,
                                           spent boolean)
), freed as (
  delete from jobset_renames r using input i where r.project = i.project and r.name = i.name
)
insert into jobsets (id, project, name, revision, description, mode, spent, hidden, source, check_interval, shares, keep_evaluations, cloned_from, trigger_at_ms, trigger_force,
                     enable_email, email_override, enable_dynamic_run_command, inputs, last_evaluation_id,
                     baseline_evaluation_id, position, deleted)
select "jobsetId", project, name, revision, c.description, c.mode, coalesce(spent, false), c.hidden, c.source, c."checkInterval", c.shares,
       c."keepEvaluations", i.source, "triggerAtMs", coalesce(force, false), c."enableEmail", c."emailOverride", c."enableDynamicRunCommand", c.inputs, "lastEvaluationId",
       baseline, position, false
from input i, ${CONFIGURATION}
on conflict (id) do update set
  project = excluded.project, name = excluded.name, revision = excluded.revision, description = excluded.description,
  mode = excluded.mode, spent = excluded.spent, hidden = excluded.hidden, source = excluded.source, check_interval = excluded.check_interval,
  shares = excluded.shares, keep_evaluations = excluded.keep_evaluations, enable_email = excluded.enable_email,
  email_override = excluded.email_override, enable_dynamic_run_command = excluded.enable_dynamic_run_command,
  inputs = excluded.inputs, trigger_at_ms = excluded.trigger_at_ms, trigger_force = excluded.trigger_force, moving_to = null,
  last_evaluation_id = excluded.last_evaluation_id, baseline_evaluation_id = excluded.baseline_evaluation_id, position = excluded.position
where jobsets.position < excluded.position`;

/** The old name is given up; until the new one is taken it stands here where to. */
export const MOVING = `
update jobsets j set position = i.position, moving_to = i."to"
from json_to_recordset($1) as i("jobsetId" int, position bigint, "to" json) where j.id = i."jobsetId" and j.position < i.position`;

export const RENAMED = `
insert into jobset_renames (project, name, jobset_id)
select project, name, "jobsetId" from json_to_recordset($1) as x("jobsetId" int, project text, name text)
on conflict (project, name) do update set jobset_id = excluded.jobset_id`;

/** Of inputs, what an evaluation is about. */
const EVALUATED = (inputs: string): string =>
  `select coalesce(jsonb_object_agg(key, value - 'emailResponsible'), '{}') from jsonb_each(${inputs}::jsonb)`;

/** A one-shot that had its evaluation had it until it is armed, or evaluates something else. */
export const CONFIGURED = `
update jobsets j set position = i.position, revision = i.revision, description = c.description, mode = c.mode, hidden = c.hidden,
  spent = j.spent and c.mode = 'disabled' and j.source::jsonb = c.source::jsonb and (${EVALUATED('j.inputs')}) = (${EVALUATED('c.inputs')}),
  source = c.source, check_interval = c."checkInterval", shares = c.shares, keep_evaluations = c."keepEvaluations",
  enable_email = c."enableEmail", email_override = c."emailOverride",
  enable_dynamic_run_command = c."enableDynamicRunCommand", inputs = c.inputs
from json_to_recordset($1) as i("jobsetId" int, position bigint, revision int, configuration json), ${CONFIGURATION}
where j.id = i."jobsetId" and j.position < i.position`;

export const SHARE_CHANGED = `
update jobsets j set position = i.position, revision = i.revision, shares = i.shares
from json_to_recordset($1) as i("jobsetId" int, position bigint, revision int, shares int) where j.id = i."jobsetId" and j.position < i.position`;

export const MODE_CHANGED = `
update jobsets j set position = i.position, revision = i.revision, mode = i.mode, spent = false
from json_to_recordset($1) as i("jobsetId" int, position bigint, revision int, mode text) where j.id = i."jobsetId" and j.position < i.position`;

/** A one-shot had its evaluation: what was pushed for meanwhile had it too. */
export const SPENT = `
update jobsets j set position = i.position, revision = i.revision, mode = i.mode, spent = true, trigger_at_ms = null, trigger_force = false
from json_to_recordset($1) as i("jobsetId" int, position bigint, revision int, mode text) where j.id = i."jobsetId" and j.position < i.position`;

export const DELETED = `
update jobsets j set position = i.position, deleted = true, trigger_at_ms = null, trigger_force = false, running_evaluation_id = null,
  running_since_ms = null, running_force = false, running_trigger_at_ms = null
from json_to_recordset($1) as i("jobsetId" int, position bigint, project text, name text)
where j.id = i."jobsetId" and j.position < i.position and j.project = i.project and j.name = i.name`;

/** Two pushes are one wish; a forced one stays forced. */
export const TRIGGERED = `
update jobsets j set position = i.position, revision = i.revision, trigger_at_ms = coalesce(j.trigger_at_ms, i."atMs"),
  trigger_force = j.trigger_force or i.force
from json_to_recordset($1) as i("jobsetId" int, position bigint, revision int, "atMs" bigint, force boolean)
where j.id = i."jobsetId" and j.position < i.position and not j.deleted`;

export const STARTED = `
update jobsets j set position = i.position, revision = i.revision, running_evaluation_id = i."evaluationId", running_since_ms = i."atMs",
  running_force = i.force, running_trigger_at_ms = j.trigger_at_ms, trigger_at_ms = null, trigger_force = false
from json_to_recordset($1) as i("jobsetId" int, position bigint, revision int, "evaluationId" int, "atMs" bigint, force boolean)
where j.id = i."jobsetId" and j.position < i.position and not j.deleted`;

/** What a build generated was applied: what of it could not be is told as an error. */
export const SPECIFIED = `
update jobsets j set position = i.position, revision = i.revision, error_msg = i.error, error_time_ms = i."atMs"
from json_to_recordset($1) as i("jobsetId" int, position bigint, revision int, "atMs" bigint, error text)
where j.id = i."jobsetId" and j.position < i.position and not j.deleted`;

/**
 * However it ended. `fetch` and `evaluation` leave their error; `skipped` keeps what the last evaluation said; after
 * `interrupted`, which is nobody's fault, what was asked for stands again.
 */
export const ENDED = `
update jobsets j set position = i.position, revision = i.revision,
  running_evaluation_id = null, running_since_ms = null, running_force = false, running_trigger_at_ms = null,
  last_checked_at_ms = i."atMs", last_ended_evaluation_id = i."evaluationId",
  trigger_at_ms = case when i.outcome = 'interrupted'
    then coalesce(j.running_trigger_at_ms, j.trigger_at_ms, j.running_since_ms) else j.trigger_at_ms end,
  trigger_force = j.trigger_force or (i.outcome = 'interrupted' and j.running_force),
  error_msg = case when i.outcome = 'ran' then null when i.outcome in ('evaluation', 'specified') then i.error else j.error_msg end,
  error_time_ms = case when i.outcome in ('ran', 'evaluation', 'specified') then i."atMs" else j.error_time_ms end,
  fetch_error_msg = case i.outcome when 'fetch' then i.error when 'interrupted' then j.fetch_error_msg end,
  last_evaluation_id = case when i.outcome = 'ran' then i."evaluationId" else j.last_evaluation_id end,
  last_evaluation_errors = case when i.outcome = 'ran' then i.errors else j.last_evaluation_errors end,
  baseline_evaluation_id = case when i.outcome = 'ran' and i."hasNewBuilds"
    then i."evaluationId" else j.baseline_evaluation_id end
from json_to_recordset($1) as i("jobsetId" int, position bigint, revision int, "evaluationId" int, "atMs" bigint, outcome text, error text,
                                errors int, "hasNewBuilds" boolean)
where j.id = i."jobsetId" and j.position < i.position and j.running_evaluation_id = i."evaluationId"`;
