create table audit (
  position bigint not null,
  id uuid not null,
  stream text not null,
  revision integer not null,
  type text not null,
  at_ms bigint not null,
  actor_kind text not null,
  actor_id text not null,
  via text not null,
  role text,
  reason text,
  correlation_id text not null,
  causation_id text not null,
  request_id text,
  project text,
  jobset text,
  jobset_id integer,
  evaluation_id integer,
  build_id integer,
  machine text,
  user_id text,
  data json not null
);
create index audit_actor on audit using btree (actor_id, "position");
create index audit_at on audit using btree (at_ms);
create index audit_build on audit using btree (build_id, "position") where (build_id is not null);
create index audit_correlation on audit using btree (correlation_id);
create index audit_evaluation on audit using btree (evaluation_id, "position") where (evaluation_id is not null);
create index audit_id on audit using btree (id);
create index audit_jobset on audit using btree (jobset_id, "position") where (jobset_id is not null);
create index audit_project on audit using btree (project, jobset, "position");
create index audit_stream on audit using btree (stream, revision);
create index audit_type on audit using btree (type, "position");
create unique index audit_pkey on audit using btree ("position");

create table backups (
  build_id integer not null,
  bucket text not null,
  prefix text not null,
  compression text not null,
  status text not null,
  requested_at_ms bigint not null,
  requested_position bigint not null,
  started_at_ms bigint,
  stopped_at_ms bigint,
  parts integer not null default 0,
  paths integer not null default 0,
  uploaded_paths integer not null default 0,
  nar_bytes bigint not null default 0,
  uploaded_bytes bigint not null default 0,
  attempts integer,
  error text
);
create index backups_open on backups using btree (status, build_id) where (status <> 'completed'::text);
create unique index backups_pkey on backups using btree (build_id, bucket, prefix);

create table bucket_collections (
  bucket text not null,
  prefix text not null,
  collection_id text not null,
  grace_ms bigint not null,
  started_at_ms bigint not null,
  listed_at_ms bigint not null,
  stopped_at_ms bigint,
  listed bigint not null,
  listed_bytes bigint not null,
  condemned bigint not null,
  condemned_bytes bigint not null,
  resurrected bigint not null,
  resurrected_bytes bigint not null,
  foreign_objects bigint not null,
  foreign_bytes bigint not null,
  delete_foreign boolean not null,
  deleted bigint not null default 0,
  deleted_bytes bigint not null default 0,
  waiting bigint,
  waiting_bytes bigint,
  left_objects bigint,
  left_bytes bigint
);
create index bucket_collections_time on bucket_collections using btree (bucket, prefix, started_at_ms);
create unique index bucket_collections_pkey on bucket_collections using btree (bucket, prefix, collection_id);

create table bucket_days (
  bucket text not null,
  prefix text not null,
  day bigint not null,
  objects bigint not null,
  bytes bigint not null
);
create unique index bucket_days_pkey on bucket_days using btree (bucket, prefix, day);

create table bucket_uploads (
  bucket text not null,
  prefix text not null,
  stopped_at_ms bigint not null,
  build_id integer not null,
  part integer not null,
  objects bigint not null,
  bytes bigint not null
);
create unique index bucket_uploads_pkey on bucket_uploads using btree (bucket, prefix, stopped_at_ms, build_id, part);

create table build_constituents (
  aggregate_id integer not null,
  build_id integer not null
);
create index build_constituents_build on build_constituents using btree (build_id);
create unique index build_constituents_pkey on build_constituents using btree (aggregate_id, build_id);

create table build_durations (
  scope text not null,
  hour_ms bigint not null,
  waits boolean not null,
  bucket integer not null,
  builds integer not null
);
create unique index build_durations_pkey on build_durations using btree (scope, waits, hour_ms, bucket);

create table build_hours (
  hour_ms bigint not null,
  status text not null,
  queued integer not null,
  finished integer not null
);
create unique index build_hours_pkey on build_hours using btree (hour_ms, status);

create table build_outputs (
  build_id integer not null,
  name text not null,
  path text not null
);
create index build_outputs_path on build_outputs using btree (path text_pattern_ops, build_id);
create unique index build_outputs_pkey on build_outputs using btree (build_id, name);

create table build_totals (
  status text not null,
  builds bigint not null
);
create unique index build_totals_pkey on build_totals using btree (status);

create table builds (
  id integer not null,
  evaluation_id integer not null,
  jobset_id integer not null,
  job text not null,
  drv_path text not null,
  nix_name text not null,
  system text not null,
  description text not null,
  license text not null,
  homepage text not null,
  maintainers json not null,
  max_silent bigint not null,
  timeout bigint not null,
  is_channel boolean not null,
  priority bigint not null,
  constituents json,
  queued_at_ms bigint not null,
  waiting_since_ms bigint not null,
  global_priority bigint not null default 0,
  run integer not null default 0,
  kept boolean not null default false,
  status text,
  started_at_ms bigint,
  stopped_at_ms bigint,
  is_cached_build boolean not null default false,
  size bigint,
  closure_size bigint,
  release_name text,
  products json,
  metrics json,
  failed_step json,
  error text
);
create index builds_bad on builds using btree (id) where ((status = any (array['succeeded'::text, 'failed'::text, 'failed-with-output'::text, 'timed-out'::text, 'log-limit-exceeded'::text, 'nar-size-limit-exceeded'::text, 'not-deterministic'::text])) and (not is_cached_build) and (status <> 'succeeded'::text));
create index builds_drv on builds using btree (drv_path text_pattern_ops, id);
create index builds_finished on builds using btree (id) where (status is not null);
create index builds_finished_jobset on builds using btree (jobset_id, id) where (status is not null);
create index builds_finished_system on builds using btree (system, id) where (status is not null);
create index builds_job on builds using btree (jobset_id, job, id);
create index builds_job_failed on builds using btree (jobset_id, job, id) where (status <> 'succeeded'::text);
create index builds_job_succeeded on builds using btree (jobset_id, job, id) where (status = 'succeeded'::text);
create index builds_kept on builds using btree (id) where kept;
create index builds_large on builds using btree (((stopped_at_ms / 86400000)), size) where ((status = any (array['succeeded'::text, 'failed'::text, 'failed-with-output'::text, 'timed-out'::text, 'log-limit-exceeded'::text, 'nar-size-limit-exceeded'::text, 'not-deterministic'::text])) and (not is_cached_build));
create index builds_long on builds using btree (((stopped_at_ms / 86400000)), ((stopped_at_ms - started_at_ms))) where ((status = any (array['succeeded'::text, 'failed'::text, 'failed-with-output'::text, 'timed-out'::text, 'log-limit-exceeded'::text, 'nar-size-limit-exceeded'::text, 'not-deterministic'::text])) and (not is_cached_build));
create index builds_queue on builds using btree (global_priority desc, id) where (status is null);
create index builds_queue_jobset on builds using btree (jobset_id, queued_at_ms) where (status is null);
create index builds_succeeded_system on builds using btree (jobset_id, system, id) where (status = 'succeeded'::text);
create index builds_unfinished on builds using btree (id) where (status is null);
create unique index builds_pkey on builds using btree (id);

create table checkpoints (
  projection text not null,
  version integer not null,
  tables text[] not null,
  position bigint not null,
  caught_up boolean not null,
  updated_at timestamp with time zone not null
);
create unique index checkpoints_pkey on checkpoints using btree (projection);

create table clamp_tags (
  jobset_id integer not null,
  tag bigint not null
);
create unique index clamp_tags_pkey on clamp_tags using btree (jobset_id);

create table derivations (
  drv_path text not null,
  attempts integer not null,
  completed integer not null default 0,
  tries integer not null default 0,
  retry_at_ms bigint,
  cached_failure json,
  revision integer not null default 0
);
create index derivations_failed on derivations using btree (drv_path) where (cached_failure is not null);
create unique index derivations_pkey on derivations using btree (drv_path);

create table evaluation_counts (
  jobset_id integer not null,
  evaluations integer not null
);
create unique index evaluation_counts_pkey on evaluation_counts using btree (jobset_id);

create table evaluation_errors (
  evaluation_id integer not null,
  chunk integer not null,
  nr integer not null,
  job text not null,
  message text not null
);
create unique index evaluation_errors_pkey on evaluation_errors using btree (evaluation_id, chunk, nr);

create table evaluation_jobs (
  evaluation_id integer not null,
  job text not null,
  build_id integer not null,
  is_new boolean not null
);
create index evaluation_jobs_build on evaluation_jobs using btree (build_id, evaluation_id);
create unique index evaluation_jobs_pkey on evaluation_jobs using btree (evaluation_id, job);

create table evaluation_revisions (
  revision text not null,
  jobset_id integer not null,
  evaluation_id integer not null
);
create unique index evaluation_revisions_pkey on evaluation_revisions using btree (revision, jobset_id, evaluation_id);

create table evaluations (
  id integer not null,
  jobset_id integer not null,
  status text not null,
  cause text not null,
  force boolean not null,
  started_at_ms bigint not null,
  finished_at_ms bigint,
  jobs_found integer not null default 0,
  errors_found integer not null default 0,
  hash text,
  inputs json,
  expression json,
  flake text,
  jobs integer not null default 0,
  new_builds integer not null default 0,
  errors integer not null default 0,
  has_new_builds boolean not null default false,
  checkout_ms bigint,
  evaluation_ms bigint,
  members_of integer,
  succeeded integer not null default 0,
  failed integer not null default 0,
  release_name text,
  released_at_ms bigint
);
create index evaluations_jobset on evaluations using btree (jobset_id, id) where has_new_builds;
create index evaluations_new on evaluations using btree (id) where has_new_builds;
create index evaluations_released on evaluations using btree (id) where (release_name is not null);
create unique index evaluations_pkey on evaluations using btree (id);

create table job_maintainers (
  jobset_id integer not null,
  job text not null,
  build_id integer not null,
  emails jsonb not null
);
create index job_maintainers_emails on job_maintainers using gin (emails);
create unique index job_maintainers_pkey on job_maintainers using btree (jobset_id, job);

create table jobset_renames (
  project text not null,
  name text not null,
  jobset_id integer not null
);
create unique index jobset_renames_pkey on jobset_renames using btree (project, name);

create table jobset_shares (
  jobset_id integer not null,
  position bigint not null,
  at_ms bigint not null,
  project text not null,
  name text not null,
  shares integer not null,
  enabled boolean not null,
  deleted boolean not null
);
create index jobset_shares_at on jobset_shares using btree (at_ms);
create index jobset_shares_time on jobset_shares using btree (jobset_id, at_ms, "position");
create unique index jobset_shares_pkey on jobset_shares using btree (jobset_id, "position");

create table jobsets (
  id integer not null,
  project text not null,
  name text not null,
  revision integer not null,
  description text not null,
  mode text not null,
  spent boolean not null default false,
  hidden boolean not null,
  source json not null,
  check_interval integer not null,
  shares integer not null,
  keep_evaluations integer not null,
  enable_email boolean not null,
  email_override text not null,
  enable_dynamic_run_command boolean not null,
  inputs json not null,
  cloned_from json,
  moving_to json,
  trigger_at_ms bigint,
  trigger_force boolean not null default false,
  running_evaluation_id integer,
  running_since_ms bigint,
  running_force boolean not null default false,
  running_trigger_at_ms bigint,
  last_checked_at_ms bigint,
  last_ended_evaluation_id integer,
  error_msg text,
  error_time_ms bigint,
  fetch_error_msg text,
  last_evaluation_id integer,
  last_evaluation_errors integer not null default 0,
  baseline_evaluation_id integer,
  position bigint not null,
  deleted boolean not null
);
create index jobsets_name on jobsets using btree (project, name) where (not deleted);
create index jobsets_running on jobsets using btree (id) where (running_evaluation_id is not null);
create unique index jobsets_pkey on jobsets using btree (id);

create table log_hours (
  hour_ms bigint not null,
  type text not null,
  events integer not null
);
create unique index log_hours_pkey on log_hours using btree (hour_ms, type);

create table log_mark (
  one boolean not null,
  position bigint not null
);
create unique index log_mark_pkey on log_mark using btree (one);

create table log_totals (
  one boolean not null,
  logs bigint not null,
  bytes bigint not null
);
create unique index log_totals_pkey on log_totals using btree (one);

create table machines (
  name text not null,
  revision integer not null,
  source text not null,
  configuration json not null,
  changed_at_ms bigint not null,
  removed boolean not null,
  disabled boolean not null default false,
  switched_by json,
  switched_reason text,
  switched_at_ms bigint,
  failures integer not null default 0,
  disabled_until_ms bigint not null default 0,
  failed_at_ms bigint,
  error text
);
create unique index machines_pkey on machines using btree (name);

create table project_renames (
  name text not null,
  project_id integer not null,
  given_up boolean not null
);
create index project_renames_halfway on project_renames using btree (name) where (not given_up);
create unique index project_renames_pkey on project_renames using btree (name);

create table projects (
  id integer not null,
  name text not null,
  revision integer not null,
  display_name text not null,
  description text not null,
  homepage text not null,
  owner text not null,
  enabled boolean not null,
  hidden boolean not null,
  enable_dynamic_run_command boolean not null,
  declarative json,
  members json not null default '[]'::json,
  deleted boolean not null
);
create index projects_name on projects using btree (name) where (not deleted);
create unique index projects_pkey on projects using btree (id);

create table queue_hours (
  scope text not null,
  hour_ms bigint not null,
  queued integer not null default 0,
  ended integer not null default 0,
  succeeded integer not null default 0,
  there integer not null default 0
);
create unique index queue_hours_pkey on queue_hours using btree (scope, hour_ms);

create table queue_runner_terms (
  term text not null,
  position bigint not null,
  policy text not null,
  window_ms bigint not null,
  clamp_credit_ms bigint not null,
  started_at_ms bigint not null
);
create index queue_runner_terms_time on queue_runner_terms using btree (started_at_ms, "position");
create unique index queue_runner_terms_pkey on queue_runner_terms using btree (term);

create table queue_summary (
  jobset_id integer not null,
  system text not null,
  builds integer not null
);
create unique index queue_summary_pkey on queue_summary using btree (jobset_id, system);

create table step_counts (
  build_id integer not null,
  steps integer not null
);
create unique index step_counts_pkey on step_counts using btree (build_id);

create table steps (
  build_id integer not null,
  nr integer not null,
  drv_path text not null,
  attempt integer,
  run integer,
  propagated_from integer,
  system text not null,
  machine text not null,
  slot integer,
  status text,
  started_at_ms bigint,
  stopped_at_ms bigint,
  error text,
  jobset_ids integer[] not null,
  dispatch json,
  chosen_jobset_id integer,
  charges json,
  log_key text,
  log json,
  interrupted boolean not null default false,
  retry_at_ms bigint
);
create index steps_aborted on steps using btree (machine, stopped_at_ms) where ((status = 'aborted'::text) and (attempt is not null));
create index steps_again on steps using btree (stopped_at_ms) where ((attempt > 1) and (status = 'succeeded'::text));
create index steps_chosen on steps using btree (chosen_jobset_id, started_at_ms, build_id, nr) where (attempt is not null);
create index steps_long on steps using btree (stopped_at_ms) where (((stopped_at_ms - started_at_ms) > 86400000) and (attempt is not null));
create index steps_machine on steps using btree (machine, started_at_ms, build_id, nr) where (attempt is not null);
create index steps_propagated on steps using btree (propagated_from, build_id) where (propagated_from is not null);
create index steps_running on steps using btree (build_id) where (status is null);
create index steps_started on steps using btree (started_at_ms, build_id, nr) where (attempt is not null);
create index steps_stopped on steps using btree (stopped_at_ms) where ((attempt is not null) and (status is not null));
create unique index steps_attempt on steps using btree (drv_path, attempt) where (attempt is not null);
create unique index steps_pkey on steps using btree (build_id, nr);

create table users (
  id text not null,
  roles json not null
);
create unique index users_pkey on users using btree (id);
