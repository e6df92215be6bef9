import type { JobsetCommand, PresentJobset } from '#domain';
import type { EventStore } from '#event-store';
import {
  AggregateRewriter,
  evaluateJobs,
  type EvaluatedJob,
  EvaluationError,
  evaluationHash,
  FetchError,
  type NixSettings,
  openLocalStore,
} from '#nix';
import type { Clock, Logger } from '#runtime';
import type { Cause } from '../shared/causes.js';
import type { GcRoots } from '../shared/gc-roots.js';
import { messageOf, OutageError, reach } from '../shared/outage.js';
import { finishAggregates } from './aggregates.js';
import { describeJob, MAX_JOB_BYTES, shortError, storable } from './describe.js';
import type { FetchedInputs, FetchInputs } from './fetch-inputs.js';
import { readBaseline } from './read-jobset.js';
import { createRecorder, type Recorder, SupersededError } from './recorder.js';
import { boundedInputs } from './resolved-inputs.js';
import { createReusePlanner, type PlannedJob, type ReusePlanner } from './reuse.js';

/** One evaluation that was started, for one jobset as it was then. */
export type Assignment = Readonly<{
  evaluationId: number;
  state: PresentJobset;
  /** the `EvaluationStarted` event */
  started: Cause;
  startedAtMs: number;
  /** its reason is told as the reason of the interruption */
  signal: AbortSignal;
  logger: Logger;
}>;

type Body<T extends JobsetCommand['type']> = Omit<Extract<JobsetCommand, { type: T }>, 'at'>;
export type Report = Body<'ReportEvaluation'> | Body<'ReportUnchanged'> | Body<'ReportEvaluationFailure'>;
/** Brings an evaluation to a report; throws `OutageError` and nothing else. */
export type Conclude = (assignment: Assignment) => Promise<Report>;

export type EvaluationConfig = Readonly<{
  store: EventStore;
  clock: Clock;
  nix: NixSettings;
  fetchInputs: FetchInputs;
  buildIds: (count: number) => Promise<readonly number[]>;
  gcRoots: GcRoots;
  limits: Readonly<{ timeoutMs: number; maxMemoryMb: number; workers: number }>;
  allowImportFromDerivation: boolean;
}>;

const PROGRESS_MS = 2_000;

/** A line of progress every two seconds. */
const progressLog = (logger: Logger, clock: Clock) => {
  const began = clock.now();
  let told = began;
  return ({ jobs, errors, pending }: Readonly<{ jobs: number; errors: number; pending: number }>): void => {
    if (clock.now() - told < PROGRESS_MS) return;
    told = clock.now();
    logger.info({ jobs, errors, pending, perSecond: Math.round((jobs * 1000) / (told - began)) }, 'evaluating');
  };
};

const walk = async (
  config: EvaluationConfig,
  { signal, logger }: Assignment,
  { source }: FetchedInputs,
  planner: ReusePlanner,
  recorder: Recorder,
): Promise<void> => {
  const { nix, gcRoots, limits, allowImportFromDerivation } = config;
  const drvPaths = new Map<string, string>();
  const errors = new Map<string, string>();
  const aggregates: EvaluatedJob[] = [];

  const take = async (job: EvaluatedJob, more: Partial<PlannedJob> = {}): Promise<void> => {
    const { description, warnings } = describeJob(job);
    const evaluated = { job: job.attr, drvPath: job.drvPath, outputs: job.outputs, description };
    const size = Buffer.byteLength(JSON.stringify(evaluated));
    if (size > MAX_JOB_BYTES) {
      return recorder.error({
        job: job.attr,
        message: `error: the job takes ${size} bytes; at most ${MAX_JOB_BYTES} can be recorded`,
      });
    }
    for (const message of warnings) await recorder.error({ job: job.attr, message });
    const planned = planner.plan(evaluated);
    if (planned) await recorder.job({ ...planned, ...more });
  };
  await evaluateJobs(nix, source, {
    limits,
    signal,
    allowImportFromDerivation,
    onJobs: async (jobs) => {
      // While the evaluator lives its own roots hold them.
      await Promise.all(jobs.map(({ drvPath }) => gcRoots.add(drvPath)));
      for (const job of jobs) {
        drvPaths.set(job.attr, job.drvPath);
        if (job.aggregate) aggregates.push(job);
        else await take(job);
      }
    },
    onError: async (error) => {
      errors.set(error.job, error.message);
      await recorder.error(error);
    },
    onWarning: (warning) => logger.warn({ warning }, 'evaluation warns'),
    onProgress: progressLog(logger, config.clock),
  });
  await recorder.end();
  if (aggregates.length === 0) return;
  const connection = await openLocalStore(nix);
  try {
    const { buildOf } = recorder.written();
    for (const { job, constituents } of await finishAggregates(
      new AggregateRewriter(connection, nix.storeDir),
      aggregates,
      drvPaths,
      errors,
    )) {
      await gcRoots.add(job.drvPath);
      // An aggregate in it has its build once it is written.
      if (constituents.some((name) => !buildOf.has(name))) await recorder.end();
      await take(job, { constituents: constituents.flatMap((name) => buildOf.get(name) ?? []) });
    }
  } finally {
    await connection.close();
  }
  await recorder.end();
};

const evaluate = async (
  config: EvaluationConfig,
  assignment: Assignment,
  abandon: (close: () => Promise<void>) => void,
): Promise<Report> => {
  const { evaluationId, state, started, startedAtMs, signal, logger } = assignment;
  const { store, clock, buildIds } = config;
  const fetched = await config.fetchInputs(state, signal);
  const fetchedAtMs = clock.now();
  const hash = evaluationHash(fetched.source);
  const { last } = state;
  // An armed one-shot was asked for, whatever its inputs: Hydra skips it for ever when they did not change.
  const forced = (state.trigger?.force ?? false) || state.configuration.mode === 'one-shot';
  if (!forced && last?.hash === hash && last.flake === fetched.flake) {
    logger.info({ hash }, 'inputs did not change: nothing to evaluate');
    return { type: 'ReportUnchanged', data: { evaluationId, hash } };
  }
  const planner = createReusePlanner(await reach(() => readBaseline(store, state.baseline)));
  const recorder = createRecorder({ store, clock, buildIds, evaluationId, jobsetId: state.jobsetId, cause: started });
  abandon(recorder.abandon);
  await walk(config, assignment, fetched, planner, recorder);
  const { jobs, newBuilds, hasNewBuilds } = planner.result();
  const { jobChunks: chunks, errors } = recorder.written();
  const evaluationMs = clock.now() - fetchedAtMs;
  logger.info(
    { jobs, newBuilds, errors, evaluationMs, perSecond: Math.round((jobs * 1000) / Math.max(1, evaluationMs)) },
    'evaluated',
  );
  const { source } = state.configuration;
  const expression = source.type === 'expression' ? { expression: { input: source.input, path: source.path } } : {};
  const data = {
    evaluationId,
    hash,
    inputs: boundedInputs(fetched.inputs),
    chunks,
    jobs,
    newBuilds,
    errors,
    hasNewBuilds,
    checkoutMs: Math.max(0, fetchedAtMs - startedAtMs),
    evaluationMs,
  };
  return {
    type: 'ReportEvaluation',
    data: { ...data, ...expression, ...(fetched.flake === undefined ? {} : { flake: fetched.flake }) },
  };
};

/** Fetch, compare, evaluate, record: each failure becomes a report that names its cause. */
export const concludeEvaluation =
  (config: EvaluationConfig): Conclude =>
  async (assignment) => {
    const { evaluationId, signal, logger } = assignment;
    let abandon = (): Promise<void> => Promise.resolve();
    const failed = (kind: 'fetch' | 'evaluation' | 'interrupted', error: string): Report => {
      logger.warn({ kind, error: shortError(error) }, 'the evaluation came to nothing');
      return { type: 'ReportEvaluationFailure', data: { evaluationId, kind, error: storable(error) } };
    };
    try {
      return await evaluate(config, assignment, (close) => (abandon = close));
    } catch (error) {
      await abandon();
      if (error instanceof OutageError) throw error;
      if (signal.aborted) return failed('interrupted', messageOf(signal.reason));
      if (error instanceof SupersededError) return failed('interrupted', error.message);
      if (error instanceof FetchError) return failed('fetch', error.message);
      if (error instanceof EvaluationError) return failed('evaluation', error.message);
      // A bug of ours: this jobset's page says so, and the others go on.
      logger.error({ err: error }, 'unexpected error in an evaluation');
      return failed('evaluation', `internal error: ${messageOf(error)}`);
    }
  };
