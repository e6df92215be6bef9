import {
  type BuildStepCompleted,
  type BuildStepStarted,
  type Dispatch,
  type DispatchBasis,
  isRejection,
  queueRunner,
  type QueueRunnerCommand,
  type QueueRunnerState,
  queueRunnerStream,
} from '#domain';
import type { EventStore } from '#event-store';
import type { Clock } from '#runtime';
import { type Assignment, foundParts, type QueuedBuild, type Scheduler, type StepSpec } from '#scheduler';
import type { Cause } from '../shared/causes.js';
import type { Journal, Memo } from './journal.js';

export type ChronicleParts = Readonly<{
  /** UUID of the term */
  term: string;
  scheduler: Scheduler;
  journal: Journal;
  store: EventStore;
  clock: Clock;
  onFailure: (error: Error) => void;
}>;

/**
 * What a term records, beside its attempts, so that each of its choices can be made again from the log: its beginning, the
 * steps that builds brought into the graph, what it had heard when, and choices that came to nothing. What changes the
 * scheduler is enqueued in the same turn of the event loop in which the scheduler is told.
 */
export class Chronicle {
  private readonly target: { readonly stream: string; readonly memo: Memo<QueueRunnerState> };
  private nr = 0;
  /** id of the newest event of somebody else that was taken in */
  seen = '';

  constructor(private readonly parts: ChronicleParts) {
    this.target = {
      stream: queueRunnerStream(parts.term),
      memo: { revision: 'no-stream', state: queueRunner.initial },
    };
  }

  /** Begins the term. Answers its place in the log: everything before it counts for this term, and nothing after it yet. */
  async begin(): Promise<Readonly<{ position: bigint; startedAtMs: number }>> {
    const { term, scheduler, clock, store } = this.parts;
    const { policy, windowMs, clampCreditMs } = scheduler.options;
    const data = { term, policy, windowMs, clampCreditMs, startedAtMs: clock.now() };
    await this.execute('StartQueueRunner', data);
    for await (const { id, position } of store.readStream(this.target.stream)) {
      this.seen = id;
      return { position, startedAtMs: data.startedAtMs };
    }
    throw new Error(`the beginning of term ${term} is not in the log`);
  }

  /** A build enters the graph with those of its steps that are not in it. */
  addBuild(build: QueuedBuild, specs: readonly StepSpec[], cause: Cause): void {
    const { term, scheduler, clock } = this.parts;
    scheduler.addBuild(build, specs);
    const about = { term, ...build, nr: this.nr, seen: this.seen, foundAtMs: clock.now() };
    foundParts(specs).forEach((steps, index, all) =>
      this.enqueue('RecordSteps', { ...about, steps, more: index < all.length - 1 }, cause),
    );
  }

  /** The numbers of a choice that is about to be told to the scheduler. */
  dispatchOf({ dispatch, clamp }: Assignment): Dispatch & { readonly basis: DispatchBasis } {
    const { term, scheduler } = this.parts;
    const finishing = scheduler.finishing();
    const basis: DispatchBasis = {
      term,
      nr: ++this.nr,
      seen: this.seen,
      ...(finishing.length > 0 ? { finishing } : {}),
      ...(clamp ? { clamp } : {}),
    };
    return { ...dispatch, basis };
  }

  /** The log refused the start of a chosen attempt. */
  withdraw(started: BuildStepStarted['data'], cause: Cause): void {
    const { drvPath, attempt, jobsetIds, system, machine, startedAtMs, dispatch } = started;
    const { term, nr } = dispatch.basis!;
    this.parts.scheduler.withdrawn(drvPath, attempt);
    const choice = { drvPath, attempt, jobsetIds, system, machine, startedAtMs, dispatch };
    this.enqueue('WithdrawDispatch', { term, nr, ...choice }, cause);
  }

  /** What charges of this moment are made on. */
  get basis(): NonNullable<BuildStepCompleted['data']['basis']> {
    return { term: this.parts.term, nr: this.nr, seen: this.seen };
  }

  private enqueue<T extends QueueRunnerCommand['type']>(type: T, data: DataOf<T>, cause: Cause): void {
    this.execute(type, data, cause).catch((error: Error) => this.parts.onFailure(error));
  }

  private async execute<T extends QueueRunnerCommand['type']>(type: T, data: DataOf<T>, cause?: Cause): Promise<void> {
    const { journal, clock } = this.parts;
    const own = journal.nextId(type, this.target);
    const command = { type, at: clock.iso(), data } as QueueRunnerCommand;
    const why = cause ?? { eventId: own, correlationId: own };
    const done = await journal.execute(queueRunner, this.target, command, why);
    if (isRejection(done)) throw new Error(`${type} was refused: ${done.rejected}`);
  }
}

type DataOf<T> = Extract<QueueRunnerCommand, { type: T }>['data'];
