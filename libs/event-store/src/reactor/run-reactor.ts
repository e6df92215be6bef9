import { pause } from '../pause.js';
import { BEGINNING, type EventStore, type RecordedEvent } from '../port.js';

/** Where a reactor keeps how far it came, and what it gave up. `#coordination` has both on PostgreSQL. */
export type ReactorCheckpoints = Readonly<{
  get: (consumer: string) => Promise<bigint | undefined>;
  set: (consumer: string, position: bigint) => Promise<void>;
}>;
export type ReactorParking = Readonly<{
  park: (event: {
    consumer: string;
    eventId: string;
    stream: string;
    revision: number;
    position: bigint;
    type: string;
    error: string;
    attempts: number;
  }) => Promise<void>;
  released: (consumer: string) => Promise<readonly Readonly<{ eventId: string; stream: string; revision: number }>[]>;
  remove: (consumer: string, eventId: string) => Promise<void>;
}>;

export type ReactorOptions = Readonly<{
  store: EventStore;
  /** Names the checkpoint: never change it. */
  name: string;
  types: readonly string[];
  /** Does what the event asks for. It may be called again for the same event: ids of what it causes derive from the event's. */
  handle: (event: RecordedEvent, signal: AbortSignal) => Promise<void>;
  /** Waits in seconds between attempts, then the event is parked. */
  policy: Readonly<{ retry: readonly number[]; then: 'park' }>;
  checkpoints: ReactorCheckpoints;
  parked: ReactorParking;
  signal: AbortSignal;
  logger: Readonly<{
    warn: (details: object, message: string) => void;
    error: (details: object, message: string) => void;
  }>;
  /** Where a reactor without checkpoint begins; default BEGINNING. */
  from?: bigint;
  /** Hears each time the reactor has handled all there is. */
  onCaughtUp?: () => void;
  /** How often released events are looked for, in milliseconds; default 1000. */
  releasedEveryMs?: number;
}>;

/**
 * Hears events in their order from its checkpoint on, and handles one at a time. The checkpoint is the position of the last event
 * handled (or parked), stored after each batch and after each event that took long. Resolves when the signal aborts; survives a log
 * or a database that is away; rejects when the log holds what this program cannot read.
 */
export const runReactor = async (options: ReactorOptions): Promise<void> => {
  const { store, name, types, handle, policy, checkpoints, parked, signal, logger } = options;
  /** One at a time: an event of the log, or one that was released. */
  let turn: Promise<void> = Promise.resolve();
  const inTurn = (work: () => Promise<void>): Promise<void> => (turn = turn.catch(() => undefined).then(work));

  /** Bookkeeping waits for a database that is away. Rejects only when the signal aborts. */
  const persist = async <T>(what: () => Promise<T>): Promise<T> => {
    for (let waitMs = 100; ; waitMs = Math.min(5000, waitMs * 2)) {
      try {
        return await what();
      } catch (error) {
        if (signal.aborted) throw error;
        logger.warn({ err: error, reactor: name }, 'a reactor waits for its database');
        await pause(waitMs, signal);
      }
    }
  };

  const attempt = async (event: RecordedEvent, waits: readonly number[]): Promise<'handled' | 'parked' | 'ended'> => {
    for (let failures = 0; ;) {
      try {
        await handle(event, signal);
        return 'handled';
      } catch (error) {
        if (signal.aborted) return 'ended';
        const wait = waits[failures++];
        const about = {
          err: error,
          reactor: name,
          type: event.type,
          stream: event.stream,
          position: String(event.position),
        };
        if (wait === undefined) {
          logger.error({ ...about, attempts: failures }, 'an event is parked');
          const { id: eventId, stream, revision, position, type } = event;
          const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
          const row = { consumer: name, eventId, stream, revision, position, type, error: text, attempts: failures };
          await persist(() => parked.park(row));
          return 'parked';
        }
        logger.warn({ ...about, retryInSeconds: wait }, 'an event could not be handled');
        await pause(wait * 1000, signal);
        if (signal.aborted) return 'ended';
      }
    }
  };

  /** Events an operator released: one attempt each, then parked again. */
  const handleReleased = async (): Promise<void> => {
    for (const { eventId, stream, revision } of await parked.released(name)) {
      if (signal.aborted) return;
      for await (const event of store.readStream(stream, { from: revision, maxCount: 1 })) {
        if ((await attempt(event, [])) === 'handled') await parked.remove(name, eventId);
      }
    }
  };

  let failed: unknown;
  const ending = new AbortController();
  const watching = (async () => {
    const stop = AbortSignal.any([signal, ending.signal]);
    for (; !stop.aborted; await pause(options.releasedEveryMs ?? 1000, stop)) {
      try {
        await inTurn(handleReleased);
      } catch (error) {
        logger.warn({ err: error, reactor: name }, 'released events could not be looked for');
      }
    }
  })();

  try {
    const after = (await persist(() => checkpoints.get(name))) ?? options.from ?? BEGINNING;
    const onInterrupted = (error: Error): void => logger.warn({ err: error, reactor: name }, 'the log is away');
    await store.subscribe({ after, types, signal, onInterrupted, batchSize: 100 }, ({ events, caughtUp }) =>
      inTurn(async () => {
        let stored = performance.now();
        for (const [index, event] of events.entries()) {
          if (signal.aborted || (await attempt(event, policy.retry)) === 'ended') return;
          if (index === events.length - 1 || performance.now() - stored > 250) {
            await persist(() => checkpoints.set(name, event.position));
            stored = performance.now();
          }
        }
        if (caughtUp) options.onCaughtUp?.();
      }),
    );
  } catch (error) {
    if (!signal.aborted) failed = error;
  }
  ending.abort();
  await watching;
  if (failed !== undefined) throw failed;
};
