import { setTimeout as wait } from 'node:timers/promises';
import { type ConnectionPool, farmSnapshot, type FarmSnapshot } from '#read-model';
import { Ledger, type SchedulerOptions } from '#scheduler';

export type Comparison =
  | Readonly<{ kind: 'equal' }>
  /** the projector has not come so far */
  | Readonly<{ kind: 'not-compared'; why: string }>
  | Readonly<{ kind: 'different'; jobsetId: number; jobset: string; replayedMs: number; readModelMs: number }>;

/** What the log says was used up to a position, by jobset. */
export type LogUsage = Readonly<{
  /** Unix milliseconds */
  atMs: number;
  usage: readonly Readonly<{ jobsetId: number; jobset: string; usedMs: number }>[];
  rules: Pick<SchedulerOptions, 'windowMs'>;
  position: bigint;
}>;

const TRIES = 5;
const PAUSE_MS = 200;

/** What the read model knows, once it came to a position; waits a moment for it. */
export const snapshotAt = async (pool: ConnectionPool, position: bigint, sinceMs: number): Promise<FarmSnapshot> => {
  for (let tries = 1; ; tries += 1) {
    const snapshot = await farmSnapshot(pool, sinceMs);
    if (snapshot.position >= position || tries === TRIES) return snapshot;
    await wait(PAUSE_MS);
  }
};

/** Use by jobset as the read model has it, beside that of the replay: at the same position and moment, by the same window. */
export const compareWithReadModel = (
  snapshot: FarmSnapshot,
  { atMs, usage, rules, position }: LogUsage,
): Comparison => {
  if (snapshot.position !== position)
    return { kind: 'not-compared', why: `it is at ${snapshot.position}, the log was read up to ${position}` };
  const ledger = new Ledger(rules.windowMs);
  const start = (drvPath: string, attempt: number, jobsetIds: readonly number[], startedAtMs: number): string => {
    const key = `${drvPath}#${attempt}`;
    ledger.start(key, jobsetIds, startedAtMs);
    return key;
  };
  for (const { drvPath, attempt, startedAtMs, stoppedAtMs, charges } of snapshot.charges) {
    const jobsetIds = charges.map(({ jobsetId }) => jobsetId);
    ledger.stop(start(drvPath, attempt, jobsetIds, startedAtMs), stoppedAtMs);
  }
  for (const { drvPath, attempt, jobsetIds, startedAtMs } of snapshot.running)
    start(drvPath, attempt, jobsetIds, startedAtMs);
  ledger.advance(atMs);
  const names = new Map(usage.map(({ jobsetId, jobset }) => [jobsetId, jobset]));
  const replayed = new Map(usage.map(({ jobsetId, usedMs }) => [jobsetId, usedMs]));
  for (const jobsetId of new Set([...replayed.keys(), ...ledger.jobsets()])) {
    const [replayedMs, readModelMs] = [replayed.get(jobsetId) ?? 0, ledger.usedMs(jobsetId, atMs)];
    if (replayedMs !== readModelMs)
      return { kind: 'different', jobsetId, jobset: names.get(jobsetId) ?? `#${jobsetId}`, replayedMs, readModelMs };
  }
  return { kind: 'equal' };
};
