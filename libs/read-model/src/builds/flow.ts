import { bucketOf } from './durations.js';

/** SQL: a build of its own ran to its end, well or not; what was there already or never began tells no duration. `of`: `b.` */
export const built = (of = ''): string => `${of}status in ('succeeded', 'failed', 'failed-with-output', 'timed-out',
  'log-limit-exceeded', 'nar-size-limit-exceeded', 'not-deterministic') and not ${of}is_cached_build`;

/** Whose hours a row is about: the farm's, a jobset's, or a system's. */
export const FARM_SCOPE = '';
export const jobsetScope = (jobsetId: number): string => `jobset:${jobsetId}`;
export const systemScope = (system: string): string => `system:${system}`;

const SCOPE = `case when grouping(jobset_id) = 0 then 'jobset:' || jobset_id when grouping(system) = 0 then 'system:' || system else '' end`;

/** Rows for the farm, for each jobset and for each system, by what else they are grouped by. */
const scopes = (by: string): string => `group by grouping sets ((${by}), (${by}, jobset_id), (${by}, system))`;

const hour = (at: string): string => `${at} - ${at} % 3600000`;

/** Builds that join the queue in the hour of `at`, whether for the first time or again. */
export const joining = (from: string, at: string): string => `
joining as (
  insert into queue_hours (scope, hour_ms, queued)
  select ${SCOPE}, hour_ms, count(*)::int from (select jobset_id, system, ${hour(at)} as hour_ms from ${from}) j
  ${scopes('hour_ms')} order by 1, 2
  on conflict (scope, hour_ms) do update set queued = queue_hours.queued + excluded.queued
)`;

/** Builds that leave it in the hour of their end; how long they waited counts where they began, how long they ran where they ended. */
export const leaving = (from: string): string => `
leaving as (
  insert into queue_hours (scope, hour_ms, ended, succeeded, there)
  select ${SCOPE}, hour_ms, count(*)::int, count(*) filter (where status = 'succeeded')::int,
         count(*) filter (where status = 'succeeded' and is_cached_build)::int
  from (select *, ${hour('stopped_at_ms')} as hour_ms from ${from}) e
  ${scopes('hour_ms')} order by 1, 2
  on conflict (scope, hour_ms) do update set ended = queue_hours.ended + excluded.ended,
    succeeded = queue_hours.succeeded + excluded.succeeded, there = queue_hours.there + excluded.there
), lasting as (
  insert into build_durations (scope, hour_ms, waits, bucket, builds)
  select ${SCOPE}, hour_ms, waits, bucket, count(*)::int from (
    select jobset_id, system, ${hour('started_at_ms')} as hour_ms, true as waits,
           ${bucketOf('greatest(0, started_at_ms - waiting_since_ms)')} as bucket from ${from} where ${built()}
    union all
    select jobset_id, system, ${hour('stopped_at_ms')}, false, ${bucketOf('stopped_at_ms - started_at_ms')}
    from ${from} where ${built()}) d
  ${scopes('hour_ms, waits, bucket')} order by 1, 2, 3, 4
  on conflict (scope, hour_ms, waits, bucket) do update set builds = build_durations.builds + excluded.builds
)`;

export const FLOW_TABLES = ['queue_hours', 'build_durations'] as const;

/** What happened stays: a build that is restarted waited and ran before all the same. */
export const FLOW_DDL = `
-- builds that joined and left the queue by the hour (its begin, Unix milliseconds): of the farm, of a jobset, for a system
create table queue_hours (
  scope text,
  hour_ms bigint,
  -- also again
  queued int not null default 0,
  -- all that came to an end
  ended int not null default 0,
  -- of those
  succeeded int not null default 0,
  -- of those that succeeded: the outputs were there already
  there int not null default 0,
  primary key (scope, hour_ms)
);
-- how long builds waited for their begin, by its hour, and how long they ran, by the hour of their end
create table build_durations (
  scope text,
  hour_ms bigint,
  -- else: ran
  waits boolean,
  -- DURATION_BOUNDS
  bucket int,
  builds int not null,
  primary key (scope, waits, hour_ms, bucket)
);
`;
