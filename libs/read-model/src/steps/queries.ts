import type { Dispatch, StepLog, StepStatus } from '#domain';
import { firstRow, type Queryable, rows } from '../rows.js';

/** One line of a build's history. Times are Unix milliseconds. */
export type StepView = Readonly<{
  buildId: number;
  /** from 1 */
  nr: number;
  drvPath: string;
  /** of the derivation's own count; null where the failure was another build's */
  attempt: number | null;
  /** the build whose failure this is, where it is another one */
  propagatedFrom: number | null;
  system: string;
  machine: string;
  slot: number | null;
  /** null while it runs */
  status: StepStatus | null;
  /** null for a propagated failure: nothing ran */
  startedAtMs: number | null;
  stoppedAtMs: number | null;
  error: string | null;
  /** why it was chosen */
  dispatch: Dispatch | null;
  jobsetIds: readonly number[];
  /** key of the log in the log store, from the start on */
  logKey: string | null;
  /** once it is whole */
  log: StepLog | null;
  /** the worker died */
  interrupted: boolean;
  retryAtMs: number | null;
}>;

const STEP = `
  s.build_id as "buildId", s.nr, s.drv_path as "drvPath", s.attempt, s.propagated_from as "propagatedFrom", s.system,
  s.machine, s.slot, s.status, s.started_at_ms as "startedAtMs", s.stopped_at_ms as "stoppedAtMs", s.error, s.dispatch,
  s.jobset_ids as "jobsetIds", s.log_key as "logKey", s.log, s.interrupted, s.retry_at_ms as "retryAtMs"
  from read_model.steps s`;

/** A build's history, in order. */
export const buildSteps = (db: Queryable, buildId: number): Promise<StepView[]> =>
  rows(db, `select ${STEP} where s.build_id = $1 order by s.nr`, [buildId]);

export const getStep = (db: Queryable, buildId: number, nr: number): Promise<StepView | undefined> =>
  firstRow(db, `select ${STEP} where s.build_id = $1 and s.nr = $2`, [buildId, nr]);

/** All attempts at a derivation, newest first: whoever looks for its log takes the first with a key. */
export const derivationAttempts = (db: Queryable, drvPath: string, limit = 100): Promise<StepView[]> =>
  rows(db, `select ${STEP} where s.drv_path = $1 and s.attempt is not null order by s.attempt desc limit $2`, [
    drvPath,
    limit,
  ]);

/** The newest attempt at each of the derivations that was ever begun. */
export const newestAttempts = (db: Queryable, drvPaths: readonly string[]): Promise<StepView[]> =>
  rows(
    db,
    `select a.* from unnest($1::text[]) p(path), lateral (
       select ${STEP} where s.drv_path = p.path and s.attempt is not null order by s.attempt desc limit 1) a`,
    [drvPaths],
  );

/** A running attempt, and whose it is. */
export type RunningStep = StepView & Readonly<{ project: string; jobset: string; job: string }>;

/** Attempts that run now, longest first. */
export const runningSteps = (db: Queryable): Promise<RunningStep[]> =>
  rows(
    db,
    `select coalesce(j.project, '') as project, coalesce(j.name, '') as jobset, coalesce(b.job, '') as job, ${STEP}
     left join read_model.builds b on b.id = s.build_id left join read_model.jobsets j on j.id = b.jobset_id
     where s.status is null order by s.started_at_ms, s.drv_path`,
  );

/** What a derivation's stream amounts to, as its decider sees it. */
export type DerivationState = Readonly<{
  drvPath: string;
  /** attempts begun so far */
  attempts: number;
  running: boolean;
  /** retryable failures in a row */
  tries: number;
  /** Unix milliseconds of the next attempt, where one was promised */
  retryAtMs: number | null;
  cachedFailure: Readonly<{ status: StepStatus; attempt: number; buildId: number; stoppedAtMs: number }> | null;
}>;

const DERIVATION = `drv_path as "drvPath", attempts, attempts > completed as running, tries, retry_at_ms as "retryAtMs",
  cached_failure as "cachedFailure" from read_model.derivations`;

/** States of derivations; one without any attempt has none. */
export const derivationStates = (db: Queryable, drvPaths: readonly string[]): Promise<DerivationState[]> =>
  rows(db, `select ${DERIVATION} where drv_path = any($1::text[])`, [drvPaths]);

/** Derivations whose failure is remembered (what `clear-failed-cache` forgets), at most `limit`. */
export const cachedFailures = (db: Queryable, limit: number): Promise<DerivationState[]> =>
  rows(db, `select ${DERIVATION} where cached_failure is not null order by drv_path limit $1`, [limit]);

/** A choice of the queue runner: a step, where and when it began, and the numbers that chose it. */
export type DispatchView = Readonly<{
  buildId: number;
  nr: number;
  drvPath: string;
  attempt: number;
  system: string;
  machine: string;
  slot: number;
  /** null while it runs */
  status: StepStatus | null;
  startedAtMs: number;
  stoppedAtMs: number | null;
  jobsetIds: readonly number[];
  dispatch: Dispatch;
}>;

/** Where a list of dispatches goes on: the last one that was seen. */
export type DispatchCursor = Pick<DispatchView, 'startedAtMs' | 'buildId' | 'nr'>;

/** An attempt of any build, and whose it is. */
export type FarmStep = RunningStep;

/** Attempts of the whole farm, the last to begin first (Hydra's `/steps`); `before`: those that began before this one. */
export const newestSteps = (
  db: Queryable,
  { before, limit }: Readonly<{ before?: DispatchCursor; limit: number }>,
): Promise<FarmStep[]> =>
  rows(
    db,
    `select coalesce(j.project, '') as project, coalesce(j.name, '') as jobset, coalesce(b.job, '') as job, ${STEP}
     left join read_model.builds b on b.id = s.build_id left join read_model.jobsets j on j.id = b.jobset_id
     where s.attempt is not null
       and ($2::bigint is null or (s.started_at_ms, s.build_id, s.nr) < ($2::bigint, $3::int, $4::int))
     order by s.started_at_ms desc, s.build_id desc, s.nr desc limit $1`,
    [limit, before?.startedAtMs ?? null, before?.buildId ?? null, before?.nr ?? null],
  );

/** Dispatches, newest first: those of one jobset's turns, of one machine, or all. */
export const listDispatches = (
  db: Queryable,
  {
    jobsetId,
    machine,
    before,
    limit,
  }: Readonly<{ jobsetId?: number; machine?: string; before?: DispatchCursor; limit: number }>,
): Promise<DispatchView[]> => {
  const values: unknown[] = [limit];
  const wanted = ['s.attempt is not null'];
  const want = (condition: (...parameters: string[]) => string, ...of: unknown[]): void => {
    wanted.push(condition(...of.map((_, index) => `$${values.length + index + 1}`)));
    values.push(...of);
  };
  if (jobsetId !== undefined) want((id) => `s.chosen_jobset_id = ${id}`, jobsetId);
  if (machine !== undefined) want((name) => `s.machine = ${name}`, machine);
  if (before)
    want(
      (at, buildId, nr) => `(s.started_at_ms, s.build_id, s.nr) < (${at}::bigint, ${buildId}::int, ${nr}::int)`,
      before.startedAtMs,
      before.buildId,
      before.nr,
    );
  return rows(
    db,
    `select s.build_id as "buildId", s.nr, s.drv_path as "drvPath", s.attempt, s.system, s.machine, s.slot, s.status,
       s.started_at_ms as "startedAtMs", s.stopped_at_ms as "stoppedAtMs", s.jobset_ids as "jobsetIds", s.dispatch
     from read_model.steps s where ${wanted.join(' and ')}
     order by s.started_at_ms desc, s.build_id desc, s.nr desc limit $1`,
    values,
  );
};

/** All logs that attempts left: how many, and their bytes as they were written, before the log store compresses them. */
export const logTotals = async (db: Queryable): Promise<Readonly<{ logs: number; bytes: number }>> =>
  (await firstRow(db, 'select logs, bytes from read_model.log_totals')) ?? { logs: 0, bytes: 0 };
