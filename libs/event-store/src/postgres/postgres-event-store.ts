import pg from 'pg';
import { createCodec, type EventRegistry } from '../codec.js';
import { encodeWrites } from '../encode-writes.js';
import { type AppendResult, BEGINNING, type EventStore, type StreamWrite } from '../port.js';
import { createReader } from './reader.js';
import { subscribe } from './subscription.js';
import { createWakeUps } from './wake-ups.js';
import { createWriter } from './writer.js';

/** Either an address, or a pool that its owner ends after the store is closed. */
export type PostgresEventStoreOptions = EventRegistry &
  Readonly<{
    connectionString?: string;
    pool?: pg.Pool;
    /** Hears of troubles that are survived: a lost idle connection, a notification that could not be sent. */
    onError?: (error: Error) => void;
  }>;

/** The log in PostgreSQL 15 or later. Its schema must be there: `migrate(pool)`. */
export const createPostgresEventStore = (options: PostgresEventStoreOptions): EventStore => {
  const { connectionString, onError = () => undefined } = options;
  if ((options.pool === undefined) === (connectionString === undefined)) {
    throw new TypeError('createPostgresEventStore: give it either a pool or a connectionString');
  }
  const pool =
    options.pool ?? new pg.Pool({ connectionString, max: 20, connectionTimeoutMillis: 10_000, keepAlive: true });
  // Idle connections that break are replaced by the pool; without a listener the process would end.
  pool.on('error', onError);

  const codec = createCodec(options);
  const reader = createReader(pool, codec);
  const wakeUps = createWakeUps(pool, onError);
  const writer = createWriter(pool, wakeUps.announce);
  const closing = new AbortController();
  const subscriptions = new Set<Promise<void>>();

  const open = (): void => {
    if (closing.signal.aborted) throw new Error('the event store is closed');
  };

  const appendBatch = async (writes: readonly StreamWrite[]): Promise<AppendResult[]> => {
    open();
    const encoded = encodeWrites(codec, writes);
    return encoded.length === 0 ? [] : writer.append(encoded);
  };

  return {
    append: async (stream, expected, events) => (await appendBatch([{ stream, expected, events }]))[0]!,
    appendBatch,
    readStream: (stream, readOptions = {}) => reader.stream(stream, readOptions),
    readAll: async function* ({ after = BEGINNING, to, types, batchSize = 1000 } = {}) {
      open();
      const head = await reader.head();
      yield* reader.range({ after, to: to !== undefined && to < head ? to : head, types, batchSize });
    },
    head: reader.head,
    subscribe: async (subscription, handle) => {
      open();
      const signal = AbortSignal.any([subscription.signal, closing.signal]);
      const running = subscribe(reader, wakeUps, { ...subscription, signal }, handle);
      subscriptions.add(running);
      await running.finally(() => subscriptions.delete(running));
    },
    close: async () => {
      closing.abort();
      await Promise.allSettled(subscriptions); // their own callers hear how they ended
      await writer.idle();
      await wakeUps.close();
      pool.off('error', onError);
      if (options.pool === undefined) {
        pool.on('error', () => undefined); // a connection may still break while it is ended
        await pool.end();
      }
    },
  };
};
