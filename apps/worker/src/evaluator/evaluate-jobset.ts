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
import type { Applied } from '../shared/apply-specification.js';
import type { Cause } from '../shared/causes.js';
import type { GcRoots } from '../shared/gc-roots.js';
import { messageOf, OutageError, reach } from '../shared/outage.js';
import { SpecificationError, type SpecificationFile } from '../shared/specification.js';
import { finishAggregates } from './aggregates.js';
import { describeJob, MAX_JOB_BYTES, shortError, storable } from './describe.js';
import type { FetchedInputs, FetchInput, FetchInputs } from './fetch-inputs.js';
import { readBaseline } from './read-jobset.js';
import { createRecorder, type Recorder, SupersededError } from './recorder.js';
import { readSpecification, SPECIFICATION_JOB } from './read-specification.js';
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
export type Report =
  Body<'ReportEvaluation'> | Body<'ReportUnchanged'> | Body<'ReportSpecification'> | Body<'ReportEvaluationFailure'>;
/** Brings an evaluation to a report; throws `OutageError` and nothing else. */
export type Conclude = (assignment: Assignment) => Promise<Report>;

export type EvaluationConfig = Readonly<{
  store: EventStore;
  clock: Clock;
  nix: NixSettings;
  fetchInputs: FetchInputs;
  fetchInput: FetchInput;
  /** Brings the jobsets of a declarative project to what its specification says. */
  applySpecification: (project: string, value: SpecificationFile['value'], cause: Cause) => Promise<Applied>;
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
  /** the job that must be there, and no other one */
  only?: string,
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
        if (only !== undefined && job.attr !== only)
          throw new EvaluationError(
            'evaluation-error',
            `there must be no job but '${only}', which '${job.attr}' is not`,
          );
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
  if (only !== undefined && !drvPaths.has(only))
    throw new EvaluationError('evaluation-error', errors.get(only) ?? `there is no job '${only}'`);
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

type Specified = Readonly<{ report: Report } | { state: PresentJobset; generates: boolean }>;

/** Of a declarative project's `.jobsets`: what is left to evaluate, where the specification is not there as it stands. */
const specification = async (
  config: EvaluationConfig,
  { evaluationId, state, started, signal, logger }: Assignment,
): Promise<Specified> => {
  if (state.configuration.source.type !== 'declarative') return { state, generates: false };
  const read = await readSpecification(config, state, started, signal);
  if (read.kind === 'generated') return { state: { ...state, configuration: read.configuration }, generates: true };
  const { hash, value } = read;
  if (!state.trigger?.force && state.specification === hash) {
    logger.info({ hash }, 'the specification did not change: nothing to apply');
    return { report: { type: 'ReportUnchanged', data: { evaluationId, hash } } };
  }
  try {
    const applied = await config.applySpecification(state.project, value, started);
    return { report: { type: 'ReportSpecification', data: { evaluationId, hash, ...applied } } };
  } catch (error) {
    if (!(error instanceof SpecificationError)) throw error;
    throw new EvaluationError('evaluation-error', `the specification cannot be applied: ${error.message}`);
  }
};

const evaluate = async (
  config: EvaluationConfig,
  assignment: Assignment,
  abandon: (close: () => Promise<void>) => void,
): Promise<Report> => {
  const { evaluationId, started, startedAtMs, signal, logger } = assignment;
  const { store, clock, buildIds } = config;
  const specified = await specification(config, assignment);
  if ('report' in specified) return specified.report;
  const { state, generates } = specified;
  const fetched = await config.fetchInputs(state, signal);
  const fetchedAtMs = clock.now();
  const hash = evaluationHash(fetched.source);
  const { last } = state;
  // An armed one-shot was asked for, whatever its inputs: Hydra skips it for ever when they did not change.
  const armed = (state.trigger?.force ?? false) || state.configuration.mode === 'one-shot';
  // After a specification that was a file, what a build generated before stands no more.
  const forced = armed || state.specification !== undefined;
  if (!forced && last?.hash === hash && last.flake === fetched.flake) {
    logger.info({ hash }, 'inputs did not change: nothing to evaluate');
    return { type: 'ReportUnchanged', data: { evaluationId, hash } };
  }
  const planner = createReusePlanner(await reach(() => readBaseline(store, state.baseline)));
  const recorder = createRecorder({ store, clock, buildIds, evaluationId, jobsetId: state.jobsetId, cause: started });
  abandon(recorder.abandon);
  await walk(config, assignment, fetched, planner, recorder, generates ? SPECIFICATION_JOB : undefined);
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
