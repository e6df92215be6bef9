import { built, FLOW_DDL, FLOW_TABLES } from './flow.js';

export const BUILD_TABLES = [
  'builds',
  'build_outputs',
  'build_constituents',
  'queue_summary',
  'build_totals',
  'build_hours',
  ...FLOW_TABLES,
] as const;

export const BUILD_DDL = `
create table builds (
  id int primary key,
  evaluation_id int not null,
  jobset_id int not null,
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
  -- of the present run: when it was queued, or restarted
  waiting_since_ms bigint not null,
  global_priority bigint not null default 0,
  -- how often it was queued before
  run int not null default 0,
  kept boolean not null default false,
  -- null while it is unfinished
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
create index builds_queue on builds (global_priority desc, id) where status is null;
create index builds_unfinished on builds (id) where status is null;
create index builds_queue_jobset on builds (jobset_id, queued_at_ms) where status is null;
create index builds_finished on builds (id) where status is not null;
create index builds_finished_jobset on builds (jobset_id, id) where status is not null;
create index builds_finished_system on builds (system, id) where status is not null;
create index builds_job on builds (jobset_id, job, id);
create index builds_job_succeeded on builds (jobset_id, job, id) where status = 'succeeded';
create index builds_job_failed on builds (jobset_id, job, id) where status <> 'succeeded';
create index builds_succeeded_system on builds (jobset_id, system, id) where status = 'succeeded';
create index builds_kept on builds (id) where kept;
-- by the day (UTC) of their end, for the longest and largest of each
create index builds_long on builds ((stopped_at_ms / 86400000), (stopped_at_ms - started_at_ms)) where ${built()};
create index builds_large on builds ((stopped_at_ms / 86400000), size) where ${built()};
create index builds_bad on builds (id) where ${built()} and status <> 'succeeded';
-- by bytes, so that the hash that a path begins with is a range
create index builds_drv on builds (drv_path text_pattern_ops, id);
create table build_outputs (build_id int, name text, path text not null, primary key (build_id, name));
create index build_outputs_path on build_outputs (path text_pattern_ops, build_id);
create table build_constituents (aggregate_id int, build_id int, primary key (aggregate_id, build_id));
create index build_constituents_build on build_constituents (build_id);
-- unfinished builds
create table queue_summary (jobset_id int, system text, builds int not null, primary key (jobset_id, system));
-- finished builds
create table build_totals (status text primary key, builds bigint not null);
-- finished builds by the hour (its begin, Unix milliseconds) in which they were queued, and in which they finished
create table build_hours (
  hour_ms bigint, status text, queued int not null, finished int not null, primary key (hour_ms, status)
);
${FLOW_DDL}`;
