import { UnknownEventError } from '../codec.js';
import { pause } from '../pause.js';
import { type Batch, InvalidEventError, type SubscribeOptions } from '../port.js';
import type { Reader } from './reader.js';
import type { WakeUps } from './wake-ups.js';

/** Looked at the log at least this often, should a notification be lost. */
const POLL_MS = 500;
const BACK_OFF = { firstMs: 50, maxMs: 5000 } as const;

/** What the handler threw, apart from what the server did. */
class HandlerFailure extends Error {
  constructor(override readonly cause: unknown) {
    super('the handler of a subscription failed');
  }
}

/**
 * Reads up to the head, waits for more, for ever. All state is one position, and it moves only after the handler is done:
 * a lost server costs a wait, nothing else.
 */
export const subscribe = async (
  reader: Reader,
  wakeUps: WakeUps,
  { after, types, batchSize = 1000, signal, onInterrupted }: SubscribeOptions,
  handle: (batch: Batch) => Promise<void>,
): Promise<void> => {
  let position = after;
  let caughtUp = false;
  wakeUps.listen();

  const deliver = async (batch: Batch): Promise<void> => {
    try {
      await handle(batch);
    } catch (error) {
      throw new HandlerFailure(error);
    }
    position = batch.position;
    caughtUp = batch.caughtUp;
  };

  /** One batch is kept back, so that the last one can say that it is the last. */
  const readOn = async (): Promise<void> => {
    const head = await reader.head();
    if (head <= position && caughtUp) return;
    let kept: Batch['events'] = [];
    for await (const events of reader.range({ after: position, to: head, types, batchSize })) {
      if (signal.aborted) return;
      if (kept.length > 0) await deliver({ events: kept, position: kept.at(-1)!.position, caughtUp: false });
      kept = events;
    }
    if (signal.aborted) return;
    await deliver({ events: kept, position: head > position ? head : position, caughtUp: true });
  };

  for (let failures = 0; !signal.aborted;) {
    const seen = wakeUps.generation();
    try {
      await readOn();
      failures = 0;
    } catch (error) {
      if (error instanceof HandlerFailure) throw error.cause;
      if (error instanceof UnknownEventError || error instanceof InvalidEventError) throw error;
      caughtUp = false;
      onInterrupted?.(error as Error);
      await pause(Math.min(BACK_OFF.maxMs, BACK_OFF.firstMs * 2 ** failures), signal);
      failures += 1;
      continue;
    }
    await wakeUps.sleep(seen, POLL_MS, signal);
  }
};
