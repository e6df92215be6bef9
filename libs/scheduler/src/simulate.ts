import type { Charge, Dispatch, DomainEvent, StepStatus } from '#domain';
import { Heap } from './heap.js';
import type { Machine } from './machine.js';
import type { Assignment, PastAttempt, SchedulerOptions } from './scheduler.js';
import { Scheduler } from './scheduler.js';
import type { QueuedBuild, Step, StepSpec } from './step.js';

/** Something that happens to the farm from outside. Unix milliseconds. */
export type Happening = Readonly<{ atMs: number }> &
  (
    | Readonly<{
        kind: 'build';
        build: QueuedBuild;
        /**
         * Its steps; those that an earlier build brought may be left out. One that succeeded in the simulation is done, and is
         * not built again.
         */
        specs: readonly StepSpec[];
        /** derivations that must be built again though they succeeded before */
        anew?: readonly string[];
      }>
    | Readonly<{ kind: 'cancel'; buildIds: readonly number[] }>
    | Readonly<{ kind: 'bump'; buildId: number; globalPriority: number }>
    | Readonly<{ kind: 'shares'; jobsetId: number; shares: number }>
    | Readonly<{ kind: 'machine'; event: Extract<DomainEvent, { type: `Machine${string}` }> }>
  );

/** How an attempt goes. `retryAfterMs`: a failed one is tried again so long after its end; without it the failure is final. */
export type Outcome = Readonly<{ ms: number; status: StepStatus; retryAfterMs?: number }>;

/** What a simulation is told. Times are Unix milliseconds. */
export type SimulationInput = Readonly<{
  startedAtMs: number;
  /** the simulation stops before anything later than that; without it, when nothing more can happen */
  untilMs?: number;
  /** jobset to its shares at the start; others have the default */
  shares: Iterable<readonly [number, number]>;
  /**
   * Attempts that the ledger knows at the start. One without a stop, or with a stop later than the start, runs on in the
   * ledger up to its stop, and takes no slot.
   */
  history?: readonly PastAttempt[];
  /** under the policy `clamped`: the farm's virtual time and the tags of jobsets at the start */
  virtual?: number;
  tags?: ReadonlyMap<number, number>;
  /** in order of time; read as the simulation goes on. Machines come by `machine` happenings too. */
  happenings: Iterable<Happening>;
  /** how an attempt goes that begins now; `nth`: which attempt at the derivation it is in the simulation, from 1 */
  outcomeOf: (of: Readonly<{ step: Step; nth: number; machine: Machine; atMs: number }>) => Outcome;
}>;

export type BuildEnd = 'succeeded' | 'failed' | 'cancelled';

/** What happens in the simulated farm, in order. */
export type SimulatedEvent = Readonly<{ atMs: number }> &
  (
    | Readonly<{
        kind: 'started';
        drvPath: string;
        attempt: number;
        machine: string;
        jobsetIds: readonly number[];
        dispatch: Dispatch;
        clamp?: Assignment['clamp'];
      }>
    | Readonly<{
        kind: 'ended';
        drvPath: string;
        attempt: number;
        machine: string;
        startedAtMs: number;
        status: StepStatus;
        charges: readonly Charge[];
      }>
    | Readonly<{ kind: 'build-finished'; buildId: number; jobsetId: number; end: BuildEnd }>
  );

export type SimulationResult = Readonly<{
  endedAtMs: number;
  /** attempts begun */
  starts: number;
  /** build to when and how it finished */
  builds: ReadonlyMap<number, Readonly<{ jobsetId: number; queuedAtMs: number; finishedAtMs: number; end: BuildEnd }>>;
  /** builds that had not finished, in order of id: out of time, or nothing could build them */
  unfinished: readonly number[];
}>;

type Run = Readonly<{
  drvPath: string;
  attempt: number;
  machine: string;
  startedAtMs: number;
  endsAtMs: number;
  nr: number;
  outcome: Outcome;
}>;

/**
 * Runs a farm in virtual time, from event to event, with the very `Scheduler` of the queue runner. Give it whatever rules are to be
 * tried in `options`. It is a generator, so that the caller drives it: each `next()` works up to the next event and no
 * further (a pause for other work, a bar of progress by `atMs`, a stop half-way); the result is what it returns:
 *
 *     const run = simulate(input, options);
 *     let step = run.next();
 *     for (; !step.done; step = run.next()) look(step.value);
 *     const result = step.value;
 *
 * At one instant attempts end first, in the order in which they began, then what happens from outside, then slots are
 * filled. Same input, same events. Throws where a build needs a derivation that no build has brought, or on time going back.
 */
export const simulate = (
  input: SimulationInput,
  options: SchedulerOptions,
): Generator<SimulatedEvent, SimulationResult, void> => new Simulation(input, options).run();

class Simulation {
  private readonly scheduler: Scheduler;
  private readonly running = new Map<string, Run>();
  private readonly ends = new Heap<Run>((a, b) => a.endsAtMs - b.endsAtMs || a.nr - b.nr);
  /** attempts of before the start that run on in the ledger */
  private readonly past: Heap<Required<PastAttempt>>;
  private readonly specs = new Map<string, StepSpec>();
  private readonly done = new Set<string>();
  /** attempts at a derivation before the simulation, and in it */
  private readonly before = new Map<string, number>();
  private readonly tries = new Map<string, number>();
  private readonly queued = new Map<number, Readonly<{ jobsetId: number; atMs: number }>>();
  private readonly builds = new Map<
    number,
    SimulationResult['builds'] extends ReadonlyMap<number, infer T> ? T : never
  >();
  private now: number;
  private starts = 0;

  constructor(
    private readonly input: SimulationInput,
    options: SchedulerOptions,
  ) {
    const { startedAtMs, shares, history = [], virtual = 0, tags = new Map() } = input;
    this.now = startedAtMs;
    this.scheduler = new Scheduler(options);
    for (const [jobsetId, weight] of shares) this.scheduler.shares.set(jobsetId, weight);
    const open = ({ stoppedAtMs = Infinity }: PastAttempt): boolean => stoppedAtMs > startedAtMs;
    const attempts = history.map((each) => (open(each) ? { ...each, stoppedAtMs: undefined } : each));
    this.scheduler.beginTerm({ options, startedAtMs, attempts });
    this.scheduler.restoreTags({ virtual, tags });
    this.past = new Heap((a, b) => a.stoppedAtMs - b.stoppedAtMs || (a.drvPath < b.drvPath ? -1 : 1));
    for (const each of history) {
      this.before.set(each.drvPath, Math.max(this.before.get(each.drvPath) ?? 0, each.attempt));
      if (open(each) && each.stoppedAtMs !== undefined) this.past.add(each as Required<PastAttempt>);
    }
  }

  *run(): Generator<SimulatedEvent, SimulationResult, void> {
    const { untilMs = Infinity, happenings } = this.input;
    const coming = happenings[Symbol.iterator]();
    let next = coming.next();
    for (;;) {
      const times = [next.done ? undefined : next.value.atMs, this.ends.top?.endsAtMs, this.past.top?.stoppedAtMs];
      times.push(this.scheduler.nextWakeMs(this.now));
      const atMs = Math.min(...times.map((each) => each ?? Infinity));
      if (atMs === Infinity || atMs > untilMs) break;
      this.now = Math.max(this.now, atMs);
      for (let past = this.past.top; past && past.stoppedAtMs <= this.now; past = this.past.top) {
        this.past.remove(past);
        this.scheduler.completed({ ...past, status: 'succeeded', interrupted: false });
      }
      for (let run = this.ends.top; run && run.endsAtMs <= this.now; run = this.ends.top)
        yield* this.end(run, run.outcome);
      for (; !next.done && next.value.atMs <= this.now; next = coming.next()) {
        if (next.value.atMs < this.now)
          throw new Error(`what happens at ${next.value.atMs} comes after ${this.now}: not in order`);
        yield* this.happen(next.value);
      }
      yield* this.fill();
    }
    const unfinished = [...this.queued.keys()].sort((a, b) => a - b);
    return { endedAtMs: this.now, starts: this.starts, builds: this.builds, unfinished };
  }

  private *happen(what: Happening): Generator<SimulatedEvent> {
    const { scheduler } = this;
    switch (what.kind) {
      case 'build':
        return yield* this.place(what);
      case 'cancel': {
        const known = what.buildIds.filter((id) => this.queued.has(id));
        const orphans = scheduler.graph.removeBuilds(known);
        yield* this.kill(orphans);
        return yield* this.finish(known, 'cancelled');
      }
      case 'bump':
        return scheduler.graph.bump(what.buildId, what.globalPriority);
      case 'shares':
        return void scheduler.shares.set(what.jobsetId, what.shares);
      case 'machine':
        return scheduler.machines.apply(what.event);
    }
  }

  private *place({ build, specs, anew = [] }: Extract<Happening, { kind: 'build' }>): Generator<SimulatedEvent> {
    const { graph } = this.scheduler;
    for (const spec of specs) this.specs.set(spec.drvPath, spec);
    for (const drvPath of anew) this.done.delete(drvPath);
    this.queued.set(build.buildId, { jobsetId: build.jobsetId, atMs: this.now });
    if (this.done.has(build.drvPath)) return yield* this.finish([build.buildId], 'succeeded');
    const wanted = new Set([build.drvPath]);
    const needed: StepSpec[] = [];
    for (const drvPath of wanted) {
      if (graph.steps.has(drvPath)) continue;
      const spec = this.specs.get(drvPath);
      if (spec === undefined) throw new Error(`build ${build.buildId} needs '${drvPath}', which no build has brought`);
      const inputs = spec.inputs.filter((path) => !this.done.has(path));
      for (const path of inputs) wanted.add(path);
      needed.push({ ...spec, inputs });
    }
    this.scheduler.addBuild(build, needed);
  }

  private *fill(): Generator<SimulatedEvent> {
    const { scheduler, now } = this;
    for (let chosen = scheduler.next(now); chosen; chosen = scheduler.next(now)) {
      const { step, machine, dispatch, clamp } = chosen;
      const { drvPath } = step;
      const nth = (this.tries.get(drvPath) ?? 0) + 1;
      const attempt = (this.before.get(drvPath) ?? 0) + nth;
      const outcome = this.input.outcomeOf({ step, nth, machine, atMs: now });
      const jobsetIds = [...step.jobsetIds].sort((a, b) => a - b);
      this.tries.set(drvPath, nth);
      this.starts += 1;
      const begun = { drvPath, attempt, machine: machine.name, startedAtMs: now };
      const run: Run = { ...begun, endsAtMs: now + Math.max(0, outcome.ms), nr: this.starts, outcome };
      this.running.set(drvPath, run);
      this.ends.add(run);
      scheduler.started({ ...begun, jobsetIds }, dispatch, clamp);
      const { startedAtMs: atMs, ...rest } = begun;
      yield { kind: 'started', atMs, ...rest, jobsetIds, dispatch, ...(clamp && { clamp }) };
    }
  }

  private *end(run: Run, { status, retryAfterMs }: Omit<Outcome, 'ms'>): Generator<SimulatedEvent> {
    const { drvPath, attempt, machine, startedAtMs } = run;
    this.ends.remove(run);
    this.running.delete(drvPath);
    const retry = status === 'succeeded' || retryAfterMs === undefined ? {} : { retryAtMs: this.now + retryAfterMs };
    const ended = { drvPath, attempt, status, stoppedAtMs: this.now, interrupted: false, ...retry };
    const { charges, consequence } = this.scheduler.completed(ended);
    if (status === 'succeeded') this.done.add(drvPath);
    yield { kind: 'ended', atMs: this.now, drvPath, attempt, machine, startedAtMs, status, charges };
    if (consequence.kind === 'succeeded') yield* this.finish(consequence.direct, 'succeeded');
    if (consequence.kind === 'failed') {
      yield* this.kill(consequence.orphans);
      yield* this.finish([...consequence.direct, ...consequence.dependent], 'failed');
    }
  }

  private *kill(orphans: readonly Step[]): Generator<SimulatedEvent> {
    for (const { drvPath } of orphans) {
      const run = this.running.get(drvPath);
      if (run) yield* this.end(run, { status: 'cancelled' });
    }
  }

  private *finish(buildIds: readonly number[], end: BuildEnd): Generator<SimulatedEvent> {
    for (const buildId of buildIds) {
      const { jobsetId, atMs } = this.queued.get(buildId)!;
      this.queued.delete(buildId);
      this.builds.set(buildId, { jobsetId, queuedAtMs: atMs, finishedAtMs: this.now, end });
      yield { kind: 'build-finished', atMs: this.now, buildId, jobsetId, end };
    }
  }
}
