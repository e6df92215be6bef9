import { type BuildStepCompleted, type BuildStepStarted, isRejection, type StepLog, stepStream } from '#domain';
import type { LogStore, LogWriter } from '#binary-cache';
import { logKey } from '#binary-cache';
import type { BuildOutcome, BuildSlot } from '#nix';
import { type Clock, type Logger, withCorrelation } from '#runtime';
import type { Choice, Step } from '#scheduler';
import type { GcRoots } from '../shared/gc-roots.js';
import { attemptKey, type Farm, type KnownBuild } from './farm.js';
import type { Finisher } from './finish.js';
import type { Journal, Memo } from './journal.js';
import type { RunnerOptions } from './options.js';
import { endInterrupted } from './recover.js';
import type { Sizes } from './sizes.js';
import { judge, retryDelayMs, stepHistory, type StepHistory, type Verdict } from './verdict.js';

export type AttemptParts = Readonly<{
  farm: Farm;
  journal: Journal;
  finisher: Finisher;
  sizes: Sizes;
  roots: Pick<GcRoots, 'add'>;
  logs: LogStore;
  clock: Clock;
  logger: Logger;
  options: RunnerOptions;
  /** whether the queue runner ends: a cancelled attempt is then interrupted */
  stopping: () => boolean;
}>;

/** Where an attempt runs. `freed` is called as soon as the slot can take the next one. */
export type Place = Readonly<{
  machine: string;
  number: number;
  slot: BuildSlot;
  freed: () => void;
  signal: AbortSignal;
}>;

type Started = BuildStepStarted['data'];

/** The build whose history shows the attempt, and whose limits count: one that wants just this step, else any. */
export const ownerOf = (step: Step): number => (step.builds.size > 0 ? Math.min(...step.builds) : step.lowestBuildId);

/**
 * One attempt at a step: recorded, built with its log, recorded again, and told to all builds that hang on it. The graph has
 * the step as running already. Resolves when everything that follows is in the log.
 */
export const runAttempt = async (parts: AttemptParts, { step, dispatch }: Choice, place: Place): Promise<void> => {
  const { farm, journal, logs, clock, options } = parts;
  const { drvPath } = step;
  const memo = farm.steps.get(drvPath)!;
  const owner = farm.builds.get(ownerOf(step)) as KnownBuild;
  const { queued, cause } = owner.facts;
  const attempt = memo.state.attempts + 1;
  const key = attemptKey(drvPath, attempt);
  const started: Started = {
    drvPath,
    attempt,
    buildId: owner.buildId,
    jobsetIds: [...step.jobsetIds].sort((a, b) => a - b),
    system: step.system,
    machine: place.machine,
    slot: place.number,
    logKey: logKey(drvPath, attempt),
    startedAtMs: clock.now(),
    dispatch,
  };
  const target = { stream: stepStream(drvPath), memo };
  farm.ledger.start(key, started.jobsetIds, started.startedAtMs);
  const begun = await journal.execute(
    stepHistory,
    target,
    { type: 'StartStep', at: clock.iso(), data: started },
    cause,
  );
  if (isRejection(begun)) {
    farm.ledger.forget(key);
    place.freed();
    if (begun.rejected === 'step-running') await endInterrupted(parts, target, cause);
    return notStarted(parts, step, memo);
  }
  const logger = withCorrelation(parts.logger, cause.correlationId);
  logger.debug({ drvPath, attempt, buildId: owner.buildId, slot: place.number }, 'step started');
  // The builder need not wait for the file: what it says meanwhile is written once that is open.
  const opening = logs.create(started.logKey);
  const outcome = await build(step, opening, place, {
    maxSilentSecs: queued.maxSilent,
    timeoutSecs: queued.timeout,
    maxLogBytes: options.maxLogBytes,
  });
  const verdict = judge(outcome, options, parts.stopping());
  parts.sizes.learn(outcome.outputs.values());
  place.freed();
  const log = await opening;
  // Until then the connection that built them keeps them.
  if (verdict.status === 'succeeded')
    await Promise.all([...outcome.outputs.values()].map(({ path }) => parts.roots.add(path)));
  const closed = await log.close({ truncated: verdict.status === 'log-limit-exceeded' });
  const completed = completedOf(started, verdict, outcome, closed, retryAt(verdict, memo, outcome, options));
  logger.info(
    { drvPath, attempt, buildId: owner.buildId, status: verdict.status, ms: outcome.stoppedAt - started.startedAtMs },
    'step done',
  );
  await conclude(parts, { target, owner, completed, outputs: outcome.outputs, interrupted: verdict.interrupted });
};

const build = async (
  { drvPath }: Step,
  opening: Promise<LogWriter>,
  { slot, signal }: Place,
  limits: Parameters<BuildSlot['build']>[0]['limits'],
): Promise<BuildOutcome> => {
  const onLog = (chunk: Buffer): void => {
    // A failed write is heard of when the log is closed, a failed opening right after the build.
    opening.then((log) => log.write(chunk)).catch(() => undefined);
  };
  opening.catch(() => undefined); // awaited by the caller after the build
  return slot.build({ drvPath, limits, onLog, signal });
};

const retryAt = (
  { retry }: Verdict,
  { state }: Memo<StepHistory>,
  { stoppedAt }: BuildOutcome,
  options: RunnerOptions,
): number | undefined => {
  const delay = retry ? retryDelayMs(state.tries, options) : undefined;
  return delay === undefined ? undefined : stoppedAt + delay;
};

const completedOf = (
  { drvPath, attempt, buildId, machine, startedAtMs }: Started,
  { status, error, cachesFailure, interrupted }: Verdict,
  { stoppedAt }: BuildOutcome,
  log: StepLog,
  retryAtMs: number | undefined,
): Omit<BuildStepCompleted['data'], 'charges'> => ({
  drvPath,
  attempt,
  buildId,
  machine,
  status,
  startedAtMs,
  stoppedAtMs: Math.max(stoppedAt, startedAtMs),
  log,
  ...(error ? { error } : {}),
  cachesFailure,
  interrupted,
  ...(retryAtMs === undefined ? {} : { retryAtMs }),
});

type Ended = Readonly<{
  target: Readonly<{ stream: string; memo: Memo<StepHistory> }>;
  owner: KnownBuild;
  completed: Omit<BuildStepCompleted['data'], 'charges'>;
  outputs: BuildOutcome['outputs'];
  interrupted: boolean;
}>;

/** Writes the end of an attempt and all that follows from it, in one turn and so in one batch where nothing must be read first. */
const conclude = async (
  parts: AttemptParts,
  { target, owner, completed, outputs, interrupted }: Ended,
): Promise<void> => {
  const { farm, journal, finisher, clock } = parts;
  const { drvPath, attempt, buildId: ownerId, status, startedAtMs, stoppedAtMs, retryAtMs } = completed;
  const charges = farm.ledger.stop(attemptKey(drvPath, attempt), stoppedAtMs);
  const causeId = journal.nextId('CompleteStep', target);
  const command = { type: 'CompleteStep', at: clock.iso(), data: { ...completed, charges } } as const;
  const work: Promise<unknown>[] = [
    journal.execute(stepHistory, target, command, owner.facts.cause).then((done) => {
      if (isRejection(done))
        throw new Error(`attempt ${attempt} at '${drvPath}' could not be completed: ${done.rejected}`);
    }),
  ];
  // Not the step that was chosen, where that was given up in between and the derivation is wanted anew.
  const step = farm.graph.steps.get(drvPath);
  if (step === undefined) return void (await Promise.all(work));
  if (status === 'succeeded') {
    farm.stepLeft(drvPath);
    const paths = new Map([...outputs].map(([name, { path }]) => [name, path]));
    for (const id of farm.graph.succeed(step)) {
      const times = { startedAtMs, stoppedAtMs, cached: id !== ownerId, causeId };
      work.push(finisher.succeed(farm.builds.get(id) as KnownBuild, paths, times));
    }
  } else if (retryAtMs !== undefined || interrupted || status === 'cancelled') {
    farm.graph.retry(step, retryAtMs ?? 0);
  } else {
    const { direct, dependent } = farm.graph.buildsOf(step);
    const builds = [...direct, ...dependent].map((id) => farm.builds.get(id) as KnownBuild);
    farm.stepLeft(drvPath);
    farm.removeFromGraph([...direct, ...dependent]);
    work.push(finisher.fail(builds, { ...completed, system: step.system, ownerId }, false, causeId));
  }
  await Promise.all(work);
};

/** The log knew better: the failure is remembered, or somebody else tried. */
const notStarted = async (
  { farm, finisher }: AttemptParts,
  step: Step,
  { state }: Memo<StepHistory>,
): Promise<void> => {
  const { drvPath, system } = step;
  if (farm.graph.steps.get(drvPath) !== step) return;
  if (!state.cachedFailure) return farm.graph.retry(step, 0);
  const { direct, dependent } = farm.graph.buildsOf(step);
  const builds = [...direct, ...dependent].map((id) => farm.builds.get(id) as KnownBuild);
  farm.stepLeft(drvPath);
  farm.removeFromGraph([...direct, ...dependent]);
  await finisher.fail(builds, { ...state.cachedFailure, ownerId: state.cachedFailure.buildId, system }, true);
};
