import {
  type Command,
  type Decider,
  type Event,
  eventVersions,
  isRejection,
  type Metadata,
  type Rejection,
} from '#domain';
import {
  type AppendResult,
  ConcurrencyError,
  eventId,
  type EventStore,
  EventTooLargeError,
  type ExpectedRevision,
  InvalidEventError,
  type NewEvent,
  type StreamWrite,
} from '#event-store';
import { uuidv5 } from '#runtime';
import type { Cause } from '../shared/causes.js';

export const QUEUE_RUNNER = 'queue-runner';

/** What is remembered of a stream, so that a command needs no read. Another writer makes it stale, which the append tells. */
export type Memo<State> = { revision: ExpectedRevision; state: State };

type Waiting = Readonly<{
  write: StreamWrite;
  resolve: (result: AppendResult) => void;
  reject: (error: unknown) => void;
}>;
type AnyEvent = Event<string, unknown>;

/** First attempt and three more. */
const ATTEMPTS = 4;

/**
 * The queue runner's way into the log: appends go in the order of the calls, all that wait in one batch, so that a commit is
 * paid once for many. A command is decided on a memo and enqueued in the same turn of the event loop: what memory was told
 * first stands first in the log.
 */
export class Journal {
  private waiting: Waiting[] = [];
  private flushing: Promise<void> | undefined;
  private closed: Error | undefined;

  /** `term` (a UUID) is the namespace of all ids: a predecessor's repeated start is never taken for ours. */
  constructor(
    private readonly store: EventStore,
    private readonly term: string,
    private readonly onFailure: (error: Error) => void,
  ) {}

  /**
   * Decides on the memo and appends what follows. After a lost race the stream is read and the command decided again.
   * Answers the events, or the refusal. Throws what the store throws, after `onFailure` heard of it.
   */
  async execute<State, C extends Command<string, object>, E extends AnyEvent, R extends string>(
    decider: Decider<State, C, E, R>,
    target: Readonly<{ stream: string; memo: Memo<State> }>,
    command: C,
    cause: Cause,
  ): Promise<readonly (E & { id: string })[] | Rejection<R>> {
    const { stream, memo } = target;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const outcome = decider.decide(command, memo.state);
      if (isRejection<R>(outcome)) return outcome;
      if (outcome.length === 0) return [];
      const { revision: expected } = memo;
      const first = expected === 'no-stream' ? 0 : expected + 1;
      const name = this.commandId(command.type, target);
      const events = outcome.map((event, index) => ({ ...event, id: eventId(name, index) }));
      memo.state = outcome.reduce(decider.evolve, memo.state);
      memo.revision = first + outcome.length - 1;
      const result = await this.append({
        stream,
        expected,
        events: events.map((event) => toNew(event, command.at, cause)),
      });
      if (result.ok) return events;
      await this.refresh(decider, target);
    }
    throw new ConcurrencyError(`${command.type}: the race for ${stream} was lost ${ATTEMPTS} times`);
  }

  /** Id of the first event that the command will lead to if it is executed now: the cause of what is written beside it. */
  nextId(type: string, target: Readonly<{ stream: string; memo: Memo<unknown> }>): string {
    return eventId(this.commandId(type, target), 0);
  }

  /** Reads the stream into the memo. */
  async refresh<State, E extends AnyEvent>(
    decider: Pick<Decider<State, never, E, never>, 'initial' | 'evolve'>,
    { stream, memo }: Readonly<{ stream: string; memo: Memo<State> }>,
  ): Promise<void> {
    let revision: ExpectedRevision = 'no-stream';
    let state = decider.initial;
    for await (const event of this.store.readStream(stream)) {
      state = decider.evolve(state, event as unknown as E);
      revision = event.revision;
    }
    memo.revision = revision;
    memo.state = state;
  }

  /** Waits until nothing is on its way. */
  async idle(): Promise<void> {
    while (this.flushing) await this.flushing;
  }

  /** Refuses all further appends, those that wait included. */
  close(reason: Error): void {
    this.closed ??= reason;
    for (const { reject } of this.waiting.splice(0)) reject(this.closed);
  }

  private commandId(type: string, { stream, memo }: Readonly<{ stream: string; memo: Memo<unknown> }>): string {
    return uuidv5(this.term, `${type} ${stream} after ${memo.revision}`);
  }

  private append(write: StreamWrite): Promise<AppendResult> {
    return new Promise((resolve, reject) => {
      if (this.closed) return reject(this.closed);
      this.waiting.push({ write, resolve, reject });
      this.flushing ??= this.flush();
    });
  }

  private async flush(): Promise<void> {
    // What is asked for in the same turn goes into the same batch.
    await Promise.resolve();
    while (this.waiting.length > 0) await this.send(this.waiting.splice(0));
    this.flushing = undefined;
  }

  private async send(batch: readonly Waiting[]): Promise<void> {
    try {
      const results = await this.store.appendBatch(batch.map(({ write }) => write));
      batch.forEach(({ resolve }, index) => resolve(results[index]!));
    } catch (error) {
      const invalid = error instanceof InvalidEventError || error instanceof EventTooLargeError;
      // Nothing of the batch was written: one event's fault must not hit the others.
      if (invalid && batch.length > 1) for (const each of batch) await this.send([each]);
      else {
        for (const { reject } of batch) reject(error);
        if (!invalid) this.onFailure(error as Error);
      }
    }
  }
}

const toNew = ({ id, type, data }: AnyEvent & { id: string }, at: string, cause: Cause): NewEvent => {
  const metadata: Metadata = {
    v: eventVersions[type as keyof typeof eventVersions].current,
    at,
    actor: { kind: 'system', id: QUEUE_RUNNER },
    via: QUEUE_RUNNER,
    correlationId: cause.correlationId,
    causationId: cause.eventId,
  };
  return { id, type, data, metadata };
};
