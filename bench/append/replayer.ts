/** Reads everything once when asked, in a process of its own: by Iolaus's readAll, by emmett's batches, or as the bytes of COPY. */
import type { SQLExecutor } from '@event-driven-io/dumbo';
import pg from 'pg';
import copyStreams from 'pg-copy-streams';
import { createPostgresEventStore, domainEvents } from '#event-store';

const [name, connectionString] = process.argv.slice(2) as [string, string];

const byIolaus = async (): Promise<() => Promise<number>> => {
  const store = createPostgresEventStore({ ...domainEvents, connectionString });
  return async () => {
    let events = 0;
    for await (const batch of store.readAll()) events += batch.length;
    return events;
  };
};

const byEmmett = async (): Promise<() => Promise<number>> => {
  // Loaded only here: it sets pg's parsers for the whole process.
  const [{ dumbo }, { readMessagesBatch }] = await Promise.all([
    import('@event-driven-io/dumbo'),
    import('@event-driven-io/emmett-postgresql'),
  ]);
  const pool = dumbo({ connectionString } as never) as unknown as { execute: SQLExecutor };
  return async () => {
    let events = 0;
    for (let after = 0n, left = true; left;) {
      const batch = await readMessagesBatch(pool.execute, { after, batchSize: 2000 });
      events += batch.messages.length;
      after = batch.currentGlobalPosition;
      left = batch.areMessagesLeft && batch.messages.length > 0;
    }
    return events;
  };
};

/** The limit: PostgreSQL's own export, its bytes counted and thrown away. */
const byCopy = async (): Promise<() => Promise<number>> => {
  const client = new pg.Client({ connectionString });
  await client.connect();
  return async () => {
    const rows = client.query(copyStreams.to('copy log.events to stdout'));
    for await (const chunk of rows as AsyncIterable<Buffer>) void chunk.length;
    return rows.rowCount;
  };
};

const readers: Readonly<Record<string, () => Promise<() => Promise<number>>>> = {
  iolaus: byIolaus,
  emmett: byEmmett,
  copy: byCopy,
};
const read = await readers[name]!();

const timed = async (): Promise<{ events: number; rate: number }> => {
  const start = performance.now();
  const events = await read();
  return { events, rate: (events * 1000) / (performance.now() - start) };
};
process.on('message', () => {
  timed().then(
    (answer) => process.send!(answer),
    (error: Error) => process.send!({ error: error.stack }),
  );
});
