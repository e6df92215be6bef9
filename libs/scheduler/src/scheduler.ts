import type { BuildStepCompleted, BuildStepStarted, Charge, Dispatch, DispatchBasis } from '#domain';
import { assign, type Choice } from './choose.js';
import { Fleet } from './fleet.js';
import { Graph } from './graph.js';
import { DEFAULT_WINDOW_MS, Ledger } from './ledger.js';
import type { Load, Machine } from './machine.js';
import { Machines } from './machines.js';
import { type Policy, policyOf } from './policy.js';
import { Shares } from './shares.js';
import { DEFAULT_SHARES, Standings } from './standings.js';
import type { QueuedBuild, Step, StepSpec } from './step.js';
import { VirtualTime } from './virtual-time.js';

/** By what rules a queue runner chooses during its term. */
export type SchedulerOptions = Readonly<{
  /** name of a policy: `window` or `clamped` */
  policy: string;
  windowMs: number;
  /** most credit for idleness under `clamped`, machine time at 100 shares */
  clampCreditMs: number;
}>;

export const DEFAULT_OPTIONS: SchedulerOptions = {
  policy: 'window',
  windowMs: DEFAULT_WINDOW_MS,
  clampCreditMs: 60 * 60 * 1000,
};

/** A step, the machine that builds it, and the numbers that chose both. `dispatch` has no basis but for the clamp. */
export type Assignment = Choice & Readonly<{ machine: Machine; clamp?: NonNullable<DispatchBasis['clamp']> }>;

/** What the end of an attempt does to the graph. Builds are in order of id. */
export type Consequence =
  /** nobody wants the derivation any more */
  | Readonly<{ kind: 'unwanted' }>
  /** its outputs are there: the builds that wanted just it are done */
  | Readonly<{ kind: 'succeeded'; step: Step; direct: readonly number[] }>
  /** it waits for its next attempt */
  | Readonly<{ kind: 'retried'; step: Step }>
  /** no attempt will help: the builds that wanted it are out of the graph, with the steps that only they needed; running ones of those */
  | Readonly<{
      kind: 'failed';
      step: Step;
      direct: readonly number[];
      dependent: readonly number[];
      orphans: readonly Step[];
    }>;

/** An attempt that the ledger of a new term begins with; no stop: it runs. Unix milliseconds. */
export type PastAttempt = Readonly<{
  drvPath: string;
  attempt: number;
  jobsetIds: readonly number[];
  startedAtMs: number;
  stoppedAtMs?: number | undefined;
}>;

type Attempt = Readonly<{ attempt: number; machine: string; startedAtMs: number }>;
type Started = Pick<BuildStepStarted['data'], 'drvPath' | 'attempt' | 'jobsetIds' | 'machine' | 'startedAtMs'>;
type Ended = Pick<
  BuildStepCompleted['data'],
  'drvPath' | 'attempt' | 'status' | 'stoppedAtMs' | 'retryAtMs' | 'interrupted'
>;

const attemptKey = (drvPath: string, attempt: number): string => `${drvPath}#${attempt}`;

/**
 * All that a choice depends on, and all that changes it, in one place: the queue runner tells it what happens, a replay what the
 * log says happened, a simulation what would have happened. The same calls in the same order give the same choices.
 */
export class Scheduler {
  graph: Graph;
  ledger: Ledger;
  policy: Policy;
  standings: Standings;
  readonly shares: Map<number, number> = new Shares((jobsetId) => this.turned(jobsetId));
  readonly machines = new Machines();
  private readonly attempts = new Map<string, Attempt>();
  /** attempts that have given their slot back, by derivation */
  private readonly freedSlots = new Map<string, number>();
  private readonly fleet = new Fleet(this.machines);
  private readonly time: VirtualTime;

  constructor(public options: SchedulerOptions = DEFAULT_OPTIONS) {
    this.time = new VirtualTime(options.clampCreditMs);
    this.policy = policyOf(options);
    this.ledger = this.newLedger();
    this.standings = this.newStandings();
    this.graph = new Graph(this.standings);
  }

  /**
   * A queue runner leads from now on, by these rules: the graph is empty and no slot is taken, the ledger knows just
   * these attempts; shares, machines and tags stay. Unix milliseconds.
   */
  beginTerm({
    options,
    startedAtMs,
    attempts,
  }: Readonly<{ options: SchedulerOptions; startedAtMs: number; attempts: Iterable<PastAttempt> }>): void {
    this.options = options;
    this.policy = policyOf(options);
    this.time.creditMs = options.clampCreditMs;
    this.ledger = this.newLedger();
    this.standings = this.newStandings();
    this.graph = new Graph(this.standings);
    this.attempts.clear();
    this.freedSlots.clear();
    this.fleet.empty();
    for (const { drvPath, attempt, jobsetIds, startedAtMs: since, stoppedAtMs } of attempts) {
      const key = attemptKey(drvPath, attempt);
      this.ledger.start(key, jobsetIds, since);
      if (stoppedAtMs !== undefined) this.ledger.stop(key, stoppedAtMs);
    }
    this.ledger.advance(startedAtMs);
  }

  /** What the log says of the policy `clamped`: the newest virtual time, and the newest tag of each jobset that has one. */
  restoreTags({ virtual, tags }: Readonly<{ virtual: number; tags: ReadonlyMap<number, number> }>): void {
    this.time.restore(virtual, tags);
    this.graph.runnable.turnedAll();
  }

  /** The jobset's tag under the policy `clamped`, in 1/1000 ms of machine time at 100 shares; 0 where it never had one. */
  tagOf(jobsetId: number): number {
    return this.time.tagOf(jobsetId);
  }

  /** The farm's virtual time under the policy `clamped`, in the same unit. */
  get virtual(): number {
    return this.time.virtual;
  }

  sharesOf(jobsetId: number): number {
    return this.shares.get(jobsetId) ?? DEFAULT_SHARES;
  }

  addBuild(build: QueuedBuild, specs: readonly StepSpec[]): void {
    this.graph.addBuild(build, specs);
  }

  /** The next assignment at a moment that does not go back; undefined where no free slot has a step to build. Changes nothing. */
  next(nowMs: number): Assignment | undefined {
    this.graph.wake(nowMs);
    const found = assign(this, this.fleet.offers(nowMs), nowMs);
    if (found === undefined) return undefined;
    const clamp = this.standings.clamp(found.dispatch.jobsetId, nowMs);
    return clamp ? { ...found, clamp } : found;
  }

  /** Machines that may get a step, with the slots that are taken. */
  loads(nowMs: number): readonly Load[] {
    return this.machines.usable(nowMs).map((machine) => ({ machine, running: this.fleet.running(machine.name) }));
  }

  /**
   * An attempt begins: a chosen step's, or one that the log tells of. `clamp` is what the choice does to the tags; it stands in the basis
   * of a recorded dispatch.
   */
  started(
    { drvPath, attempt, jobsetIds, machine, startedAtMs }: Started,
    dispatch?: Dispatch,
    clamp: Assignment['clamp'] = dispatch?.basis?.clamp,
  ): void {
    this.ledger.start(attemptKey(drvPath, attempt), jobsetIds, startedAtMs);
    if (dispatch && clamp && this.policy.name === 'clamped') {
      const { floor } = this.time;
      this.time.apply(dispatch.jobsetId, clamp);
      this.turned(dispatch.jobsetId);
      // Only a log of other rules says so.
      if (this.time.floor < floor) this.graph.runnable.turnedAll();
    }
    this.attempts.set(drvPath, { attempt, machine, startedAtMs });
    this.fleet.take(machine);
    const step = this.graph.steps.get(drvPath);
    if (step) this.graph.start(step);
  }

  /** The machine that a derivation is being built on, and since when. */
  attemptAt(drvPath: string): Readonly<{ attempt: number; machine: string; startedAtMs: number }> | undefined {
    return this.attempts.get(drvPath);
  }

  /** The attempt was refused before it began: it leaves no trace, and the step may be chosen again. */
  withdrawn(drvPath: string, attempt: number): void {
    this.ledger.forget(attemptKey(drvPath, attempt));
    this.leave(drvPath, attempt);
    const step = this.graph.steps.get(drvPath);
    if (step) this.graph.retry(step, 0);
    else this.graph.ended(drvPath);
  }

  /** The attempt's slot can take the next one, though its end is not recorded yet. */
  freed(drvPath: string, attempt: number): void {
    const found = this.attempts.get(drvPath);
    if (found === undefined || found.attempt !== attempt || this.freedSlots.has(drvPath)) return;
    this.freedSlots.set(drvPath, attempt);
    this.fleet.give(found.machine);
  }

  /** Attempts whose slot was given back and whose end is not recorded, in the order of that. */
  finishing(): readonly Readonly<{ drvPath: string; attempt: number }>[] {
    return [...this.freedSlots].map(([drvPath, attempt]) => ({ drvPath, attempt }));
  }

  /** The attempt ended: what each jobset pays, and what that does to the graph. */
  completed(ended: Ended): Readonly<{ charges: readonly Charge[]; consequence: Consequence }> {
    const { drvPath, attempt, status, stoppedAtMs, retryAtMs, interrupted } = ended;
    const charges = this.charge(this.ledger.stop(attemptKey(drvPath, attempt), stoppedAtMs));
    const known = this.leave(drvPath, attempt);
    const step = this.graph.steps.get(drvPath);
    if (!known || step === undefined) {
      if (known) this.graph.ended(drvPath);
      return { charges, consequence: { kind: 'unwanted' } };
    }
    if (status === 'succeeded')
      return { charges, consequence: { kind: 'succeeded', step, direct: this.graph.succeed(step) } };
    if (retryAtMs !== undefined || interrupted || status === 'cancelled') {
      this.graph.retry(step, retryAtMs ?? 0);
      return { charges, consequence: { kind: 'retried', step } };
    }
    const { direct, dependent } = this.graph.buildsOf(step);
    this.graph.ended(drvPath);
    const orphans = this.graph.removeBuilds([...direct, ...dependent]).filter((each) => each.drvPath !== drvPath);
    return { charges, consequence: { kind: 'failed', step, direct, dependent, orphans } };
  }

  /** When a choice may be possible that is not now, without anything happening; undefined where never. Unix milliseconds. */
  nextWakeMs(nowMs: number): number | undefined {
    const times = [this.graph.nextRetryAtMs, this.machines.nextReturnMs(nowMs)].filter((each) => each !== undefined);
    return times.length > 0 ? Math.min(...times) : undefined;
  }

  private charge(parts: readonly Charge[]): readonly Charge[] {
    if (this.policy.name !== 'clamped') return parts;
    return parts.map(({ jobsetId, ms }) => {
      const tag = this.time.charge(jobsetId, ms, this.sharesOf(jobsetId));
      this.turned(jobsetId);
      return { jobsetId, ms, tag };
    });
  }

  private newLedger(): Ledger {
    return new Ledger(this.options.windowMs, (jobsetId) => this.turned(jobsetId));
  }

  private newStandings(): Standings {
    const { policy, ledger, shares, time } = this;
    return new Standings({ policy, ledger, shares, time });
  }

  private turned(jobsetId: number): void {
    this.graph.runnable.turned(jobsetId);
  }

  private leave(drvPath: string, attempt: number): boolean {
    const found = this.attempts.get(drvPath);
    if (found === undefined || found.attempt !== attempt) return false;
    this.freed(drvPath, attempt);
    this.freedSlots.delete(drvPath);
    return this.attempts.delete(drvPath);
  }
}
