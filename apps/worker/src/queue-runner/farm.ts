import {
  build as buildDecider,
  type BuildBumped,
  type BuildQueued,
  type BuildState,
  type DomainEvent,
  type JobsetConfiguration,
} from '#domain';
import type { RecordedEvent } from '#event-store';
import type { FarmSnapshot } from '#read-model';
import { Graph, Ledger, type SchedulerState, type Step, windowPolicy } from '#scheduler';
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

/** Types that are needed to know the farm as it is. */
export const FARM_EVENTS = [
  'BuildQueued',
  'BuildBumped',
  'BuildFinished',
  'BuildCancelled',
  'BuildRestarted',
  'BuildStepStarted',
  'BuildStepCompleted',
  'JobsetCreated',
  'JobsetCloned',
  'JobsetConfigured',
  'JobsetRenamed',
  'ShareChanged',
] as const satisfies readonly DomainEvent['type'][];

/** Those that only the leader writes, and so knows already: it does not hear them again. */
const OWN: readonly string[] = ['BuildFinished', 'BuildStepStarted', 'BuildStepCompleted'];
export const OTHERS_EVENTS: readonly string[] = FARM_EVENTS.filter((type) => !OWN.includes(type));

export const attemptKey = (drvPath: string, attempt: number): string => `${drvPath}#${attempt}`;

/**
 * Everything that is queued, in memory. It changes by events only, whether they come from the log or were just written by us;
 * hearing one twice changes nothing.
 */
export class Farm {
  readonly graph = new Graph();
  readonly ledger: Ledger;
  readonly shares = new Map<number, number>();
  readonly builds = new Map<number, Build>();
  /** builds that are not in the graph yet */
  readonly pending = new Set<Build>();
  /** streams of the steps in the graph */
  readonly steps = new Map<string, Memo<StepHistory>>();
  /** steps that left the graph while builds are being loaded */
  readonly gone = new Map<string, Memo<StepHistory>>();
  /** attempts that the log says are running, until it says otherwise: derivation to attempt */
  readonly unended = new Map<string, number>();

  constructor(windowMs: number) {
    this.ledger = new Ledger(windowMs);
  }

  get scheduler(): SchedulerState {
    return { graph: this.graph, ledger: this.ledger, shares: this.shares, policy: windowPolicy };
  }

  /** Starts from what the read model knows. */
  restore({ builds, running, charges, shares }: FarmSnapshot): void {
    for (const { jobsetId, shares: weight } of shares) this.shares.set(jobsetId, weight);
    for (const { drvPath, attempt, startedAtMs, stoppedAtMs, charges: parts } of charges) {
      const key = attemptKey(drvPath, attempt);
      this.ledger.start(
        key,
        parts.map(({ jobsetId }) => jobsetId),
        startedAtMs,
      );
      this.ledger.stop(key, stoppedAtMs);
    }
    for (const { drvPath, attempt, jobsetIds, startedAtMs } of running)
      this.started(drvPath, attempt, jobsetIds, startedAtMs);
    for (const { buildId, globalPriority } of builds) this.queue({ buildId, globalPriority, facts: undefined });
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
        const { drvPath, attempt, jobsetIds, startedAtMs } = event.data;
        this.started(drvPath, attempt, jobsetIds, startedAtMs);
        return [];
      }
      case 'BuildStepCompleted': {
        const { drvPath, attempt, stoppedAtMs } = event.data;
        this.ledger.stop(attemptKey(drvPath, attempt), stoppedAtMs);
        if (this.unended.get(drvPath) === attempt) this.unended.delete(drvPath);
        return [];
      }
      case 'JobsetCreated':
      case 'JobsetCloned':
      case 'JobsetConfigured':
      case 'JobsetRenamed':
        this.configured(event.data);
        return [];
      case 'ShareChanged':
        this.shares.set(event.data.jobsetId, event.data.shares);
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
    return this.steps.get(drvPath) ?? this.gone.get(drvPath);
  }

  /** The step left the graph: its memory is kept for the builds that are being loaded at this moment. */
  stepLeft(drvPath: string): void {
    const memo = this.steps.get(drvPath);
    if (memo) this.gone.set(drvPath, memo);
    this.steps.delete(drvPath);
  }

  private dropMemos(): void {
    for (const drvPath of this.steps.keys()) if (!this.graph.steps.has(drvPath)) this.steps.delete(drvPath);
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

  private configured({ jobsetId, configuration }: { jobsetId: number; configuration: JobsetConfiguration }): void {
    this.shares.set(jobsetId, configuration.shares);
  }

  private started(drvPath: string, attempt: number, jobsetIds: readonly number[], startedAtMs: number): void {
    this.ledger.start(attemptKey(drvPath, attempt), jobsetIds, startedAtMs);
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
