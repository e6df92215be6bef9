import type { Machine, Scheduler, Step } from '../src/index.js';
import { type Interval, usedByDefinition } from './oracle.js';

type Attempt = Interval & Readonly<{ key: string }>;
type Wanted = Readonly<{ drvPath: string; jobsetId: number; machine: string; usedMs: number; clamp?: object }>;
type Candidate = Readonly<{ step: Step; jobsetId: number; usedMs: number; shares: number; key: bigint }>;

const UNITS = 100_000n;
const perShare = (ms: number, shares: number): bigint => (BigInt(ms) * UNITS + BigInt(shares) - 1n) / BigInt(shares);

/**
 * The scheduler's rules in the plainest words: nothing is remembered but what happened; at each choice everything is
 * computed from the definitions, in BigInt, and sorted. What the steps are is read from the graph, which has a test of its own.
 */
export class PlainFarm {
  attempts: Attempt[] = [];
  readonly shares = new Map<number, number>();
  readonly tags = new Map<number, bigint>();
  virtual = 0n;

  constructor(private readonly options: Readonly<{ policy: string; windowMs: number; clampCreditMs: number }>) {}

  start(key: string, jobsetIds: readonly number[], startedAtMs: number): void {
    this.attempts.push({ key, jobsetIds, startedAtMs });
  }

  stop(key: string, stoppedAtMs: number): void {
    const found = this.attempts.find((each) => each.key === key)!;
    this.attempts = this.attempts.map((each) => (each === found ? { ...found, stoppedAtMs } : each));
    for (const id of found.jobsetIds) {
      const ms = partOf({ ...found, stoppedAtMs }, id, stoppedAtMs);
      this.tags.set(id, (this.tags.get(id) ?? 0n) + perShare(ms, this.shares.get(id) ?? 100));
    }
  }

  forget(key: string): void {
    this.attempts = this.attempts.filter((each) => each.key !== key);
  }

  running(jobsetId: number, atMs: number): bigint {
    let ms = 0;
    for (const each of this.attempts) if (each.stoppedAtMs === undefined) ms += partOf(each, jobsetId, atMs);
    return perShare(ms, this.shares.get(jobsetId) ?? 100);
  }

  key(jobsetId: number, atMs: number): bigint {
    const own = (this.tags.get(jobsetId) ?? 0n) + this.running(jobsetId, atMs);
    const floor = this.virtual - BigInt(this.options.clampCreditMs) * 1000n;
    return own > floor ? own : floor;
  }

  /** The choice is taken: tags move. */
  chose(jobsetId: number, atMs: number): void {
    const key = this.key(jobsetId, atMs);
    this.tags.set(jobsetId, key - this.running(jobsetId, atMs));
    if (key > this.virtual) this.virtual = key;
  }

  next({ graph, machines }: Scheduler, taken: ReadonlyMap<string, number>, atMs: number): Wanted | undefined {
    const free = machines
      .all()
      .filter(({ enabled, disabledUntilMs }) => enabled && disabledUntilMs <= atMs)
      .map(({ machine }) => ({ machine, running: taken.get(machine.name) ?? 0 }))
      .filter(({ machine, running }) => running < machine.slots)
      .sort(
        (a, b) =>
          Math.round(a.running / a.machine.speedFactor) - Math.round(b.running / b.machine.speedFactor) ||
          b.machine.speedFactor - a.machine.speedFactor ||
          b.running - a.running ||
          (a.machine.name < b.machine.name ? -1 : 1),
      );
    const runnable = [...graph.steps.values()].filter(
      ({ phase, retryAtMs }) => phase === 'runnable' || (phase === 'delayed' && retryAtMs <= atMs),
    );
    for (const { machine } of free) {
      const candidates = runnable
        .filter((step) => canBuild(machine, step))
        .flatMap((step) => this.candidates(step, atMs));
      const [best] = candidates.sort((a, b) => this.compare(a, b));
      if (best === undefined) continue;
      const { step, jobsetId, usedMs, key } = best;
      const chosen = { drvPath: step.drvPath, jobsetId, machine: machine.name, usedMs };
      if (this.options.policy !== 'clamped') return chosen;
      const virtual = Number(key > this.virtual ? key : this.virtual);
      return { ...chosen, clamp: { virtual, tag: Number(key - this.running(jobsetId, atMs)) } };
    }
    return undefined;
  }

  private candidates(step: Step, atMs: number): Candidate[] {
    return [...step.jobsetIds].map((jobsetId) => ({
      step,
      jobsetId,
      usedMs: usedByDefinition(this.attempts, this.options.windowMs, jobsetId, atMs),
      shares: this.shares.get(jobsetId) ?? 100,
      key: this.key(jobsetId, atMs),
    }));
  }

  private compare(a: Candidate, b: Candidate): number {
    const [x, y] =
      this.options.policy === 'clamped'
        ? [a.key, b.key]
        : [BigInt(a.usedMs) * BigInt(b.shares), BigInt(b.usedMs) * BigInt(a.shares)];
    return (
      b.step.globalPriority - a.step.globalPriority ||
      (x < y ? -1 : x > y ? 1 : 0) ||
      b.step.localPriority - a.step.localPriority ||
      b.step.features.length - a.step.features.length ||
      b.step.dependents.size - a.step.dependents.size ||
      a.step.lowestBuildId - b.step.lowestBuildId ||
      (a.step.drvPath < b.step.drvPath ? -1 : a.step.drvPath > b.step.drvPath ? 1 : 0) ||
      a.jobsetId - b.jobsetId
    );
  }
}

/** The jobset's part of all the time of an attempt up to a moment. */
const partOf = (attempt: Interval, jobsetId: number, atMs: number): number =>
  usedByDefinition([attempt], Number.MAX_SAFE_INTEGER, jobsetId, atMs);

const canBuild = ({ systems, features, mandatoryFeatures }: Machine, step: Step): boolean =>
  (step.system === 'builtin' || systems.includes(step.system)) &&
  step.features.every((each) => [...features, ...mandatoryFeatures].includes(each)) &&
  mandatoryFeatures.every((each) => step.features.includes(each) || (each === 'local' && step.preferLocalBuild));
