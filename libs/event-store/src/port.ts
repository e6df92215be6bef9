import type { Metadata } from '#domain';

/** An event on its way into a stream. Payload and metadata are plain JSON. */
export type NewEvent = Readonly<{
  /** UUID. The same id at the same place in the same stream is the same event. */
  id: string;
  type: string;
  data: unknown;
  metadata: Metadata;
}>;

/** An event as it stands in the log, lifted to the current version of its type. */
export type RecordedEvent = Readonly<{
  id: string;
  stream: string;
  /** Place in the stream, from 0. */
  revision: number;
  /** Place in the whole log: grows with every event, may have gaps. Opaque but for its order. */
  position: bigint;
  type: string;
  data: unknown;
  metadata: Metadata;
}>;

/** What a writer believes about the stream: that it is absent, or the revision of its last event. Never "any". */
export type ExpectedRevision = 'no-stream' | number;

/** One stream's part of a batch. */
export type StreamWrite = Readonly<{ stream: string; expected: ExpectedRevision; events: readonly NewEvent[] }>;

/** What became of one write. `actual` is what the stream really was when the race was lost. */
export type AppendResult =
  | Readonly<{
      ok: true;
      /** of the last event written */ revision: number;
      /** of the last event written */ position: bigint;
    }>
  | Readonly<{ ok: false; actual: ExpectedRevision }>;

/** Position before the first event of any log. */
export const BEGINNING = 0n;

export type ReadStreamOptions = Readonly<{
  /** first revision wanted, default 0 */ from?: number;
  maxCount?: number;
  direction?: 'forward' | 'backward';
}>;

export type ReadAllOptions = Readonly<{
  /** Events strictly after this position; default BEGINNING. */
  after?: bigint;
  /** Up to and including this position; default: the head at the time of the call. */
  to?: bigint;
  /** Only these types; default all. */
  types?: readonly string[];
  /** Most events in one batch, default 1000. */
  batchSize?: number;
}>;

/** A batch handed to a subscriber: `events` may be empty when only `position` moved on past events it did not ask for. */
export type Batch = Readonly<{
  events: readonly RecordedEvent[];
  /** Everything up to and including this position was read; nothing can commit before it any more. */
  position: bigint;
  /** True when the subscriber has now seen all that was in the log when this batch was read. */
  caughtUp: boolean;
}>;

export type SubscribeOptions = Readonly<{
  after: bigint;
  types?: readonly string[];
  batchSize?: number;
  /** Ends the subscription: the promise resolves once the handler that runs has finished. */
  signal: AbortSignal;
  /** Hears of every interruption (server gone, and so on); the subscription itself goes on, with back-off. */
  onInterrupted?: (error: Error) => void;
}>;

/**
 * The append-only log. Two adapters, one contract suite (`testing/contract.ts`).
 * Errors: refusals are values (`ok: false`); a lost connection or a server fault is thrown by appends and reads, and survived
 * by subscriptions.
 */
export interface EventStore {
  /**
   * Appends to one stream at an expected revision. The same event ids again at the same place answer as the first time.
   * Throws `EventTooLargeError` or `InvalidEventError` before anything is written when an event breaks a bound or its schema.
   */
  append(stream: string, expected: ExpectedRevision, events: readonly NewEvent[]): Promise<AppendResult>;
  /** Several writes in one go, each atomic by itself and each with its own result, in order. */
  appendBatch(writes: readonly StreamWrite[]): Promise<AppendResult[]>;
  /** One stream's events; an absent stream has none. */
  readStream(stream: string, options?: ReadStreamOptions): AsyncIterable<RecordedEvent>;
  /** All events in order, in batches, up to the head at the time of the call. */
  readAll(options?: ReadAllOptions): AsyncIterable<readonly RecordedEvent[]>;
  /** Position of the last event; BEGINNING for an empty log. Nothing can commit at or before it any more. */
  head(): Promise<bigint>;
  /**
   * Hands over all events after a position, for ever, one batch at a time, in order, none missed. What the handler throws
   * ends the subscription and rejects the promise: retry and parking are the consumer's affair.
   */
  subscribe(options: SubscribeOptions, handle: (batch: Batch) => Promise<void>): Promise<void>;
  close(): Promise<void>;
}

/** An event over 256 KiB: its writer must split it. */
export class EventTooLargeError extends Error {
  override readonly name = 'EventTooLargeError';
}

/** A payload or envelope that does not have its type's schema; the message names the field. */
export class InvalidEventError extends Error {
  override readonly name = 'InvalidEventError';
}
