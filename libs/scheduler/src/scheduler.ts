import type { BuildStepCompleted, BuildStepStarted, Charge, Dispatch, DispatchBasis } from '#domain';
import { assign, type Choice } from './choose.js';
import { Graph } from './graph.js';
import { DEFAULT_WINDOW_MS, Ledger } from './ledger.js';
import type { Load, Machine } from './machine.js';
import { Machines } from './machines.js';
import { type Policy, policyOf } from './policy.js';
import type { QueuedBuild, Step, StepSpec } from './step.js';

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

type Attempt = Readonly<{ attempt: number; machine: string }> & { freed: boolean };
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
  graph = new Graph();
  ledger: Ledger;
  policy: Policy;
  readonly shares = new Map<number, number>();
  readonly machines = new Machines();
  private readonly attempts = new Map<string, Attempt>();
  private readonly taken = new Map<string, number>();

  constructor(public options: SchedulerOptions = DEFAULT_OPTIONS) {
    this.ledger = new Ledger(options.windowMs);
    this.policy = policyOf(options);
  }

  addBuild(build: QueuedBuild, specs: readonly StepSpec[]): void {
    this.graph.addBuild(build, specs);
  }

  /** The next assignment at a moment that does not go back; undefined where no free slot has a step to build. Changes nothing. */
  next(nowMs: number): Assignment | undefined {
    return assign(this, this.loads(nowMs), nowMs);
  }

  /** Machines that may get a step, with the slots that are taken. */
  loads(nowMs: number): readonly Load[] {
    return this.machines.usable(nowMs).map((machine) => ({ machine, running: this.taken.get(machine.name) ?? 0 }));
  }

  /** An attempt begins: a chosen step's, or one that the log tells of. */
  started({ drvPath, attempt, jobsetIds, machine, startedAtMs }: Started, _dispatch?: Dispatch): void {
    this.ledger.start(attemptKey(drvPath, attempt), jobsetIds, startedAtMs);
    this.attempts.set(drvPath, { attempt, machine, freed: false });
    this.taken.set(machine, (this.taken.get(machine) ?? 0) + 1);
    const step = this.graph.steps.get(drvPath);
    if (step) this.graph.start(step);
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
    if (found === undefined || found.attempt !== attempt || found.freed) return;
    found.freed = true;
    this.taken.set(found.machine, this.taken.get(found.machine)! - 1);
  }

  /** Attempts whose slot was given back and whose end is not recorded, in the order of their starts. */
  finishing(): readonly Readonly<{ drvPath: string; attempt: number }>[] {
    return [...this.attempts].filter(([, { freed }]) => freed).map(([drvPath, { attempt }]) => ({ drvPath, attempt }));
  }

  /** The attempt ended: what each jobset pays, and what that does to the graph. */
  completed(ended: Ended): Readonly<{ charges: readonly Charge[]; consequence: Consequence }> {
    const { drvPath, attempt, status, stoppedAtMs, retryAtMs, interrupted } = ended;
    const charges = this.ledger.stop(attemptKey(drvPath, attempt), stoppedAtMs);
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

  private leave(drvPath: string, attempt: number): boolean {
    const found = this.attempts.get(drvPath);
    if (found === undefined || found.attempt !== attempt) return false;
    this.freed(drvPath, attempt);
    return this.attempts.delete(drvPath);
  }
}
