import {
  build as buildDecider,
  type BuildBumped,
  type BuildQueued,
  type BuildState,
  type DomainEvent,
  type JobsetConfiguration,
} from '#domain';
import type { RecordedEvent } from '#event-store';
import type { FarmMachine, FarmSnapshot } from '#read-model';
import { type Graph, OTHERS_TYPES, type PastAttempt, Scheduler, type SchedulerOptions, type Step } from '#scheduler';
import { type Cause, causeOf } from '../shared/causes.js';
import type { Memo } from './journal.js';
import type { StepHistory } from './verdict.js';

/** What is known of an unfinished build once its stream was heard or read. */
export type BuildFacts = {
  readonly queued: BuildQueued['data'];
  /** where it was queued, or queued again, in the log */
  since: bigint;
  /** the event that queued it last; the correlation is that of its first one */
  cause: Cause;
  readonly memo: Memo<BuildState>;
};

/** An unfinished build. `facts` are missing where only the read model told of it. */
export type Build = { readonly buildId: number; globalPriority: number; facts: BuildFacts | undefined };
export type KnownBuild = Build & { readonly facts: BuildFacts };

type Recorded = DomainEvent & Omit<RecordedEvent, 'type' | 'data'>;

/**
 * Types that are needed to know the farm as it is: what others write, and what only a leader writes, which it does not hear again.
 * Events of machines are written by it and by administrators: all are taken in when they are heard, so that there is one order.
 */
export const FARM_EVENTS: readonly DomainEvent['type'][] = [
  ...OTHERS_TYPES,
  'BuildFinished',
  'BuildStepStarted',
  'BuildStepCompleted',
];

export const attemptKey = (drvPath: string, attempt: number): string => `${drvPath}#${attempt}`;

/**
 * Everything that is queued, in memory. It changes by events only, whether they come from the log or were just written by us;
 * hearing one twice changes nothing.
 */
export class Farm {
  /** All that a choice depends on. Whatever is told to it stands in the log in the same order. */
  readonly scheduler: Scheduler;
  /** names of jobsets, `project:jobset` */
  readonly jobsets = new Map<number, string>();
  readonly builds = new Map<number, Build>();
  /** builds that are not in the graph yet */
  readonly pending = new Set<Build>();
  /** streams of the steps in the graph */
  readonly steps = new Map<string, Memo<StepHistory>>();
  /** steps that left the graph while builds are being loaded */
  readonly gone = new Map<string, Memo<StepHistory>>();
  /** streams of the steps that are being built, in the graph or not */
  readonly attempting = new Map<string, Memo<StepHistory>>();
  /** derivations in the graph that say that they always build the same */
  readonly deterministic = new Set<string>();
  /** attempts that the log says are running, until it says otherwise: derivation to attempt */
  readonly unended = new Map<string, number>();

  constructor(options: SchedulerOptions) {
    this.scheduler = new Scheduler(options);
  }

  get graph(): Graph {
    return this.scheduler.graph;
  }

  /** attempts that the ledger of the term begins with, by their key */
  private readonly past = new Map<string, PastAttempt>();
  /** of the policy `clamped`, up to the beginning of the term */
  private virtual = 0;
  private readonly tags = new Map<number, number>();

  /** Starts from what the read model knows. */
  restore({ builds, running, charges, shares, machines, clamp }: FarmSnapshot): void {
    for (const { jobsetId, project, name, shares: weight } of shares) {
      this.scheduler.shares.set(jobsetId, weight);
      this.jobsets.set(jobsetId, `${project}:${name}`);
    }
    for (const machine of machines) this.knownMachine(machine);
    this.virtual = clamp.virtual;
    for (const [jobsetId, tag] of clamp.tags) this.tagged(jobsetId, tag);
    for (const { drvPath, attempt, startedAtMs, stoppedAtMs, charges: parts } of charges) {
      const jobsetIds = parts.map(({ jobsetId }) => jobsetId);
      this.past.set(attemptKey(drvPath, attempt), { drvPath, attempt, jobsetIds, startedAtMs, stoppedAtMs });
    }
    for (const { drvPath, attempt, jobsetIds, startedAtMs } of running)
      this.started(drvPath, attempt, jobsetIds, startedAtMs);
    for (const { buildId, globalPriority } of builds) this.queue({ buildId, globalPriority, facts: undefined });
  }

  /** A machine as if its events were heard. */
  private knownMachine({ name, source, configuration, removed, disabled, failures, ...failure }: FarmMachine): void {
    const { machines } = this.scheduler;
    if (!removed) machines.apply({ type: 'MachineAdded', data: { name, source, configuration } });
    if (failures > 0) machines.apply({ type: 'MachineFailed', data: { name, failures, ...failure } });
    if (disabled) machines.apply({ type: 'MachineDisabled', data: { name } });
  }

  /** The term begins: what the log said up to here is its past. Unix milliseconds. */
  begin(startedAtMs: number): void {
    const { options } = this.scheduler;
    this.scheduler.beginTerm({ options, startedAtMs, attempts: this.past.values() });
    this.past.clear();
    this.scheduler.restoreTags({ virtual: this.virtual, tags: this.tags });
  }

  /** Tags never fall: the highest is the newest. */
  private tagged(jobsetId: number, tag: number): void {
    this.tags.set(jobsetId, Math.max(tag, this.tags.get(jobsetId) ?? 0));
  }

  /** Takes an event in. Answers the running steps that nobody needs any more. */
  apply(event: Recorded): readonly Step[] {
    switch (event.type) {
      case 'BuildQueued':
        this.heardOf(event.data.buildId, () => factsFrom([event]));
        return [];
      case 'BuildRestarted': {
        const known = this.builds.get(event.data.buildId);
        if (known?.facts === undefined ? known !== undefined : known.facts.memo.state.run >= event.data.run) return [];
        const orphans = known ? this.forget(known.buildId) : [];
        this.heardOf(event.data.buildId, () => undefined);
        return orphans;
      }
      case 'BuildBumped':
        this.bumped(event);
        return [];
      case 'BuildFinished':
      case 'BuildCancelled': {
        const known = this.builds.get(event.data.buildId);
        if (known?.facts && event.data.run < known.facts.memo.state.run) return [];
        return this.forget(event.data.buildId);
      }
      case 'BuildStepStarted': {
        const { drvPath, attempt, jobsetIds, startedAtMs, dispatch } = event.data;
        this.started(drvPath, attempt, jobsetIds, startedAtMs);
        if (dispatch.basis?.clamp) {
          this.virtual = Math.max(this.virtual, dispatch.basis.clamp.virtual);
          this.tagged(dispatch.jobsetId, dispatch.basis.clamp.tag);
        }
        return [];
      }
      case 'BuildStepCompleted': {
        const { drvPath, attempt, stoppedAtMs, charges } = event.data;
        for (const { jobsetId, tag } of charges) if (tag !== undefined) this.tagged(jobsetId, tag);
        const known = this.past.get(attemptKey(drvPath, attempt));
        if (known) this.past.set(attemptKey(drvPath, attempt), { ...known, stoppedAtMs });
        if (this.unended.get(drvPath) === attempt) this.unended.delete(drvPath);
        return [];
      }
      case 'JobsetCreated':
      case 'JobsetCloned':
      case 'JobsetConfigured':
        this.configured(event.data.jobsetId, event.data, event.data.configuration);
        return [];
      case 'JobsetRenamed':
        this.configured(event.data.jobsetId, event.data.to, event.data.configuration);
        return [];
      case 'ShareChanged':
        this.scheduler.shares.set(event.data.jobsetId, event.data.shares);
        return [];
      case 'MachineAdded':
      case 'MachineChanged':
      case 'MachineRemoved':
      case 'MachineDisabled':
      case 'MachineEnabled':
      case 'MachineFailed':
      case 'MachineRecovered':
        this.scheduler.machines.apply(event);
        return [];
      default:
        return [];
    }
  }

  /** A build that came to its end or was cancelled. Answers the running steps that only it needed. */
  forget(buildId: number): readonly Step[] {
    const known = this.builds.get(buildId);
    if (known) this.pending.delete(known);
    this.builds.delete(buildId);
    return this.removeFromGraph([buildId]);
  }

  removeFromGraph(buildIds: Iterable<number>): readonly Step[] {
    const before = this.graph.size.steps;
    const orphans = this.graph.removeBuilds(buildIds);
    if (this.graph.size.steps < before) this.dropMemos();
    return orphans;
  }

  /** What is remembered of a derivation's stream, newest first. */
  memoOf(drvPath: string): Memo<StepHistory> | undefined {
    return this.steps.get(drvPath) ?? this.attempting.get(drvPath) ?? this.gone.get(drvPath);
  }

  /** The step left the graph: its memory is kept for the builds that are being loaded at this moment. */
  stepLeft(drvPath: string): void {
    const memo = this.steps.get(drvPath);
    if (memo) this.gone.set(drvPath, memo);
    this.forgetStep(drvPath);
  }

  /** Forgets the streams of steps that left the graph. */
  dropMemos(): void {
    for (const drvPath of this.steps.keys()) if (!this.graph.steps.has(drvPath)) this.forgetStep(drvPath);
  }

  private forgetStep(drvPath: string): void {
    this.steps.delete(drvPath);
    this.deterministic.delete(drvPath);
  }

  private heardOf(buildId: number, facts: () => BuildFacts | undefined): void {
    const known = this.builds.get(buildId);
    if (known) known.facts ??= facts();
    else this.queue({ buildId, globalPriority: 0, facts: facts() });
  }

  private queue(build: Build): void {
    this.builds.set(build.buildId, build);
    this.pending.add(build);
  }

  private bumped({ data, revision }: BuildBumped & { revision: number }): void {
    const known = this.builds.get(data.buildId);
    if (known === undefined) return;
    known.globalPriority = Math.max(known.globalPriority, data.globalPriority);
    const memo = known.facts?.memo;
    if (memo && memo.revision === revision - 1) {
      memo.revision = revision;
      memo.state = buildDecider.evolve(memo.state, { type: 'BuildBumped', data });
    }
    this.graph.bump(data.buildId, known.globalPriority);
  }

  private configured(
    jobsetId: number,
    { project, name }: Readonly<{ project: string; name: string }>,
    { shares }: JobsetConfiguration,
  ): void {
    this.scheduler.shares.set(jobsetId, shares);
    this.jobsets.set(jobsetId, `${project}:${name}`);
  }

  private started(drvPath: string, attempt: number, jobsetIds: readonly number[], startedAtMs: number): void {
    this.past.set(attemptKey(drvPath, attempt), { drvPath, attempt, jobsetIds, startedAtMs });
    this.unended.set(drvPath, attempt);
  }
}

/** What a build's stream, read from its beginning, amounts to; undefined unless it is queued. */
export const factsFrom = (events: readonly Recorded[]): BuildFacts | undefined => {
  let queued: BuildQueued['data'] | undefined;
  let cause: Cause | undefined;
  let since = 0n;
  const memo: Memo<BuildState> = { revision: 'no-stream', state: buildDecider.initial };
  for (const event of events) {
    memo.state = buildDecider.evolve(memo.state, event as Parameters<typeof buildDecider.evolve>[1]);
    memo.revision = event.revision;
    if (event.type === 'BuildQueued') queued = event.data;
    if (event.type !== 'BuildQueued' && event.type !== 'BuildRestarted') continue;
    since = event.position;
    cause = { ...causeOf(event), ...(cause && { correlationId: cause.correlationId }) };
  }
  return queued && cause && memo.state.status === 'queued' ? { queued, since, cause, memo } : undefined;
};
