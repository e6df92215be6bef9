import type pg from 'pg';
import { pause } from '../pause.js';
import { connectAlone } from './connect-alone.js';

const CHANNEL = 'iolaus_log';
/** Between two notifications: a busy writer wakes others this often, not once per commit. */
const NOTIFY_EVERY_MS = 5;

export type WakeUps = Readonly<{
  /** Tells every subscriber, here and in other processes, that the log grew. */
  announce: () => void;
  /** Counts what happened: read it before looking at the log, hand it to `sleep` after. */
  generation: () => number;
  /** Resolves once something happened after `seen`, or after `ms`, or when the signal aborts. */
  sleep: (seen: number, ms: number, signal: AbortSignal) => Promise<void>;
  /** Begins to hear other processes; idempotent. */
  listen: () => void;
  close: () => Promise<void>;
}>;

/**
 * Notifications are hints only: each may be lost, for subscribers poll as well. Hence a failure here is told to `onError`
 * and otherwise survived.
 */
export const createWakeUps = (pool: pg.Pool, onError: (error: Error) => void): WakeUps => {
  const sleepers = new Set<() => void>();
  const closing = new AbortController();
  let generation = 0;
  let announcing: 'no' | 'yes' | 'again' = 'no';
  let listening: Promise<void> | undefined;

  const wake = (): void => {
    generation += 1;
    for (const sleeper of [...sleepers]) sleeper();
  };

  const sleep = (seen: number, ms: number, signal: AbortSignal): Promise<void> => {
    if (seen !== generation || signal.aborted || closing.signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        sleepers.delete(done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      sleepers.add(done);
      signal.addEventListener('abort', done);
    });
  };

  /** Not in the append's transaction: there, NOTIFY's global lock halves the rate of concurrent commits. */
  const announceElsewhere = async (): Promise<void> => {
    do {
      announcing = 'yes';
      try {
        // A hint need not be flushed to disk: a NOTIFY of its own would otherwise wait for an fsync.
        await pool.query({
          name: 'iolaus_notify',
          text: `select set_config('synchronous_commit', 'off', true), pg_notify('${CHANNEL}', '')`,
        });
      } catch (error) {
        onError(error as Error);
      }
      await new Promise((resolve) => setTimeout(resolve, NOTIFY_EVERY_MS));
    } while ((announcing as string) === 'again' && !closing.signal.aborted);
    announcing = 'no';
  };
  let announcement: Promise<void> = Promise.resolve();

  const hear = async (): Promise<void> => {
    const client = await connectAlone(pool);
    let failure: Error | undefined;
    try {
      const ended = new Promise<void>((resolve) => {
        client.once('end', resolve);
        if (closing.signal.aborted) resolve();
        closing.signal.addEventListener('abort', () => resolve());
        client.on('error', (error) => {
          failure = error;
          resolve();
        });
      });
      client.on('notification', wake);
      await client.query(`listen ${CHANNEL}`);
      wake();
      await ended;
    } finally {
      await client.end();
    }
    if (failure !== undefined) throw failure;
  };

  const keepHearing = async (): Promise<void> => {
    for (let attempt = 0; !closing.signal.aborted; attempt++) {
      try {
        await hear();
        attempt = 0;
      } catch (error) {
        if (!closing.signal.aborted) onError(error as Error);
      }
      if (!closing.signal.aborted) await pause(Math.min(2000, 100 * 2 ** attempt), closing.signal);
    }
  };

  return {
    announce: () => {
      wake();
      if (announcing === 'no') announcement = announceElsewhere();
      else announcing = 'again';
    },
    generation: () => generation,
    sleep,
    listen: () => {
      listening ??= keepHearing();
    },
    close: async () => {
      closing.abort();
      wake();
      await Promise.all([listening, announcement]);
    },
  };
};
