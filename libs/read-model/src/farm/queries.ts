import type { Charge, MachineConfiguration, MachineSource } from '#domain';
import { FARM } from './projection.js';
import { firstRow, type Queryable, rows } from '../rows.js';

/** A connection of its own, so that what it reads is one moment's. */
export type Connection = Queryable & Readonly<{ release: (destroy?: boolean | Error) => void }>;
export type ConnectionPool = Readonly<{ connect: () => Promise<Connection> }>;

/** An unfinished build, with all that `BuildQueued` said. Times are Unix milliseconds, `maxSilent` and `timeout` seconds. */
export type QueuedBuild = Readonly<{
  buildId: number;
  evaluationId: number;
  jobsetId: number;
  project: string;
  jobset: string;
  job: string;
  drvPath: string;
  outputs: Readonly<Record<string, string>>;
  nixName: string;
  system: string;
  maxSilent: number;
  timeout: number;
  isChannel: boolean;
  priority: number;
  constituents: readonly number[];
  queuedAtMs: number;
  run: number;
  globalPriority: number;
}>;

/** An attempt that runs, or that stopped inside the usage window. */
export type AttemptView = Readonly<{
  drvPath: string;
  attempt: number;
  buildId: number;
  jobsetIds: readonly number[];
  system: string;
  machine: string;
  slot: number;
  logKey: string;
  startedAtMs: number;
}>;
export type CompletedCharge = Readonly<{
  drvPath: string;
  attempt: number;
  startedAtMs: number;
  stoppedAtMs: number;
  charges: readonly Charge[];
}>;

/** A machine, or what is remembered of a removed one. Times are Unix milliseconds. */
export type FarmMachine = Readonly<{
  name: string;
  source: MachineSource;
  configuration: MachineConfiguration;
  removed: boolean;
  disabled: boolean;
  /** in a row */
  failures: number;
  failedAtMs: number;
  disabledUntilMs: number;
  error: string;
}>;

export type FarmSnapshot = Readonly<{
  /** All events up to here are in. While a projection is behind after a rebuild, some after it may be in too: hear them again. */
  position: bigint;
  /** by id */
  builds: readonly QueuedBuild[];
  running: readonly AttemptView[];
  /** of attempts that stopped after `since`, in the order of their end */
  charges: readonly CompletedCharge[];
  /** of every jobset, deleted ones too while their builds wait */
  shares: readonly Readonly<{ jobsetId: number; project: string; name: string; shares: number }>[];
  /** by name */
  machines: readonly FarmMachine[];
  /** of the policy `clamped`: the farm's virtual time, and the jobsets' tags */
  clamp: Readonly<{ virtual: number; tags: ReadonlyMap<number, number> }>;
}>;

const BUILDS = `
  select b.id as "buildId", b.evaluation_id as "evaluationId", b.jobset_id as "jobsetId", coalesce(j.project, '') as project,
         coalesce(j.name, '') as jobset, b.job, b.drv_path as "drvPath", o.outputs, b.nix_name as "nixName", b.system,
         b.max_silent as "maxSilent", b.timeout, b.is_channel as "isChannel", b.priority,
         coalesce(b.constituents, '[]'::json) as constituents, b.queued_at_ms as "queuedAtMs", b.run,
         b.global_priority as "globalPriority"
  from read_model.builds b left join read_model.jobsets j on j.id = b.jobset_id, lateral (
    select coalesce(json_object_agg(o.name, o.path order by o.name), '{}'::json) as outputs
    from read_model.build_outputs o where o.build_id = b.id) o
  where b.status is null and b.id > $1 order by b.id limit $2`;

const RUNNING = `
  select drv_path as "drvPath", attempt, build_id as "buildId", jobset_ids as "jobsetIds", system, machine, slot,
         log_key as "logKey", started_at_ms as "startedAtMs"
  from read_model.steps where status is null order by started_at_ms, drv_path`;

const CHARGES = `
  select drv_path as "drvPath", attempt, started_at_ms as "startedAtMs", stopped_at_ms as "stoppedAtMs", charges
  from read_model.steps where attempt is not null and status is not null and stopped_at_ms > $1::bigint
  order by stopped_at_ms, drv_path, attempt`;

const MACHINES = `
  select name, source, configuration, removed, disabled, failures, coalesce(failed_at_ms, 0) as "failedAtMs",
         disabled_until_ms as "disabledUntilMs", coalesce(error, '') as error
  from read_model.machines order by name`;

const BUILDS_PER_READ = 10_000;

const readBuilds = async (db: Queryable): Promise<QueuedBuild[]> => {
  const found: QueuedBuild[] = [];
  for (let last = 0; ;) {
    const page = await rows<QueuedBuild>(db, BUILDS, [last, BUILDS_PER_READ]);
    for (const build of page) found.push(build);
    if (page.length < BUILDS_PER_READ) return found;
    last = page.at(-1)!.buildId;
  }
};

/** Attempts that stopped after a time (Unix milliseconds), with what each jobset was charged. */
export const chargesSince = (db: Queryable, sinceMs: number): Promise<CompletedCharge[]> =>
  rows(db, CHARGES, [Math.floor(sinceMs)]);

/** What the queue runner starts from, of one moment. `sinceMs`: begin of the usage window, Unix milliseconds. */
export const farmSnapshot = async (pool: ConnectionPool, sinceMs: number): Promise<FarmSnapshot> => {
  const db = await pool.connect();
  try {
    await db.query('begin isolation level repeatable read read only');
    // Before the snapshot is taken: a rebuilt projection that was swapped in after it would look empty.
    await db.query(`lock table read_model.builds, read_model.build_outputs, read_model.steps, read_model.jobsets,
                    read_model.machines, read_model.clamp_tags in access share mode`);
    const at = await firstRow<{ position: string | null }>(
      db,
      `select min(position)::text as position from read_model.checkpoints
       where projection in ('builds', 'steps', 'jobsets', 'machines', 'clamp')`,
    );
    const builds = await readBuilds(db);
    const running = await rows<AttemptView>(db, RUNNING);
    const charges = await chargesSince(db, sinceMs);
    const shares = await rows<FarmSnapshot['shares'][number]>(
      db,
      `select id as "jobsetId", project, name, shares from read_model.jobsets j
       where not deleted or exists (select from read_model.builds b where b.jobset_id = j.id and b.status is null)
       order by id`,
    );
    const machines = await rows<FarmMachine>(db, MACHINES);
    const tagged = await rows<{ jobsetId: number; tag: number }>(
      db,
      'select jobset_id as "jobsetId", tag from read_model.clamp_tags',
    );
    const tags = new Map(tagged.map(({ jobsetId, tag }) => [jobsetId, tag]));
    const clamp = { virtual: tags.get(FARM) ?? 0, tags };
    tags.delete(FARM);
    await db.query('commit');
    db.release();
    return { position: BigInt(at?.position ?? 0), builds, running, charges, shares, machines, clamp };
  } catch (error) {
    db.release(true);
    throw error;
  }
};
