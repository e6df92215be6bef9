import {
  evaluation,
  type EvaluationCommand,
  evaluationStream,
  eventVersions,
  type FoundJob,
  isRejection,
  type JobError,
} from '#domain';
import { eventId, type EventStore } from '#event-store';
import type { Clock } from '#runtime';
import { type Cause, dutyContext } from '../shared/causes.js';
import { reach } from '../shared/outage.js';
import { type Chunker, createChunker } from './chunker.js';
import { shortError, storable } from './describe.js';
import type { PlannedJob } from './reuse.js';

export type RecorderConfig = Readonly<{
  store: EventStore;
  clock: Clock;
  /** Draws ids of builds. */
  buildIds: (count: number) => Promise<readonly number[]>;
  evaluationId: number;
  jobsetId: number;
  /** the `EvaluationStarted` event */
  cause: Cause;
}>;

/** Writes what an evaluation finds into its stream while it goes on. */
export type Recorder = Readonly<{
  /** Resolves when there is room for more. */
  job: (job: PlannedJob) => Promise<void>;
  error: (error: JobError) => Promise<void>;
  /** Writes the rest. */
  end: () => Promise<void>;
  /** Writes no more. */
  abandon: () => Promise<void>;
  /** What was written, and who got which build. */
  written: () => Readonly<{ jobChunks: number; errors: number; buildOf: ReadonlyMap<string, number> }>;
}>;

/** Another evaluator writes the same evaluation: this one lost its lead and has no more to say. */
export class SupersededError extends Error {
  override readonly name = 'SupersededError';
}

type Item = Readonly<{ job: PlannedJob } | { error: JobError }>;
/** Half of what an event may hold leaves room for the envelope and the ids that are drawn later. */
const LIMITS = { maxBytes: 100 * 1024, maxCount: 200, maxWaitMs: 500 };
const ID_BYTES = 24;
const bytes = (value: unknown): number => Buffer.byteLength(JSON.stringify(value)) + ID_BYTES;

export const createRecorder = (config: RecorderConfig): Recorder => {
  const { store, clock, evaluationId, jobsetId, cause } = config;
  const stream = evaluationStream(evaluationId);
  const buildOf = new Map<string, number>();
  let state = evaluation.initial;
  let jobChunks = 0;
  let errors = 0;

  // One writer with the state at hand: reading the stream anew for each chunk would cost the square of the jobs.
  const record = async (
    write: Readonly<
      { type: 'RecordJobs'; jobs: readonly FoundJob[] } | { type: 'RecordErrors'; errors: readonly JobError[] }
    >,
  ): Promise<void> => {
    const { type, ...rest } = write;
    const chunk = state.chunks;
    const at = clock.iso();
    const command = { type, at, data: { evaluationId, jobsetId, chunk, ...rest } } as EvaluationCommand;
    const events = evaluation.decide(command, state);
    if (isRejection(events)) throw new Error(`${type} ${chunk} was refused: ${events.rejected}`);
    const { commandId, ...about } = dutyContext('evaluator', `${type} ${evaluationId} ${chunk}`, cause);
    const written = await reach(() =>
      store.append(
        stream,
        chunk === 0 ? 'no-stream' : chunk - 1,
        events.map((event, index) => ({
          id: eventId(commandId, index),
          ...event,
          metadata: { v: eventVersions[event.type].current, at, ...about },
        })),
      ),
    );
    if (!written.ok) throw new SupersededError(`evaluation ${evaluationId} has another writer`);
    state = events.reduce(evaluation.evolve, state);
  };

  const flush = async (items: readonly Item[]): Promise<void> => {
    const planned = items.flatMap((item) => ('job' in item ? [item.job] : []));
    const wanted = planned.filter(({ buildId }) => buildId === undefined).length;
    const ids = wanted === 0 ? [] : [...(await reach(() => config.buildIds(wanted)))];
    const jobs = planned.map((job): FoundJob => ({ ...job, buildId: job.buildId ?? ids.shift()! }));
    for (const { job, buildId } of jobs) buildOf.set(job, buildId);
    const failed = items.flatMap((item) => ('error' in item ? [item.error] : []));
    if (jobs.length > 0) {
      await record({ type: 'RecordJobs', jobs });
      jobChunks += 1;
    }
    if (failed.length > 0) await record({ type: 'RecordErrors', errors: failed });
  };

  const chunker: Chunker<Item> = createChunker(LIMITS, flush);
  const error = ({ job, message }: JobError): Promise<void> => {
    errors += 1;
    const kept = { job: storable(job.slice(0, 4_000)), message: shortError(message) };
    return chunker.add({ error: kept }, bytes(kept));
  };
  return {
    job: (job) => chunker.add({ job }, bytes(job)),
    error,
    end: chunker.end,
    abandon: chunker.abandon,
    written: () => ({ jobChunks, errors, buildOf }),
  };
};
