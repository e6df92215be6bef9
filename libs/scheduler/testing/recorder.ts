import {
  machine as machineDecider,
  type BuildStepStarted,
  type DomainEvent,
  isRejection,
  type MachineCommand,
  type StepStatus,
} from '#domain';
import { foundParts } from '../src/found-steps.js';
import type { RecordedLike } from '../src/replay/index.js';
import { DEFAULT_OPTIONS, type PastAttempt, Scheduler, type SchedulerOptions } from '../src/scheduler.js';
import type { Step, StepSpec } from '../src/step.js';

const BEGIN = Date.parse('2026-01-01T00:00:00.000Z');

/** Whole numbers from 0 up to and without `below`. Reproducible. */
export type Dice = (below: number) => number;

/** xorshift32 (Marsaglia, 2003). */
export const diceOf = (seed: number): Dice => {
  let state = seed | 0 || 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
};

export type Recorded = RecordedLike & Readonly<{ stream: string; type: DomainEvent['type']; position: bigint }>;
type Plain = Readonly<{ stream: string; event: DomainEvent }>;
type Run = Readonly<{
  attempt: number;
  buildId: number;
  jobsetIds: readonly number[];
  machine: string;
  startedAtMs: number;
}>;
type Wanted = Readonly<{ buildId: number; jobsetId: number; drvPath: string; localPriority: number; run: number }>;

const uuid = (n: number): string => `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`;

/** A derivation of the made-up world: what it is never changes. */
export type WorldStep = Omit<StepSpec, 'retryAtMs'>;

/**
 * A queue runner without Nix: does what the real one does to its `Scheduler` and writes the log that this one would write. People's
 * events come into the log at once and are heard later; own ones wait in a batch. Every choice about *what* happens is the caller's.
 */
export class Recorder {
  readonly log: Recorded[] = [];
  scheduler = new Scheduler();
  nowMs = BEGIN;
  options: SchedulerOptions = DEFAULT_OPTIONS;
  readonly running = new Map<string, Run>();
  /** builds that nobody put into the graph yet */
  readonly pending = new Map<number, Wanted>();
  readonly queued = new Map<number, Wanted>();
  readonly done = new Set<string>();
  private readonly broken = new Set<string>();
  private readonly attempts = new Map<string, number>();
  private readonly retries = new Map<string, number>();
  private readonly unheard: Recorded[] = [];
  private batch: Plain[] = [];
  private ids = 0;
  private term = '';
  private nr = 0;
  private seen = '';

  constructor(readonly world: ReadonlyMap<string, WorldStep>) {}

  private append({ stream, event }: Plain): Recorded {
    this.ids += 1;
    const at = new Date(this.nowMs).toISOString();
    const recorded = { id: uuid(this.ids), stream, position: BigInt(3 * this.ids), metadata: { at }, ...event };
    this.log.push(recorded);
    return recorded;
  }

  /** Somebody else's event: it is in the log at once. */
  others(stream: string, event: DomainEvent): void {
    const recorded = this.append({ stream, event });
    if (this.term !== '') this.unheard.push(recorded);
  }

  /** What the queue runner writes waits for its batch. */
  private own(stream: string, event: DomainEvent): void {
    this.batch.push({ stream, event });
  }

  /** The batch comes into the log. `late`: the start of that number lost its race and comes after the others. */
  flush(late?: number): void {
    const isLate = ({ event }: Plain): boolean =>
      event.type === 'BuildStepStarted' && event.data.dispatch.basis?.nr === late;
    const batch = this.batch.splice(0);
    for (const each of batch) if (!isLate(each)) this.append(each);
    for (const each of batch) if (isLate(each)) this.append(each);
  }

  queueBuild(jobsetId: number, drvPath: string, buildId: number, localPriority: number): void {
    const { system } = this.world.get(drvPath)!;
    const jobset = { id: jobsetId, project: 'p', name: `j${jobsetId}` };
    const text = { nixName: 'x', description: '', license: '', homepage: '', maintainers: [], outputs: {} };
    const limits = { maxSilent: 300, timeout: 600, isChannel: false, priority: localPriority };
    const queuedAt = new Date(this.nowMs).toISOString();
    const data = {
      buildId,
      evaluationId: 1,
      jobset,
      job: `job${buildId}`,
      drvPath,
      system,
      ...text,
      ...limits,
      queuedAt,
    };
    this.others(`build-${buildId}`, { type: 'BuildQueued', data });
    if (this.term === '') this.hearOne(this.log.at(-1)!);
  }

  bump(buildId: number): void {
    const globalPriority = Math.floor(this.nowMs / 1000);
    this.others(`build-${buildId}`, { type: 'BuildBumped', data: { buildId, globalPriority } });
  }

  cancel({ buildId, run }: Wanted): void {
    this.others(`build-${buildId}`, { type: 'BuildCancelled', data: { buildId, run, cancelledAtMs: this.nowMs } });
  }

  setShares(jobsetId: number, shares: number, before: number): void {
    const data = { jobsetId, project: 'p', name: `j${jobsetId}`, shares, before };
    this.others(`jobset-p:j${jobsetId}`, { type: 'ShareChanged', data });
  }

  machine(command: MachineCommand): void {
    const state = this.scheduler.machines.state(command.data.name) ?? machineDecider.initial;
    const decided = machineDecider.decide(command, state);
    if (isRejection(decided)) return;
    for (const event of decided) this.others(`machine-${command.data.name}`, event);
  }

  /** The queue runner hears the next few events. */
  hear(count = this.unheard.length): void {
    for (const event of this.unheard.splice(0, count)) {
      this.hearOne(event);
      this.seen = event.id;
    }
  }

  private hearOne(recorded: Recorded): void {
    const event = recorded as unknown as DomainEvent;
    const { scheduler } = this;
    switch (event.type) {
      case 'BuildQueued': {
        const { buildId, jobset, drvPath, priority: localPriority } = event.data;
        const wanted = { buildId, jobsetId: jobset.id, drvPath, localPriority, run: 0 };
        this.queued.set(buildId, wanted);
        return void this.pending.set(buildId, wanted);
      }
      case 'BuildBumped':
        this.bumps.set(event.data.buildId, event.data.globalPriority);
        return scheduler.graph.bump(event.data.buildId, event.data.globalPriority);
      case 'BuildCancelled':
        this.pending.delete(event.data.buildId);
        this.queued.delete(event.data.buildId);
        return void this.orphaned(scheduler.graph.removeBuilds([event.data.buildId]));
      case 'ShareChanged':
        return void scheduler.shares.set(event.data.jobsetId, event.data.shares);
      default:
        return scheduler.machines.apply(event as Parameters<Scheduler['machines']['apply']>[0]);
    }
  }
  private readonly bumps = new Map<number, number>();
  /** running steps that nobody wants any more: their builders are being ended */
  readonly doomed = new Set<string>();
  private orphaned(steps: readonly Step[]): void {
    for (const { drvPath } of steps) this.doomed.add(drvPath);
  }

  /** Puts a pending build into the graph, or brings it to its end. */
  find(wanted: Wanted): void {
    const { buildId, jobsetId, drvPath, localPriority } = wanted;
    const { graph } = this.scheduler;
    this.pending.delete(buildId);
    if (this.done.has(drvPath) && !graph.steps.has(drvPath)) return this.finish(buildId, 'succeeded');
    const specs: StepSpec[] = [];
    const need = new Set([drvPath]);
    for (const path of need) {
      if (graph.steps.has(path)) continue;
      if (this.broken.has(path)) return this.finish(buildId, 'failed');
      const inputs = this.world.get(path)!.inputs.filter((each) => !this.done.has(each) || graph.steps.has(each));
      for (const each of inputs) need.add(each);
      specs.push({ ...this.world.get(path)!, inputs, retryAtMs: this.retries.get(path) ?? 0 });
    }
    const build = { buildId, jobsetId, drvPath, globalPriority: this.bumps.get(buildId) ?? 0, localPriority };
    this.scheduler.addBuild(build, specs);
    const about = { term: this.term, ...build, nr: this.nr, seen: this.seen, foundAtMs: this.nowMs };
    foundParts(specs).forEach((steps, index, all) =>
      this.own(`queue-runner-${this.term}`, {
        type: 'BuildStepsFound',
        data: { ...about, steps, more: index < all.length - 1 },
      }),
    );
  }

  /** Makes the next choice, if there is one. `refused`: the log will not take its start. Answers what it would say. */
  dispatch(refused = false): BuildStepStarted['data'] | undefined {
    const found = this.scheduler.next(this.nowMs);
    if (found === undefined) return undefined;
    const { step, machine, dispatch, clamp } = found;
    const { drvPath } = step;
    const finishing = this.scheduler.finishing();
    const basis = {
      term: this.term,
      nr: (this.nr += 1),
      seen: this.seen,
      ...(finishing.length > 0 ? { finishing } : {}),
      ...(clamp ? { clamp } : {}),
    };
    const attempt = (this.attempts.get(drvPath) ?? 0) + 1;
    const buildId = step.lowestBuildId;
    const jobsetIds = [...step.jobsetIds].sort((a, b) => a - b);
    const begun = { attempt, buildId, jobsetIds, machine: machine.name, startedAtMs: this.nowMs };
    this.scheduler.started({ drvPath, ...begun }, { ...dispatch, basis });
    const data = {
      drvPath,
      ...begun,
      system: step.system,
      slot: 1,
      logKey: `${drvPath}/${attempt}`,
      dispatch: { ...dispatch, basis },
    };
    if (refused) return data;
    this.attempts.set(drvPath, attempt);
    this.running.set(drvPath, begun);
    this.own(`step-${drvPath}`, { type: 'BuildStepStarted', data });
    return data;
  }

  /** The log refused the start of a choice. */
  withdraw({ slot: _, buildId: __, logKey: ___, ...choice }: BuildStepStarted['data']): void {
    const { term, nr } = choice.dispatch.basis!;
    this.scheduler.withdrawn(choice.drvPath, choice.attempt);
    this.own(`queue-runner-${term}`, { type: 'DispatchWithdrawn', data: { term, nr, ...choice } });
  }

  /** The builder of an attempt is done; its end is written later. */
  free(drvPath: string): void {
    this.scheduler.freed(drvPath, this.running.get(drvPath)!.attempt);
  }

  /** An attempt ends. `retryInMs`: it is tried again so much later. */
  complete(drvPath: string, status: StepStatus, retryInMs?: number, interrupted = false): void {
    const { attempt, buildId, machine, startedAtMs } = this.running.get(drvPath)!;
    this.running.delete(drvPath);
    this.doomed.delete(drvPath);
    const retryAtMs = retryInMs === undefined ? {} : { retryAtMs: this.nowMs + retryInMs };
    const cachesFailure = status === 'failed';
    const ended = {
      drvPath,
      attempt,
      buildId,
      machine,
      status,
      startedAtMs,
      stoppedAtMs: this.nowMs,
      ...retryAtMs,
      interrupted,
    };
    const { charges, consequence } = this.scheduler.completed(ended);
    this.own(`step-${drvPath}`, {
      type: 'BuildStepCompleted',
      data: { ...ended, charges, cachesFailure, basis: { term: this.term, nr: this.nr, seen: this.seen } },
    });
    if (status === 'succeeded') this.done.add(drvPath);
    if (cachesFailure) this.broken.add(drvPath);
    if (retryInMs !== undefined) this.retries.set(drvPath, this.nowMs + retryInMs);
    if (consequence.kind === 'succeeded') for (const id of consequence.direct) this.finish(id, 'succeeded');
    if (consequence.kind !== 'failed') return;
    this.orphaned(consequence.orphans);
    for (const id of [...consequence.direct, ...consequence.dependent]) this.finish(id, 'failed');
  }

  private finish(buildId: number, status: 'succeeded' | 'failed'): void {
    this.queued.delete(buildId);
    this.pending.delete(buildId);
    const times = {
      startedAtMs: this.nowMs,
      stoppedAtMs: this.nowMs,
      size: 0,
      closureSize: 0,
      products: [],
      metrics: [],
    };
    const data = { buildId, run: 0, status, isCachedBuild: false, ...times };
    this.own(`build-${buildId}`, { type: 'BuildFinished', data });
  }

  /**
   * Another queue runner leads: what the former one had not written is lost, and all that is known is what the log says. It begins
   * as the real one does, with a `Scheduler` of its own.
   */
  begin(options: SchedulerOptions): void {
    this.batch = [];
    this.unheard.length = 0;
    this.options = options;
    this.term = uuid(1_000_000_000 + this.log.length);
    this.nr = 0;
    const data = { term: this.term, ...options, startedAtMs: this.nowMs };
    this.seen = this.append({ stream: `queue-runner-${this.term}`, event: { type: 'QueueRunnerStarted', data } }).id;
    this.scheduler = new Scheduler(options);
    for (const known of [this.running, this.pending, this.queued, this.bumps, this.retries, this.attempts])
      known.clear();
    for (const known of [this.done, this.broken, this.doomed]) known.clear();
    const past = this.restore();
    this.scheduler.beginTerm({ options, startedAtMs: this.nowMs, attempts: past.attempts });
    this.scheduler.restoreTags(past);
    for (const drvPath of [...this.running.keys()]) this.complete(drvPath, 'aborted', undefined, true);
  }

  /** All that the log says. */
  private restore(): { attempts: PastAttempt[]; virtual: number; tags: Map<number, number> } {
    const attempts = new Map<string, PastAttempt>();
    const tags = new Map<number, number>();
    let virtual = 0;
    // Neither ever falls: the highest is the newest, in whatever order they came into the log.
    const tagged = (id: number, tag: number): unknown => tags.set(id, Math.max(tag, tags.get(id) ?? 0));
    for (const each of this.log) {
      const event = each as unknown as DomainEvent;
      if (event.type === 'BuildStepStarted') {
        const { drvPath, attempt, jobsetIds, startedAtMs, dispatch } = event.data;
        attempts.set(`${drvPath} ${attempt}`, { drvPath, attempt, jobsetIds, startedAtMs });
        this.attempts.set(drvPath, attempt);
        this.running.set(drvPath, event.data);
        const { clamp } = dispatch.basis!;
        if (clamp) tagged(dispatch.jobsetId, clamp.tag);
        virtual = Math.max(virtual, clamp?.virtual ?? 0);
      } else if (event.type === 'BuildStepCompleted') {
        const { drvPath, attempt, stoppedAtMs, charges, status, retryAtMs, cachesFailure } = event.data;
        const key = `${drvPath} ${attempt}`;
        attempts.set(key, { ...attempts.get(key)!, stoppedAtMs });
        this.running.delete(drvPath);
        if (status === 'succeeded') this.done.add(drvPath);
        if (cachesFailure) this.broken.add(drvPath);
        if (retryAtMs !== undefined) this.retries.set(drvPath, retryAtMs);
        for (const { jobsetId, tag } of charges) if (tag !== undefined) tagged(jobsetId, tag);
      } else if (event.type === 'BuildFinished') {
        this.pending.delete(event.data.buildId);
        this.queued.delete(event.data.buildId);
      } else if (isHeard(event)) this.hearOne(each);
    }
    const since = this.nowMs - this.options.windowMs;
    const inWindow = [...attempts.values()].filter(
      ({ stoppedAtMs }) => stoppedAtMs === undefined || stoppedAtMs > since,
    );
    return { attempts: inWindow, virtual, tags };
  }
}

const isHeard = ({ type }: DomainEvent): boolean =>
  type.startsWith('Machine') || ['BuildQueued', 'BuildBumped', 'BuildCancelled', 'ShareChanged'].includes(type);
