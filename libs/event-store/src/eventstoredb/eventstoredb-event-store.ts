import {
  EventStoreDBClient,
  type JSONEventData,
  type JSONEventType,
  WrongExpectedVersionError,
} from '@eventstore/db-client';
import { createCodec, type EventRegistry } from '../codec.js';
import { type EncodedWrite, encodeWrites } from '../encode-writes.js';
import { type AppendResult, BEGINNING, type EventStore, type RecordedEvent, type StreamWrite } from '../port.js';
import { limited, withDeadline } from './deadline.js';
import { decode, head, readAll, readStream } from './read.js';
import { subscribe } from './subscription.js';

export type EventStoreDbEventStoreOptions = EventRegistry &
  Readonly<{
    /** `esdb://host:port?tls=false`, as its vendor documents it. Server 23.10 or later (it must tell when a subscriber caught up). */
    connectionString: string;
    /** An append that is not answered for so long is given up; default 10 s. */
    deadlineMs?: number;
  }>;

/**
 * Appends under way at once. The client queues writes that its stream does not take (above 16), and when the stream then
 * breaks it rejects a promise that nobody holds, which would end the process.
 */
const APPENDS_AT_ONCE = 8;

/** The log in EventStoreDB (KurrentDB), by its official client. */
export const createEventStoreDbEventStore = (options: EventStoreDbEventStoreOptions): EventStore => {
  const { connectionString, deadlineMs = 10_000 } = options;
  const codec = createCodec(options);
  const connect = (): EventStoreDBClient => EventStoreDBClient.connectionString(connectionString);
  const closing = new AbortController();
  const subscriptions = new Set<Promise<void>>();
  const slot = limited(APPENDS_AT_ONCE);
  let client = connect();

  /** A client that failed in one call may be broken for all (it caches what failed): the next call gets a fresh one. */
  const using = async <T>(call: (client: EventStoreDBClient) => Promise<T>): Promise<T> => {
    if (closing.signal.aborted) throw new Error('the event store is closed');
    const used = client;
    try {
      return await call(used);
    } catch (error) {
      if (!(error instanceof WrongExpectedVersionError) && used === client) {
        client = connect();
        void used.dispose();
      }
      throw error;
    }
  };

  const positionOf = async (stream: string, revision: number): Promise<bigint> => {
    for await (const event of readStream(client, codec, stream, { from: revision, maxCount: 1 })) return event.position;
    throw new Error(`${stream}@${revision} was written and is not there`);
  };

  const write = async ({ stream, expected, events }: EncodedWrite): Promise<AppendResult> => {
    const data = events.map(
      ({ id, type, data, metadata }): JSONEventData<JSONEventType> =>
        ({
          id,
          type,
          contentType: 'application/json',
          data: JSON.parse(data),
          metadata: JSON.parse(metadata),
        }) as JSONEventData,
    );
    try {
      return await using(async (used) => {
        const appending = used.appendToStream(stream, data, {
          expectedRevision: expected < 0 ? 'no_stream' : BigInt(expected),
          deadline: deadlineMs,
        });
        const { nextExpectedRevision, position } = await withDeadline(
          appending,
          deadlineMs + 1000,
          `appending to ${stream}`,
        );
        const revision = Number(nextExpectedRevision);
        return { ok: true, revision, position: position?.commit ?? (await positionOf(stream, revision)) };
      });
    } catch (error) {
      if (!(error instanceof WrongExpectedVersionError)) throw error;
      const { actualVersion } = error;
      return { ok: false, actual: typeof actualVersion === 'bigint' ? Number(actualVersion) : 'no-stream' };
    }
  };

  /** The writes to one stream one after another, the streams side by side. */
  const appendBatch = async (writes: readonly StreamWrite[]): Promise<AppendResult[]> => {
    const encoded = encodeWrites(codec, writes);
    const results: AppendResult[] = [];
    const streams = new Map<string, number[]>();
    for (const [index, { stream }] of encoded.entries()) streams.set(stream, [...(streams.get(stream) ?? []), index]);
    await Promise.all(
      [...streams.values()].map(async (indices) => {
        for (const index of indices) results[index] = await slot(() => write(encoded[index]!));
      }),
    );
    return results;
  };

  return {
    append: async (stream, expected, events) => (await appendBatch([{ stream, expected, events }]))[0]!,
    appendBatch,
    readStream: async function* (stream, readOptions = {}) {
      yield* readStream(client, codec, stream, readOptions);
    },
    readAll: async function* ({ after = BEGINNING, to, types, batchSize = 1000 } = {}) {
      const last = await using(head);
      const end = to !== undefined && to < last ? to : last;
      if (after >= end) return;
      const wanted = types && new Set(types);
      let batch: RecordedEvent[] = [];
      for await (const event of readAll(client, after)) {
        if (event.position.commit > end) break;
        if (wanted === undefined || wanted.has(event.type)) batch.push(decode(codec, event));
        if (batch.length >= batchSize) {
          yield batch;
          batch = [];
        }
        if (event.position.commit === end) break;
      }
      if (batch.length > 0) yield batch;
    },
    head: () => using(head),
    subscribe: async (subscription, handle) => {
      if (closing.signal.aborted) throw new Error('the event store is closed');
      const signal = AbortSignal.any([subscription.signal, closing.signal]);
      const running = subscribe(connect, codec, { ...subscription, signal }, handle);
      subscriptions.add(running);
      await running.finally(() => subscriptions.delete(running));
    },
    close: async () => {
      closing.abort();
      await Promise.allSettled(subscriptions); // their own callers hear how they ended
      await client.dispose();
    },
  };
};
