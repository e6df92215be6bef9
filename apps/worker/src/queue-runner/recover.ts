import { isRejection, stepStream } from '#domain';
import { type Clock, type Logger } from '#runtime';
import type { Cause } from '../shared/causes.js';
import type { Chronicle } from './chronicle.js';
import { attemptKey, type Farm } from './farm.js';
import type { Journal, Memo } from './journal.js';
import { stepHistory, type StepHistory } from './verdict.js';

type RecoverParts = Readonly<{ farm: Farm; chronicle: Chronicle; journal: Journal; clock: Clock; logger: Logger }>;
type StepTarget = Readonly<{ stream: string; memo: Memo<StepHistory> }>;

/**
 * Ends an attempt that nobody holds: its worker died. It is no try of the step. When it died is not known, so the attempt is
 * charged up to now; a supervisor starts a worker again within a second.
 */
export const endInterrupted = async (parts: RecoverParts, target: StepTarget, cause?: Cause): Promise<void> => {
  const { farm, chronicle, journal, clock, logger } = parts;
  const { running } = target.memo.state;
  if (running === undefined) return;
  const { drvPath, attempt, buildId, machine, startedAtMs, jobsetIds } = running;
  const stoppedAtMs = Math.max(clock.now(), startedAtMs);
  // Where another leader began it after our term did, the ledger hears of it only now.
  farm.scheduler.ledger.start(attemptKey(drvPath, attempt), jobsetIds, startedAtMs);
  const ended = { drvPath, attempt, status: 'aborted', startedAtMs, stoppedAtMs, interrupted: true } as const;
  const { charges } = farm.scheduler.completed(ended);
  const error = 'the queue runner that ran it died';
  const data = { ...ended, buildId, machine, charges, error, cachesFailure: false, basis: chronicle.basis };
  const own = journal.nextId('CompleteStep', target);
  const why = cause ?? { eventId: own, correlationId: own };
  const done = await journal.execute(stepHistory, target, { type: 'CompleteStep', at: clock.iso(), data }, why);
  // Refused: its worker lived long enough to report it, or to begin again; the next start tells.
  if (!isRejection(done) && done.length > 0) logger.warn({ drvPath, attempt, buildId }, 'step was interrupted');
};

/** Ends all attempts that the log says are running: at the beginning of a term nobody holds one. */
export const endAllInterrupted = async (parts: RecoverParts): Promise<void> => {
  const { farm, journal } = parts;
  for (const drvPath of [...farm.unended.keys()]) {
    const memo: Memo<StepHistory> = { revision: 'no-stream', state: stepHistory.initial };
    const target = { stream: stepStream(drvPath), memo };
    await journal.refresh(stepHistory, target);
    await endInterrupted(parts, target);
    farm.unended.delete(drvPath);
  }
};
