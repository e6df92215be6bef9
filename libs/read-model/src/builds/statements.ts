import { bounded, ms, type Recorded, type Statement } from '../projection.js';
import { joining, leaving } from './flow.js';

/** Adds builds that finished (`sign` 1), or takes those away that were restarted (-1), in the hours that they were queued and finished in. */
const hours = (finished: string, sign: 1 | -1): string => `
hours as (
  insert into build_hours (hour_ms, status, queued, finished)
  select at - at % 3600000, status, ${sign} * count(*) filter (where queued)::int, ${sign} * count(*) filter (where not queued)::int
  from (select queued_at_ms as at, status, true as queued from ${finished} union all
        select stopped_at_ms, status, false from ${finished}) ends
  group by 1, 2 order by 1, 2
  on conflict (hour_ms, status) do update set queued = build_hours.queued + excluded.queued,
    finished = build_hours.finished + excluded.finished
)`;

const QUEUED = `
with input as (
  select * from json_to_recordset($1) as x("buildId" int, "evaluationId" int, "jobsetId" int, job text, "drvPath" text,
    outputs json, "nixName" text, system text, description text, license text, homepage text, maintainers json,
    "maxSilent" bigint, timeout bigint, "isChannel" boolean, priority bigint, constituents json, "atMs" bigint)
), queued as (
  insert into builds (id, evaluation_id, jobset_id, job, drv_path, nix_name, system, description, license, homepage,
                      maintainers, max_silent, timeout, is_channel, priority, constituents, queued_at_ms,
                      waiting_since_ms)
  select "buildId", "evaluationId", "jobsetId", job, "drvPath", "nixName", system, description, license, homepage,
         maintainers, "maxSilent", timeout, "isChannel", priority, constituents, "atMs", "atMs" from input
  on conflict (id) do nothing returning id, jobset_id, system, queued_at_ms
), ${joining('queued', 'queued_at_ms')}, outputs as (
  insert into build_outputs (build_id, name, path)
  select i."buildId", o.key, o.value from input i join queued q on q.id = i."buildId", json_each_text(i.outputs) o
  on conflict do nothing
), constituents as (
  insert into build_constituents (aggregate_id, build_id)
  select i."buildId", c::int from input i join queued q on q.id = i."buildId",
         json_array_elements_text(case when json_typeof(i.constituents) = 'array' then i.constituents end) c
  on conflict do nothing
)
insert into queue_summary (jobset_id, system, builds) select jobset_id, system, count(*)::int from queued group by 1, 2
on conflict (jobset_id, system) do update set builds = queue_summary.builds + excluded.builds`;

/** Also of a cancelled build. The run tells a late report from one about the present run. */
const FINISHED = `
with input as (
  select * from json_to_recordset($1) as x("buildId" int, run int, status text, "isCachedBuild" boolean,
    "startedAtMs" bigint, "stoppedAtMs" bigint, size bigint, "closureSize" bigint, "releaseName" text, products json,
    metrics json, "failedStep" json, error text)
), finished as (
  update builds b set status = i.status, is_cached_build = i."isCachedBuild", started_at_ms = i."startedAtMs",
    stopped_at_ms = i."stoppedAtMs", size = i.size, closure_size = i."closureSize", release_name = i."releaseName",
    products = i.products, metrics = i.metrics, failed_step = i."failedStep", error = i.error
  from input i where b.id = i."buildId" and b.run = i.run and b.status is null
  returning b.id, b.jobset_id, b.system, b.status, b.queued_at_ms, b.waiting_since_ms, b.started_at_ms, b.stopped_at_ms,
            b.is_cached_build
), dequeued as (
  update queue_summary q set builds = q.builds - f.builds
  from (select jobset_id, system, count(*)::int as builds from finished group by 1, 2) f
  where q.jobset_id = f.jobset_id and q.system = f.system
), totals as (
  insert into build_totals (status, builds) select status, count(*) from finished group by 1
  on conflict (status) do update set builds = build_totals.builds + excluded.builds
), ${hours('finished', 1)}, ${leaving('finished')}
update evaluations e set succeeded = e.succeeded + d.succeeded, failed = e.failed + d.failed
from (select m.evaluation_id, count(*) filter (where f.status = 'succeeded')::int as succeeded,
             count(*) filter (where f.status <> 'succeeded')::int as failed
      from finished f join evaluation_jobs m on m.build_id = f.id group by 1) d
where e.id = d.evaluation_id and e.status = 'ran'`;

const RESTARTED = `
with input as (
  select * from json_to_recordset($1) as x("buildId" int, run int, "drvPath" text, "atMs" bigint)
), restarted as (
  update builds b set run = i.run, waiting_since_ms = i."atMs", drv_path = coalesce(i."drvPath", b.drv_path), status = null, is_cached_build = false,
    started_at_ms = null, stopped_at_ms = null, size = null, closure_size = null, release_name = null, products = null,
    metrics = null, failed_step = null, error = null
  from input i join builds was on was.id = i."buildId"
  where b.id = was.id and b.run < i.run and b.status is not null
  returning b.id, b.jobset_id, b.system, was.status, was.queued_at_ms, was.stopped_at_ms, b.waiting_since_ms
), ${joining('restarted', 'waiting_since_ms')}, requeued as (
  insert into queue_summary (jobset_id, system, builds) select jobset_id, system, count(*)::int from restarted group by 1, 2
  on conflict (jobset_id, system) do update set builds = queue_summary.builds + excluded.builds
), totals as (
  update build_totals t set builds = t.builds - r.builds
  from (select status, count(*) as builds from restarted group by 1) r where t.status = r.status
), ${hours('restarted', -1)}
update evaluations e set succeeded = e.succeeded - d.succeeded, failed = e.failed - d.failed
from (select m.evaluation_id, count(*) filter (where r.status = 'succeeded')::int as succeeded,
             count(*) filter (where r.status <> 'succeeded')::int as failed
      from restarted r join evaluation_jobs m on m.build_id = r.id group by 1) d
where e.id = d.evaluation_id and e.status = 'ran'`;

const BUMPED = `
update builds b set global_priority = i."globalPriority"
from json_to_recordset($1) as i("buildId" int, "globalPriority" bigint) where b.id = i."buildId"`;

const KEPT = `
update builds b set kept = i.kept from json_to_recordset($1) as i("buildId" int, kept boolean) where b.id = i."buildId"`;

/** What events do to the tables of builds, the queue and its sums. */
export const onBuild = ({ type, data }: Recorded): readonly Statement[] => {
  switch (type) {
    case 'BuildQueued': {
      const { jobset, queuedAt, ...rest } = data;
      const named = { job: bounded(data.job), system: bounded(data.system) };
      const row = { ...rest, ...named, jobsetId: jobset.id, atMs: ms(queuedAt) };
      return [{ text: QUEUED, rows: [row], keys: [`build:${data.buildId}`] }];
    }
    case 'BuildFinished':
      return [{ text: FINISHED, rows: [data], keys: [`build:${data.buildId}`] }];
    case 'BuildCancelled': {
      const { buildId, run, cancelledAtMs: at } = data;
      const ended = { status: 'cancelled', isCachedBuild: false, startedAtMs: at, stoppedAtMs: at };
      const row = { buildId, run, ...ended, size: 0, closureSize: 0, products: [], metrics: [] };
      return [{ text: FINISHED, rows: [row], keys: [`build:${buildId}`] }];
    }
    case 'BuildRestarted':
      return [{ text: RESTARTED, rows: [{ ...data, atMs: ms(data.restartedAt) }], keys: [`build:${data.buildId}`] }];
    case 'BuildBumped':
      return [{ text: BUMPED, rows: [data], keys: [`build:${data.buildId}`] }];
    case 'BuildKept':
    case 'BuildUnkept': {
      const row = { buildId: data.buildId, kept: type === 'BuildKept' };
      return [{ text: KEPT, rows: [row], keys: [`build:${data.buildId}`] }];
    }
    default:
      return [];
  }
};
