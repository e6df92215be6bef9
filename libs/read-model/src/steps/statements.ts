export const DDL = `
create table steps (
  build_id int,
  -- from 1 within the build, in the order of events
  nr int,
  drv_path text not null,
  -- of the derivation's own count; null where the failure was another build's
  attempt int,
  -- the build's run, of a propagated failure
  run int,
  propagated_from int,
  system text not null,
  machine text not null,
  slot int,
  -- null while it runs
  status text,
  started_at_ms bigint,
  stopped_at_ms bigint,
  error text,
  -- in order of id: how a cost is divided goes by it
  jobset_ids int[] not null,
  dispatch json,
  -- the jobset whose turn it was
  chosen_jobset_id int,
  charges json,
  log_key text,
  log json,
  interrupted boolean not null default false,
  retry_at_ms bigint,
  primary key (build_id, nr)
);
create unique index steps_attempt on steps (drv_path, attempt) where attempt is not null;
create index steps_running on steps (build_id) where status is null;
create index steps_stopped on steps (stopped_at_ms) where attempt is not null and status is not null;
create index steps_started on steps (started_at_ms, build_id, nr) where attempt is not null;
create index steps_chosen on steps (chosen_jobset_id, started_at_ms, build_id, nr) where attempt is not null;
create index steps_machine on steps (machine, started_at_ms, build_id, nr) where attempt is not null;
-- attempts of more than a day: all others that ran at a moment began in the day before it
create index steps_long on steps (stopped_at_ms) where stopped_at_ms - started_at_ms > 86400000 and attempt is not null;
-- rare ones: the newest of a machine that came to nothing, and those that succeeded after an attempt that had not
create index steps_aborted on steps (machine, stopped_at_ms) where status = 'aborted' and attempt is not null;
create index steps_again on steps (stopped_at_ms) where attempt > 1 and status = 'succeeded';
create index steps_propagated on steps (propagated_from, build_id) where propagated_from is not null;
create table step_counts (build_id int primary key, steps int not null);
-- what the decider of a step's stream knows
create table derivations (
  drv_path text primary key,
  attempts int not null,
  completed int not null default 0,
  -- retryable failures in a row
  tries int not null default 0,
  retry_at_ms bigint,
  cached_failure json,
  -- of the last event in its stream
  revision int not null default 0
);
-- of all attempts that ended; one row
create table log_totals (
  one boolean primary key,
  logs bigint not null,
  -- as they were written, before the log store compresses them
  bytes bigint not null
);
create index derivations_failed on derivations (drv_path) where cached_failure is not null;
`;

/** Attempts that begin, and failures that came to a build from another one. Numbers follow the order of the rows. */
export const ADDED = `
with input as (
  select * from rows from (json_to_recordset($1) as ("buildId" int, "drvPath" text, attempt int, run int,
    "propagatedFrom" int, system text, machine text, slot int, status text, "startedAtMs" bigint, "stoppedAtMs" bigint,
    error text, "jobsetIds" int[], dispatch json, "logKey" text)) with ordinality
       as x("buildId", "drvPath", attempt, run, "propagatedFrom", system, machine, slot, status, "startedAtMs", "stoppedAtMs",
            error, "jobsetIds", dispatch, "logKey", place)
), fresh as (
  select distinct on ("buildId", "drvPath", attempt, run) i.* from input i
  where not exists (select from steps s where s.drv_path = i."drvPath" and s.attempt = i.attempt)
    and not (i.run is not null and exists (select from steps s where s.build_id = i."buildId" and s.run = i.run))
  order by "buildId", "drvPath", attempt, run, place
), numbered as (
  select f.*, coalesce(c.steps, 0) + row_number() over (partition by f."buildId" order by f.place) as nr
  from fresh f left join step_counts c on c.build_id = f."buildId"
), counted as (
  insert into step_counts (build_id, steps) select "buildId", max(nr) from numbered group by 1
  on conflict (build_id) do update set steps = excluded.steps
), known as (
  insert into derivations (drv_path, attempts)
  select "drvPath", max(attempt) from numbered where attempt is not null group by 1
  on conflict (drv_path) do update set attempts = greatest(derivations.attempts, excluded.attempts), retry_at_ms = null
)
insert into steps (build_id, nr, drv_path, attempt, run, propagated_from, system, machine, slot, status, started_at_ms,
                   stopped_at_ms, error, jobset_ids, dispatch, chosen_jobset_id, log_key)
select "buildId", nr, "drvPath", attempt, run, "propagatedFrom", system, machine, slot, status, "startedAtMs", "stoppedAtMs",
       error, "jobsetIds", dispatch, (dispatch->>'jobsetId')::int, "logKey" from numbered`;

export const COMPLETED = `
with input as (
  select * from json_to_recordset($1) as x("drvPath" text, attempt int, "buildId" int, machine text, status text,
    "startedAtMs" bigint, "stoppedAtMs" bigint, charges json, log json, error text, "cachesFailure" boolean,
    interrupted boolean, "retryAtMs" bigint, revision int)
), completed as (
  update steps s set status = i.status, machine = i.machine, started_at_ms = i."startedAtMs",
    stopped_at_ms = i."stoppedAtMs", charges = i.charges, log = i.log, error = i.error, interrupted = i.interrupted,
    retry_at_ms = i."retryAtMs"
  from input i where s.drv_path = i."drvPath" and s.attempt = i.attempt and s.status is null
  returning s.log
), totals as (
  insert into log_totals (one, logs, bytes)
  select true, count(*), sum((log ->> 'bytes')::bigint) from completed where log is not null having count(*) > 0
  on conflict (one) do update set logs = log_totals.logs + excluded.logs, bytes = log_totals.bytes + excluded.bytes
)
update derivations d set completed = i.attempt, revision = i.revision,
  tries = case when i.interrupted then d.tries when i."retryAtMs" is null then 0 else d.tries + 1 end,
  retry_at_ms = i."retryAtMs",
  cached_failure = case when i."cachesFailure" then json_build_object('status', i.status, 'attempt', i.attempt,
    'buildId', i."buildId", 'stoppedAtMs', i."stoppedAtMs") end
from input i where d.drv_path = i."drvPath" and d.completed < i.attempt`;

export const CLEARED = `
update derivations d set cached_failure = null, revision = i.revision
from json_to_recordset($1) as i("drvPath" text, revision int) where d.drv_path = i."drvPath" and d.revision < i.revision`;
