import { type BuildStepCompleted, type BuildStepStarted, isRejection, type StepLog, stepStream } from '#domain';
import type { LogStore, LogWriter } from '#binary-cache';
import { logKey } from '#binary-cache';
import type { BuildLimits } from '#nix';
import { type Clock, type Logger, withCorrelation } from '#runtime';
import type { Assignment, Step } from '#scheduler';
import type { GcRoots } from '../shared/gc-roots.js';
import type { Chronicle } from './chronicle.js';
import type { Farm, KnownBuild } from './farm.js';
import type { Finisher } from './finish.js';
import type { Journal, Memo } from './journal.js';
import { limitsOf, ownerOf, repeatsOf } from './limits.js';
import type { MachineDesk } from './machine-desk.js';
import type { MachineSlot, StepOutcome } from './machine-slots.js';
import type { RunnerOptions } from './options.js';
import { endInterrupted } from './recover.js';
import type { Sizes } from './sizes.js';
import { judge, retryDelayMs, stepHistory, type StepHistory, type Verdict } from './verdict.js';

export type AttemptParts = Readonly<{
  farm: Farm;
  chronicle: Chronicle;
  journal: Journal;
  desk: Pick<MachineDesk, 'failed' | 'answered'>;
  finisher: Finisher;
  sizes: Sizes;
  roots: Pick<GcRoots, 'add'>;
  logs: LogStore;
  clock: Clock;
  logger: Logger;
  options: RunnerOptions;
  /** whether the queue runner ends: a cancelled attempt is then interrupted */
  stopping: () => boolean;
  /** Nothing is chosen before it resolves. */
  hold: (until: Promise<unknown>) => void;
}>;

/** Where and when an attempt begins. */
export type Place = Readonly<{
  number: number;
  slot: MachineSlot;
  /** Unix milliseconds: the moment of the choice */
  nowMs: number;
  /** Called as soon as the slot can take the next step. */
  freed: () => void;
  signal: AbortSignal;
}>;

type Started = BuildStepStarted['data'];
type Target = Readonly<{ stream: string; memo: Memo<StepHistory> }>;
/** What an attempt is about, from its choice to its end. */
type Attempt = Readonly<{ step: Step; started: Started; target: Target; owner: KnownBuild; tries: number }>;

/**
 * One attempt at a step: recorded, built with its log, recorded again, and told to all builds that hang on it. The scheduler
 * is told and its start is enqueued before this returns for the first time. Resolves when all that follows is in the log.
 */
export const runAttempt = async (parts: AttemptParts, assignment: Assignment, place: Place): Promise<void> => {
  const attempt = begin(parts, assignment, place);
  const { farm } = parts;
  const { started, target, owner } = attempt;
  const { drvPath } = started;
  farm.attempting.set(drvPath, target.memo);
  try {
    const { cause } = owner.facts;
    const command = { type: 'StartStep', at: parts.clock.iso(), data: started } as const;
    const begun = await parts.journal.execute(stepHistory, target, command, cause);
    if (isRejection(begun)) return await notStarted(parts, attempt, place, begun.rejected === 'step-running');
    await perform(parts, attempt, place);
  } finally {
    if (farm.attempting.get(drvPath) === target.memo) farm.attempting.delete(drvPath);
  }
};

/** Tells the scheduler of the choice, as the event will tell it to others. */
const begin = ({ farm, chronicle }: AttemptParts, assignment: Assignment, place: Place): Attempt => {
  const { step, machine } = assignment;
  const { drvPath } = step;
  const memo = farm.steps.get(drvPath)!;
  const owner = farm.builds.get(ownerOf(step)) as KnownBuild;
  const attempt = memo.state.attempts + 1;
  const started: Started = {
    drvPath,
    attempt,
    buildId: owner.buildId,
    jobsetIds: [...step.jobsetIds].sort((a, b) => a - b),
    system: step.system,
    machine: machine.name,
    slot: place.number,
    logKey: logKey(drvPath, attempt),
    startedAtMs: place.nowMs,
    dispatch: chronicle.dispatchOf(assignment),
  };
  farm.scheduler.started(started, started.dispatch);
  return { step, started, target: { stream: stepStream(drvPath), memo }, owner, tries: memo.state.tries };
};

const perform = async (parts: AttemptParts, about: Attempt, place: Place): Promise<void> => {
  const { farm, logs, options, desk } = parts;
  const { started, owner, step } = about;
  const { drvPath, attempt, machine, startedAtMs } = started;
  const logger = withCorrelation(parts.logger, owner.facts.cause.correlationId);
  logger.debug({ drvPath, attempt, buildId: owner.buildId, machine, slot: place.number }, 'step started');
  // The builder need not wait for the file: what it says meanwhile is written once that is open.
  const opening = logs.create(started.logKey);
  const limits = { ...limitsOf(farm, step, owner), maxLogBytes: options.maxLogBytes };
  const outcome = await build(drvPath, opening, place, limits, repeatsOf(farm, step, options));
  const stoppedAtMs = Math.max(outcome.stoppedAt, startedAtMs);
  const verdict = judge(outcome, options, parts.stopping());
  parts.sizes.learn(outcome.outputs.values());
  // Heard of before the slot is given back, or the next step would go there too.
  if (outcome.machineFault !== undefined && !verdict.interrupted) await desk.failed(machine, outcome.machineFault);
  place.freed();
  if (outcome.machineFault === undefined && outcome.started) await desk.answered(machine, startedAtMs);
  const log = await opening;
  // Until then the connection that built them keeps them.
  if (verdict.status === 'succeeded')
    await Promise.all([...outcome.outputs.values()].map(({ path }) => parts.roots.add(path)));
  const closed = await log.close({ truncated: verdict.status === 'log-limit-exceeded' });
  const { status } = verdict;
  logger.info(
    { drvPath, attempt, buildId: owner.buildId, machine, status, ms: stoppedAtMs - startedAtMs },
    'step done',
  );
  const retryAtMs = retryAt(verdict, about.tries, stoppedAtMs, options);
  await conclude(parts, about, completedOf(started, verdict, stoppedAtMs, closed, retryAtMs), outcome.outputs);
};

const build = async (
  drvPath: string,
  opening: Promise<LogWriter>,
  { slot, signal, freed }: Place,
  limits: BuildLimits,
  repeats: number,
): Promise<StepOutcome> => {
  const onLog = (chunk: Buffer): void => {
    // A failed write is heard of when the log is closed, a failed opening right after the build.
    opening.then((log) => log.write(chunk)).catch(() => undefined);
  };
  opening.catch(() => undefined); // awaited by the caller after the build
  return slot.build({ drvPath, limits, repeats, onLog, signal, onBuilt: freed });
};

const retryAt = (
  { retry }: Verdict,
  tries: number,
  stoppedAtMs: number,
  options: RunnerOptions,
): number | undefined => {
  const delay = retry ? retryDelayMs(tries, options) : undefined;
  return delay === undefined ? undefined : stoppedAtMs + delay;
};

type Completed = Omit<BuildStepCompleted['data'], 'charges' | 'basis'>;

const completedOf = (
  { drvPath, attempt, buildId, machine, startedAtMs }: Started,
  { status, error, cachesFailure, interrupted }: Verdict,
  stoppedAtMs: number,
  log: StepLog,
  retryAtMs: number | undefined,
): Completed => ({
  drvPath,
  attempt,
  buildId,
  machine,
  status,
  startedAtMs,
  stoppedAtMs,
  log,
  ...(error ? { error } : {}),
  cachesFailure,
  interrupted,
  ...(retryAtMs === undefined ? {} : { retryAtMs }),
});

/** Writes the end of an attempt and all that follows from it, in one turn and so in one batch where nothing must be read first. */
const conclude = async (
  parts: AttemptParts,
  { target, owner }: Attempt,
  completed: Completed,
  outputs: StepOutcome['outputs'],
): Promise<void> => {
  const { farm, chronicle, journal, finisher, clock } = parts;
  const { drvPath, attempt, buildId: ownerId, startedAtMs, stoppedAtMs } = completed;
  const { charges, consequence } = farm.scheduler.completed(completed);
  const causeId = journal.nextId('CompleteStep', target);
  const command = {
    type: 'CompleteStep',
    at: clock.iso(),
    data: { ...completed, charges, basis: chronicle.basis },
  } as const;
  const work: Promise<unknown>[] = [
    journal.execute(stepHistory, target, command, owner.facts.cause).then((done) => {
      if (isRejection(done))
        throw new Error(`attempt ${attempt} at '${drvPath}' could not be completed: ${done.rejected}`);
    }),
  ];
  const known = (ids: readonly number[]): KnownBuild[] => ids.map((id) => farm.builds.get(id) as KnownBuild);
  switch (consequence.kind) {
    case 'unwanted':
      farm.gone.set(drvPath, target.memo);
      break;
    case 'retried':
      break;
    case 'succeeded': {
      farm.stepLeft(drvPath);
      const paths = new Map([...outputs].map(([name, { path }]) => [name, path]));
      for (const build of known(consequence.direct)) {
        const times = { startedAtMs, stoppedAtMs, cached: build.buildId !== ownerId, causeId };
        work.push(finisher.succeed(build, paths, times));
      }
      break;
    }
    case 'failed': {
      // Steps that only those builds needed and that run already go on: what they build is there for the next who asks.
      farm.stepLeft(drvPath);
      farm.dropMemos();
      const builds = known([...consequence.direct, ...consequence.dependent]);
      const failure = { ...completed, system: consequence.step.system, ownerId };
      work.push(finisher.fail(builds, failure, false, causeId));
    }
  }
  await Promise.all(work);
};

/** The log knew better: the failure is remembered, or somebody else tried. */
const notStarted = async (
  parts: AttemptParts,
  { started, target, owner }: Attempt,
  { freed }: Place,
  runsElsewhere: boolean,
): Promise<void> => {
  const { farm, chronicle, finisher, hold } = parts;
  const { drvPath } = started;
  const { cause } = owner.facts;
  // Before the other attempt is ended, which may have the same number.
  chronicle.withdraw(started, cause);
  const { cachedFailure } = target.memo.state;
  const step = farm.graph.steps.get(drvPath);
  let work: Promise<void> | undefined;
  if (runsElsewhere) {
    work = endInterrupted(parts, target, cause);
    // Or it would be chosen and refused again at once.
    hold(work);
  } else if (cachedFailure && step) {
    const failure = { ...cachedFailure, ownerId: cachedFailure.buildId, system: step.system };
    work = giveUp(parts, step, (builds) => finisher.fail(builds, failure, true));
  }
  freed();
  await work;
};

/** Brings all builds that need a step to their end without an attempt. */
export const giveUp = (
  { farm, hold }: Pick<AttemptParts, 'farm' | 'hold'>,
  step: Step,
  fail: (builds: readonly KnownBuild[]) => Promise<void>,
): Promise<void> => {
  const { direct, dependent } = farm.graph.buildsOf(step);
  const builds = [...direct, ...dependent].map((id) => farm.builds.get(id) as KnownBuild);
  farm.stepLeft(step.drvPath);
  farm.removeFromGraph([...direct, ...dependent]);
  const failed = fail(builds);
  // They left the graph by these very events. Where one is refused, whoever ended the build first is heard of before the next choice.
  hold(failed);
  return failed;
};
