/** Reads everything once when asked, in a process of its own: by Iolaus's readAll, by emmett's batches, or as the bytes of COPY. */
import type { SQLExecutor } from '@event-driven-io/dumbo';
import pg from 'pg';
import copyStreams from 'pg-copy-streams';
import { createPostgresEventStore, domainEvents } from '#event-store';

const [name, connectionString] = process.argv.slice(2) as [string, string];

const byIolaus = (): (() => Promise<number>) => {
  const store = createPostgresEventStore({ ...domainEvents, connectionString });
  return async () => {
    let events = 0;
    for await (const batch of store.readAll()) events += batch.length;
    return events;
  };
};

const byEmmett = async (): Promise<() => Promise<number>> => {
  // Loaded only here: it sets pg's parsers for the whole process.
  const [{ dumbo }, { readMessagesBatch }] = await Promise.all([import('@event-driven-io/dumbo'), import('@event-driven-io/emmett-postgresql')]);
  const pool = dumbo({ connectionString } as never) as unknown as { execute: SQLExecutor };
  return async () => {
    let events = 0;
    for (let after = 0n, left = true; left; ) {
      const batch = await readMessagesBatch(pool.execute, { after, batchSize: 2000 });
      events += batch.messages.length;
      after = batch.currentGlobalPosition;
      left = batch.areMessagesLeft && batch.messages.length > 0;
    }
    return events;
  };
};

/** The limit: PostgreSQL's own export, its bytes counted and thrown away. */
const byCopy = (): (() => Promise<number>) => {
  const client = new pg.Client({ connectionString });
  const connected = client.connect();
  return async () => {
    await connected;
    const rows = client.query(copyStreams.to('copy log.events to stdout'));
    for await (const chunk of rows as AsyncIterable<Buffer>) void chunk.length;
    return rows.rowCount;
  };
};

const read = await { iolaus: byIolaus, emmett: byEmmett, copy: byCopy }[name as 'iolaus']();
process.on('message', () => {
  const start = performance.now();
  read().then(
    (events) => process.send!({ events, rate: (events * 1000) / (performance.now() - start) }),
    (error: Error) => process.send!({ error: error.stack }),
  );
});
