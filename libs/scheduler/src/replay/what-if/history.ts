import type { DomainEvent } from '#domain';
import { specsOf } from '../../found-steps.js';
import type { PastAttempt, SchedulerOptions } from '../../scheduler.js';
import { DEFAULT_OPTIONS } from '../../scheduler.js';
import type { Happening, Outcome } from '../../simulate.js';
import type { QueuedBuild, StepSpec } from '../../step.js';
import { Tally } from './tally.js';
import type { RecordedLike } from '../types.js';

type MachineEvent = Extract<DomainEvent, { type: `Machine${string}` }>;
type Found = { build: QueuedBuild; steps: Parameters<typeof specsOf>[0][number][] };
type Interval = Readonly<{ fromMs?: number; toMs?: number }>;

/** Whether an attempt's end says how long the step takes: not where it was cut short from outside. */
const tells = (status: string, interrupted: boolean): boolean => !interrupted && status !== 'cancelled';

/**
 * What happened to the farm from outside, taken from the log in its order: builds and their steps, cancels, bumps, shares, machines, and
 * how long each attempt took. Beside it, what the farm made of it, as figures.
 */
export class FarmHistory {
  readonly names = new Map<number, string>();
  /** of the beginning of the interval */
  readonly shares = new Map<number, number>();
  readonly past: PastAttempt[] = [];
  readonly happenings: Happening[] = [];
  /** derivation to its attempts' ends in order */
  readonly outcomes = new Map<string, Outcome[]>();
  /** jobset to durations of its succeeded steps */
  readonly durations = new Map<number, number[]>();
  readonly queuedAt = new Map<number, number>();
  readonly tally = new Tally(this.queuedAt);
  rules: SchedulerOptions = DEFAULT_OPTIONS;
  terms = 0;
  events = 0;
  startedAtMs = 0;
  endedAtMs = 0;
  virtual = 0;
  readonly tags = new Map<number, number>();
  private readonly finding = new Map<number, Found>();
  private readonly waiting = new Map<number, Found>();
  private readonly entered = new Set<string>();
  private readonly runs = new Map<number, number>();
  private readonly succeeded = new Set<string>();
  /** steps that are still to be built, as they were found last */
  private readonly known = new Map<string, StepSpec>();
  /** steps that a happening brings, and those that the next one has to bring too */
  private readonly brought = new Set<string>();
  private extra: StepSpec[] = [];
  private readonly attempts = new Map<string, { -readonly [K in keyof PastAttempt]: PastAttempt[K] }>();
  private readonly machineEvents: MachineEvent[] = [];
  private begun = false;

  constructor(private readonly interval: Interval = {}) {}

  /** Takes the next event of the log; false where it is past the interval and nothing more is wanted. */
  apply(recorded: RecordedLike): boolean {
    const atMs = Date.parse(recorded.metadata.at);
    if (atMs > (this.interval.toMs ?? Infinity)) return false;
    this.events += 1;
    if (!this.begun && atMs >= (this.interval.fromMs ?? -Infinity)) this.begin(this.interval.fromMs ?? atMs);
    this.endedAtMs = Math.max(this.endedAtMs, atMs);
    this.take(recorded as unknown as DomainEvent, Math.max(atMs, this.startedAtMs));
    return true;
  }

  /** Puts in order of time what the log has in the order of its appends. */
  finish(): this {
    if (!this.begun) this.begin(this.interval.fromMs ?? 0);
    this.happenings.sort((a, b) => a.atMs - b.atMs);
    return this;
  }

  /** The state at the beginning becomes what happens first. */
  private begin(atMs: number): void {
    this.begun = true;
    this.startedAtMs = atMs;
    for (const event of this.machineEvents) this.happenings.push({ kind: 'machine', atMs, event });
    for (const { build } of this.waiting.values()) this.build(build, this.closure(build.drvPath), atMs);
    for (const attempt of this.attempts.values()) this.past.push(attempt);
  }

  private build(build: QueuedBuild, specs: readonly StepSpec[], atMs: number): void {
    const anew = specs.map(({ drvPath }) => drvPath).filter((path) => this.succeeded.delete(path));
    const all = [...this.extra.splice(0), ...specs];
    for (const { drvPath } of all) this.brought.add(drvPath);
    // In the graph at that moment by a build that was given up before the interval began.
    for (const path of [build.drvPath, ...all.flatMap(({ inputs }) => inputs)]) {
      if (this.brought.has(path)) continue;
      for (const spec of this.closure(path)) {
        this.brought.add(spec.drvPath);
        all.push(spec);
      }
    }
    if (!this.brought.has(build.drvPath)) return; // it was built before the interval began, though its end came later
    const known = all.map((spec) => ({ ...spec, inputs: spec.inputs.filter((path) => this.brought.has(path)) }));
    this.happenings.push({ kind: 'build', atMs, build, specs: known, ...(anew.length > 0 ? { anew } : {}) });
    this.tally.found(known, atMs);
  }

  /** A step and those below it that were still to be built. */
  private closure(top: string): StepSpec[] {
    const paths = new Set([top]);
    const specs: StepSpec[] = [];
    for (const path of paths) {
      const spec = this.known.get(path);
      if (spec === undefined) continue;
      const inputs = spec.inputs.filter((each) => this.known.has(each));
      for (const each of inputs) paths.add(each);
      specs.push({ ...spec, inputs });
    }
    return specs;
  }

  private take(event: DomainEvent, atMs: number): void {
    switch (event.type) {
      case 'QueueRunnerStarted': {
        const { policy, windowMs, clampCreditMs } = event.data;
        this.rules = { policy, windowMs, clampCreditMs };
        this.terms += 1;
        return;
      }
      case 'JobsetCreated':
      case 'JobsetCloned':
      case 'JobsetConfigured':
        this.names.set(event.data.jobsetId, `${event.data.project}:${event.data.name}`);
        return this.share(event.data.jobsetId, event.data.configuration.shares, atMs);
      case 'JobsetRenamed':
        this.names.set(event.data.jobsetId, `${event.data.to.project}:${event.data.to.name}`);
        return this.share(event.data.jobsetId, event.data.configuration.shares, atMs);
      case 'ShareChanged':
        return this.share(event.data.jobsetId, event.data.shares, atMs);
      case 'BuildQueued':
        this.queuedAt.set(event.data.buildId, atMs);
        this.names.set(event.data.jobset.id, `${event.data.jobset.project}:${event.data.jobset.name}`);
        return;
      case 'BuildRestarted':
        this.queuedAt.set(event.data.buildId, atMs);
        return void this.runs.set(event.data.buildId, event.data.run);
      case 'BuildBumped': {
        const { buildId, globalPriority } = event.data;
        const waits = this.waiting.get(buildId);
        if (waits) waits.build = { ...waits.build, globalPriority };
        if (this.begun) this.happenings.push({ kind: 'bump', atMs, buildId, globalPriority });
        return;
      }
      case 'BuildCancelled':
        this.waiting.delete(event.data.buildId);
        if (this.begun) this.happenings.push({ kind: 'cancel', atMs, buildIds: [event.data.buildId] });
        return;
      case 'BuildStepsFound':
        return this.found(event.data, atMs);
      case 'BuildStepStarted': {
        const { drvPath, attempt, jobsetIds, startedAtMs, dispatch } = event.data;
        const { clamp } = dispatch.basis ?? {};
        this.attempts.set(`${drvPath} ${attempt}`, { drvPath, attempt, jobsetIds, startedAtMs });
        if (this.begun) return this.tally.started(drvPath, jobsetIds, startedAtMs);
        if (clamp) {
          this.virtual = Math.max(this.virtual, clamp.virtual);
          this.tags.set(dispatch.jobsetId, clamp.tag);
        }
        return;
      }
      case 'BuildStepCompleted':
        return this.completed(event.data);
      case 'BuildFinished': {
        const found = this.waiting.get(event.data.buildId);
        this.waiting.delete(event.data.buildId);
        if (this.begun && found) this.tally.finished(event.data.buildId, found.build.jobsetId, atMs);
        return;
      }
      default:
        if (!event.type.startsWith('Machine')) return;
        if (this.begun) this.happenings.push({ kind: 'machine', atMs, event: event as MachineEvent });
        else this.machineEvents.push(event as MachineEvent);
    }
  }

  private share(jobsetId: number, shares: number, atMs: number): void {
    if (this.begun) this.happenings.push({ kind: 'shares', atMs, jobsetId, shares });
    else this.shares.set(jobsetId, shares);
  }

  private found(data: Extract<DomainEvent, { type: 'BuildStepsFound' }>['data'], atMs: number): void {
    const { buildId, jobsetId, drvPath, globalPriority, localPriority } = data;
    const build = { buildId, jobsetId, drvPath, globalPriority, localPriority };
    const found = this.finding.get(buildId) ?? { build, steps: [] };
    for (const step of data.steps) found.steps.push(step);
    if (data.more) return void this.finding.set(buildId, found);
    this.finding.delete(buildId);
    // A wait is of an attempt that failed, which the simulation makes itself.
    const specs = specsOf(found.steps).map((spec) => ({ ...spec, retryAtMs: 0 }));
    // Found again by a new queue runner: it arrived once, but its steps may be told of here for the first time.
    const key = `${buildId} ${this.runs.get(buildId) ?? 0}`;
    const again = this.entered.has(key);
    this.entered.add(key);
    this.waiting.set(buildId, { build, steps: [] });
    if (!this.begun) for (const spec of specs) this.known.set(spec.drvPath, spec);
    else if (!again) this.build(build, specs, atMs);
    else for (const spec of specs) if (!this.brought.has(spec.drvPath)) this.extra.push(spec);
  }

  private completed(data: Extract<DomainEvent, { type: 'BuildStepCompleted' }>['data']): void {
    const { drvPath, attempt, status, interrupted, startedAtMs, stoppedAtMs, retryAtMs, charges } = data;
    const key = `${drvPath} ${attempt}`;
    const known = this.attempts.get(key);
    if (known) known.stoppedAtMs = stoppedAtMs;
    if (this.begun) this.attempts.delete(key);
    const ms = stoppedAtMs - startedAtMs;
    if (status === 'succeeded') {
      this.succeeded.add(drvPath);
      this.known.delete(drvPath);
      for (const { jobsetId } of charges) {
        const known = this.durations.get(jobsetId);
        if (known) known.push(ms);
        else this.durations.set(jobsetId, [ms]);
      }
    }
    for (const { jobsetId, tag } of charges) if (tag !== undefined && !this.begun) this.tags.set(jobsetId, tag);
    if (!this.begun) return;
    this.endedAtMs = Math.max(this.endedAtMs, stoppedAtMs);
    if (tells(status, interrupted)) {
      const retry = retryAtMs === undefined ? {} : { retryAfterMs: Math.max(0, retryAtMs - stoppedAtMs) };
      const outcomes = this.outcomes.get(drvPath) ?? [];
      this.outcomes.set(drvPath, outcomes);
      outcomes.push({ ms, status, ...retry });
    }
    this.tally.ended(drvPath, status, charges, startedAtMs, stoppedAtMs, retryAtMs ?? stoppedAtMs);
  }
}
