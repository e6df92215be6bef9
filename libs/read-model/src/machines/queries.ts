import type { Actor, MachineConfiguration, MachineSource } from '#domain';
import { firstRow, type Queryable, rows } from '../rows.js';

/** A build machine. Times are Unix milliseconds. */
export type MachineView = Readonly<{
  name: string;
  /** of its stream */
  revision: number;
  source: MachineSource;
  configuration: MachineConfiguration;
  changedAtMs: number;
  /** it is gone from its source; it builds nothing any more */
  removed: boolean;
  /** by an administrator */
  disabled: boolean;
  /** who disabled or enabled it last, and why; null: nobody ever did */
  switchedBy: Actor | null;
  switchedReason: string | null;
  switchedAtMs: number | null;
  /** in a row */
  failures: number;
  /** it is left alone until then; 0: it does not wait */
  disabledUntilMs: number;
  /** of its last failure, however long ago */
  failedAtMs: number | null;
  error: string | null;
  /** slots taken now */
  running: number;
  /** the newest of its attempts that came to nothing by no fault of its derivation; null: none did */
  lastAbort: Readonly<{
    buildId: number;
    nr: number;
    drvPath: string;
    stoppedAtMs: number;
    error: string | null;
  }> | null;
  /** when the newest of its attempts that are over ended; null: none is */
  lastStoppedAtMs: number | null;
}>;

const MACHINE = `
  m.name, m.revision, m.source, m.configuration, m.changed_at_ms as "changedAtMs", m.removed, m.disabled,
  m.switched_by as "switchedBy", m.switched_reason as "switchedReason", m.switched_at_ms as "switchedAtMs", m.failures,
  m.disabled_until_ms as "disabledUntilMs", m.failed_at_ms as "failedAtMs", m.error, r.running,
  l.stopped_at_ms as "lastStoppedAtMs", a.abort as "lastAbort"
  from read_model.machines m
  cross join lateral (
    select count(*)::int as running from read_model.steps s where s.machine = m.name and s.status is null) r
  left join lateral (
    select s.stopped_at_ms from read_model.steps s
    where s.machine = m.name and s.attempt is not null and s.status is not null
    order by s.started_at_ms desc limit 1) l on true
  left join lateral (
    select json_build_object('buildId', s.build_id, 'nr', s.nr, 'drvPath', s.drv_path, 'stoppedAtMs', s.stopped_at_ms,
      'error', s.error) as abort from read_model.steps s
    where s.machine = m.name and s.attempt is not null and s.status = 'aborted'
    order by s.stopped_at_ms desc limit 1) a on true`;

/** All machines that are there, by name. */
export const listMachines = (db: Queryable): Promise<MachineView[]> =>
  rows(db, `select ${MACHINE} where not m.removed order by m.name`);

/** A machine, removed or not. */
export const getMachine = (db: Queryable, name: string): Promise<MachineView | undefined> =>
  firstRow(db, `select ${MACHINE} where m.name = $1`, [name]);
