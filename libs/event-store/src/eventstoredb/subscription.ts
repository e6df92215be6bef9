import {
  type AllStreamSubscription,
  eventTypeFilter,
  type EventStoreDBClient,
  excludeSystemEvents,
} from '@eventstore/db-client';
import { type Codec, UnknownEventError } from '../codec.js';
import { pause } from '../pause.js';
import { type Batch, InvalidEventError, type RecordedEvent, type SubscribeOptions } from '../port.js';
import { at, decode, isSystem, type Recorded } from './read.js';

const BACK_OFF = { firstMs: 50, maxMs: 5000 } as const;
/** The server tells how far it searched this often, in units of 32 events. We store none of it; it keeps the call alive. */
const CHECKPOINT_INTERVAL = 1000;

/** What ends the subscription, apart from what the server did. */
class Fatal extends Error {
  constructor(override readonly cause: unknown) {
    super('a subscription cannot go on');
  }
}

const exactly = (types: readonly string[]): string =>
  `^(${types.map((type) => type.replace(/[^\w]/g, '\\$&')).join('|')})$`;

/**
 * One connection's worth: hands over batches until the signal aborts, and throws when the server is gone. A batch is what has
 * arrived by then. Its position is that of the last event in it, never of a checkpoint notice.
 */
const follow = async (
  subscription: AllStreamSubscription,
  options: SubscribeOptions,
  accept: (events: readonly Recorded[], caughtUp: boolean) => Promise<void>,
): Promise<void> => {
  const { signal, batchSize = 1000 } = options;
  let live = false;
  let told = false;
  let failure: Error | undefined;
  let wake = (): void => undefined;
  const poke = (): void => wake();
  subscription
    .on('readable', poke)
    .on('caughtUp', () => {
      live = true;
      poke();
    })
    .on('error', (error: Error) => {
      failure = error;
      poke();
    })
    .on('end', () => {
      failure ??= new Error('the server ended the subscription');
      poke();
    });
  (subscription as unknown as NodeJS.EventEmitter).on('fellBehind', () => (live = false));
  signal.addEventListener('abort', poke);

  const take = (): Recorded[] => {
    const events: Recorded[] = [];
    while (events.length < batchSize) {
      const resolved = subscription.read() as { event?: Recorded } | null;
      if (resolved === null) break;
      if (resolved.event && !isSystem(resolved.event)) events.push(resolved.event);
    }
    return events;
  };

  try {
    while (!signal.aborted) {
      if (failure !== undefined) throw failure;
      let events = take();
      if (events.length > 0 && events.length < batchSize && !live) {
        // While catching up more is on its way: a turn later the batch is larger.
        await new Promise((resolve) => setImmediate(resolve));
        events = [...events, ...take()];
      }
      const caughtUp = live && subscription.readableLength === 0;
      if (events.length > 0 || (caughtUp && !told)) {
        for (let from = 0; from === 0 || from < events.length; from += batchSize) {
          const part = events.slice(from, from + batchSize);
          await accept(part, caughtUp && from + batchSize >= events.length);
          if (signal.aborted) return;
        }
        told = caughtUp;
      } else {
        await new Promise<void>((resolve) => (wake = resolve));
      }
    }
  } finally {
    signal.removeEventListener('abort', poke);
  }
};

/** Subscribes for ever: after an interruption again, with a client of its own, behind the last event handled. */
export const subscribe = async (
  connect: () => EventStoreDBClient,
  codec: Codec,
  options: SubscribeOptions,
  handle: (batch: Batch) => Promise<void>,
): Promise<void> => {
  const { after, types, batchSize = 1000, signal, onInterrupted } = options;
  let position = after;
  let failures = 0;

  const accept = async (recorded: readonly Recorded[], caughtUp: boolean): Promise<void> => {
    try {
      const events: RecordedEvent[] = recorded
        .map((event) => decode(codec, event))
        .filter((event) => event.position > position);
      const last = events.at(-1);
      if (last === undefined && !caughtUp) return;
      await handle({ events, position: last?.position ?? position, caughtUp });
      position = last?.position ?? position;
      failures = 0;
    } catch (error) {
      throw new Fatal(error);
    }
  };

  while (!signal.aborted) {
    const client = connect();
    try {
      const filter = types
        ? eventTypeFilter({ regex: exactly(types), checkpointInterval: CHECKPOINT_INTERVAL })
        : excludeSystemEvents({ checkpointInterval: CHECKPOINT_INTERVAL });
      const subscription = client.subscribeToAll({ fromPosition: at(position), filter }, { highWaterMark: batchSize });
      await follow(subscription, options, accept);
    } catch (error) {
      if (error instanceof Fatal) throw error.cause;
      if (error instanceof UnknownEventError || error instanceof InvalidEventError) throw error;
      onInterrupted?.(error as Error);
      await pause(Math.min(BACK_OFF.maxMs, BACK_OFF.firstMs * 2 ** failures), signal);
      failures += 1;
    } finally {
      await client.dispose();
    }
  }
};
