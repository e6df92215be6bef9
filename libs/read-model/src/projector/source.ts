import type { RecordedEvent } from '../projection.js';

/** Structurally the event store's `Batch`. */
export type EventBatch = Readonly<{ events: readonly RecordedEvent[]; position: bigint; caughtUp: boolean }>;

/** What projecting needs of the event store. */
export type EventSource = Readonly<{
  readAll: (options: {
    after?: bigint;
    to?: bigint;
    types?: readonly string[];
    batchSize?: number;
  }) => AsyncIterable<readonly RecordedEvent[]>;
  head: () => Promise<bigint>;
  subscribe: (
    options: { after: bigint; batchSize?: number; signal: AbortSignal; onInterrupted?: (error: Error) => void },
    handle: (batch: EventBatch) => Promise<void>,
  ) => Promise<void>;
}>;
