import { specsOf } from '../found-steps.js';
import { DEFAULT_OPTIONS, Scheduler, type SchedulerOptions } from '../scheduler.js';
import { Attempts } from './attempts.js';
import { compareCharges, compareChoice, compareFinishing, type Difference } from './compare.js';
import { hear, Unheard } from './hearing.js';
import { Held, madeBefore, tellsOf } from './held.js';
import {
  type CompletedEvent,
  type Drift,
  type FoundEvent,
  isOthers,
  isOwn,
  type OthersEvent,
  type OwnEvent,
  type RecordedLike,
  type StartedEvent,
  type TermEvent,
  type WithdrawnEvent,
} from './types.js';

/** What was looked at. `unchecked`: choices recorded without what they were made on, or whose forerunner never came into the log. */
export type ReplayCounts = Readonly<{
  events: number;
  terms: number;
  dispatches: number;
  unchecked: number;
  withdrawn: number;
  charges: number;
  drift: number;
}>;

export type ReplayOptions = Readonly<{
  /** the longest window of all terms of the log, milliseconds: what a later term may ask for is kept so long */
  retainMs?: number;
  /** hears of every difference */
  onDrift?: (drift: Drift) => void;
}>;

/** A jobset's standing at a moment. */
export type JobsetUsage = Readonly<{ jobsetId: number; usedMs: number; shares: number }>;

/** Own events that wait at the end of a term are on their way when a queue runner dies; more than that means that one is missing. */
const IN_FLIGHT = 256;

/**
 * The ledger and every choice made again from the log, with the very `Scheduler` of the queue runner, and compared with what was
 * recorded. It takes the events in the order of the log and brings them into the order in which the queue runner met them:
 * others' events wait until a choice says that they were heard, and own ones until the choice before them is there. After a
 * difference it goes on from what is recorded. What it holds follows what is queued and what the window holds.
 */
export class Replay {
  readonly scheduler: Scheduler;
  private readonly unheard = new Unheard();
  private readonly held = new Held();
  private readonly attempts: Attempts;
  private readonly found = new Map<number, FoundEvent['data']['steps'][number][]>();
  private readonly tags = new Map<number, number>();
  private readonly counted = { events: 0, terms: 0, dispatches: 0, unchecked: 0, withdrawn: 0, charges: 0, drift: 0 };
  private virtual = 0;
  private term: string | undefined;
  private seen = '';
  private nextNr = 1;
  private latestMs = 0;
  /** the choices that come now were made beside one that the log does not have */
  private blind = false;
  /** whether differences count: off for what is only a forerunner of what is asked for */
  checking = true;

  constructor(private readonly options: ReplayOptions = {}) {
    this.scheduler = new Scheduler(DEFAULT_OPTIONS);
    this.attempts = new Attempts(options.retainMs ?? DEFAULT_OPTIONS.windowMs);
  }

  get counts(): ReplayCounts {
    return this.counted;
  }

  /** The latest moment that the log told of, Unix milliseconds. */
  get atMs(): number {
    return this.latestMs;
  }

  /** Attempts and events that are kept for what is to come. */
  get holds(): number {
    return this.attempts.size + this.unheard.size + this.held.size + this.found.size;
  }

  /** Policy and window of the term. */
  get rules(): SchedulerOptions {
    return this.scheduler.options;
  }

  /** Takes in the next event of the log. Types that tell it nothing may be left out. */
  apply(event: RecordedLike): void {
    this.counted.events += 1;
    if (isOthers(event)) {
      if (this.term === undefined) hear(this.scheduler, event as OthersEvent);
      else this.unheard.add(event as OthersEvent);
    } else if (isOwn(event)) this.own(event as OwnEvent);
  }

  /** The log is over: what still waits is taken as it is. */
  finish(): void {
    this.flush();
    for (const event of this.unheard.all()) hear(this.scheduler, event);
  }

  /** Who used what in the window that ends at a moment, and its shares, by jobset. `atMs` must not go back. */
  usage(atMs = this.latestMs): readonly JobsetUsage[] {
    const { ledger, shares } = this.scheduler;
    ledger.advance(atMs);
    return [...new Set([...shares.keys(), ...ledger.jobsets()])]
      .sort((a, b) => a - b)
      .map((id) => ({ jobsetId: id, usedMs: ledger.usedMs(id, atMs), shares: this.scheduler.sharesOf(id) }));
  }

  private own(event: OwnEvent): void {
    if (event.type === 'QueueRunnerStarted') return this.begin(event);
    if (this.held.size === 0) {
      if ((madeBefore(event, this.term) ?? 0) <= this.nextNr) return this.perform(event);
    } else if (tellsOf(event, this.term, this.nextNr)) {
      this.choiceFirst(event);
      if (event.type === 'DispatchWithdrawn') this.held.add(event);
      return this.drain();
    }
    this.held.add(event);
    if (this.held.full) {
      this.missing(this.held.first!);
      this.flush();
    }
  }

  /** Performs what waits, up to the next event that was made after a choice which is not there. */
  private drain(): void {
    for (let first = this.held.first; first !== undefined; first = this.held.first) {
      if ((madeBefore(first, this.term) ?? 0) > this.nextNr) {
        const forerunner = this.held.find(this.term, this.nextNr);
        if (forerunner === undefined) return;
        this.choiceFirst(forerunner);
        continue;
      }
      this.held.shift();
      this.perform(first);
    }
  }

  /** A choice that was made before what waits: of one that was withdrawn, the withdrawal itself keeps its place. */
  private choiceFirst(event: OwnEvent): void {
    if (event.type === 'DispatchWithdrawn') this.chosen(event);
    else this.perform(event);
  }

  /** Performs all that waits: what is missing will not come. */
  private flush(): void {
    if (this.held.size > IN_FLIGHT) this.missing(this.held.first!);
    for (let first = this.held.first; first !== undefined; first = this.held.first) {
      const before = madeBefore(first, this.term) ?? 0;
      if (before > this.nextNr) {
        this.blind = true;
        this.nextNr = before;
      }
      this.drain();
    }
    this.blind = false;
  }

  private missing(event: OwnEvent): void {
    const recorded = madeBefore(event, this.term);
    this.drift(event, [{ what: `number of the next choice (term ${this.term})`, recorded, recomputed: this.nextNr }]);
  }

  private begin(event: TermEvent): void {
    this.flush();
    for (const other of this.unheard.all()) hear(this.scheduler, other);
    const { term, policy, windowMs, clampCreditMs, startedAtMs } = event.data;
    this.found.clear();
    const options = { policy, windowMs, clampCreditMs };
    this.scheduler.beginTerm({ options, startedAtMs, attempts: this.attempts.all() });
    this.scheduler.restoreTags({ virtual: this.virtual, tags: this.tags });
    this.term = term;
    this.seen = event.id;
    this.nextNr = 1;
    this.blind = false;
    this.counted.terms += 1;
    this.latest(startedAtMs);
  }

  private perform(event: OwnEvent): void {
    switch (event.type) {
      case 'BuildStepsFound':
        return this.stepsFound(event);
      case 'BuildStepStarted':
        return this.started(event);
      case 'BuildStepCompleted':
        return this.completed(event);
      case 'BuildFinished':
        return void this.scheduler.graph.removeBuilds([event.data.buildId]);
      case 'DispatchWithdrawn':
        return this.withdrawn(event);
      case 'QueueRunnerStarted':
        throw new Error('the beginning of a term never waits');
    }
  }

  private stepsFound(event: FoundEvent): void {
    const { data } = event;
    if (data.term !== this.term) return; // of a queue runner that was not told yet that it does not lead any more
    this.hearUpTo(event, data.seen);
    const steps = this.found.get(data.buildId) ?? [];
    for (const step of data.steps) steps.push(step);
    if (data.more) return void this.found.set(data.buildId, steps);
    this.found.delete(data.buildId);
    const specs = specsOf(steps);
    const { graph } = this.scheduler;
    const known = specs.filter(({ drvPath }) => graph.steps.has(drvPath)).map(({ drvPath }) => drvPath);
    const here = new Set(specs.map(({ drvPath }) => drvPath));
    const lost = [data.drvPath, ...specs.flatMap(({ inputs }) => inputs)].filter(
      (path) => !here.has(path) && !graph.steps.has(path),
    );
    if (known.length > 0)
      this.drift(event, [{ what: 'steps found anew', recorded: known, recomputed: 'in the graph' }]);
    if (lost.length > 0)
      return this.drift(event, [{ what: 'steps in the graph', recorded: lost, recomputed: 'not in the graph' }]);
    const { buildId, jobsetId, drvPath, globalPriority, localPriority } = data;
    this.scheduler.addBuild({ buildId, jobsetId, drvPath, globalPriority, localPriority }, specs);
  }

  private started(event: StartedEvent): void {
    const { dispatch, startedAtMs, drvPath, attempt, jobsetIds } = event.data;
    const { basis } = dispatch;
    this.counted.dispatches += this.checking ? 1 : 0;
    this.attempts.start({ drvPath, attempt, jobsetIds, startedAtMs });
    this.latest(startedAtMs);
    if (basis === undefined || basis.term !== this.term) {
      this.counted.unchecked += this.checking ? 1 : 0;
      // Without a term there is no graph either: only the ledger is followed. A term does not hear of what another one starts.
      if (this.term === undefined) this.scheduler.ledger.start(`${drvPath}#${attempt}`, jobsetIds, startedAtMs);
      return;
    }
    this.chosen(event);
    if (!basis.clamp) return;
    this.virtual = Math.max(this.virtual, basis.clamp.virtual);
    this.tagged(dispatch.jobsetId, basis.clamp.tag);
  }

  /** Makes a choice of this term again, and goes on from what is recorded. */
  private chosen(event: StartedEvent | WithdrawnEvent): void {
    const { data } = event;
    const { dispatch, startedAtMs } = data;
    const { nr, seen, finishing = [], clamp } = dispatch.basis!;
    this.hearUpTo(event, seen);
    for (const { drvPath, attempt } of finishing) this.scheduler.freed(drvPath, attempt);
    if (nr !== this.nextNr)
      this.drift(event, [{ what: 'number of the choice', recorded: nr, recomputed: this.nextNr }]);
    this.nextNr = nr + 1;
    const found = [
      ...compareFinishing(finishing, this.scheduler.finishing()),
      ...compareChoice(data, this.scheduler.next(startedAtMs)),
    ];
    if (!this.blind) this.drift(event, found);
    else if (found.length > 0) this.counted.unchecked += this.checking ? 1 : 0;
    this.scheduler.started(data, dispatch, clamp);
  }

  private withdrawn(event: WithdrawnEvent): void {
    const { term, nr, drvPath, attempt } = event.data;
    if (term !== this.term) return;
    if (nr >= this.nextNr) this.chosen(event);
    this.counted.withdrawn += 1;
    this.scheduler.withdrawn(drvPath, attempt);
  }

  private completed(event: CompletedEvent): void {
    const { data } = event;
    const { drvPath, attempt, basis, stoppedAtMs } = data;
    const ours = basis?.term === this.term;
    if (ours && basis) this.hearLeniently(basis.seen);
    const begun = this.attempts.get(drvPath, attempt);
    // Another leader began it after this term did: the term came upon it, and brought it to its end.
    if (ours && begun && data.interrupted)
      this.scheduler.ledger.start(`${drvPath}#${attempt}`, begun.jobsetIds, begun.startedAtMs);
    const { charges } = this.scheduler.completed(data);
    for (const { jobsetId, tag } of data.charges) if (tag !== undefined) this.tagged(jobsetId, tag);
    if (ours) {
      this.counted.charges += this.checking ? 1 : 0;
      this.drift(event, compareCharges(data.charges, charges));
    }
    this.attempts.stop(drvPath, attempt, stoppedAtMs);
    this.latest(stoppedAtMs);
  }

  private hearUpTo(event: OwnEvent, id: string): void {
    if (id === this.seen) return;
    const heard = this.unheard.upTo(id);
    if (heard === undefined) {
      this.drift(event, [{ what: 'newest event of others', recorded: id, recomputed: this.seen }]);
      return;
    }
    for (const each of heard) hear(this.scheduler, each);
    this.seen = id;
  }

  /** For an end, which may come into the log after a choice that was made later and had heard more. */
  private hearLeniently(id: string): void {
    for (const each of this.unheard.upTo(id) ?? []) {
      hear(this.scheduler, each);
      this.seen = each.id;
    }
  }

  /** Tags never fall: the highest is the newest, in whatever order they came into the log. */
  private tagged(jobsetId: number, tag: number): void {
    this.tags.set(jobsetId, Math.max(tag, this.tags.get(jobsetId) ?? 0));
  }

  private latest(atMs: number): void {
    this.latestMs = Math.max(this.latestMs, atMs);
  }

  private drift(event: OwnEvent, differences: readonly Difference[]): void {
    if (!this.checking) return;
    for (const difference of differences) {
      this.counted.drift += 1;
      const { id: eventId, position } = event;
      this.options.onDrift?.({ eventId, ...(position === undefined ? {} : { position }), ...difference });
    }
  }
}
