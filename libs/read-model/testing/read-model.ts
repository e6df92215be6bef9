import type { Pool } from 'pg';
import { type EventSource, PROJECTIONS, type RecordedEvent, runProjector } from '../src/index.js';
import { logInMemory } from './log-in-memory.js';

/** Runs a projector until everything in the log is in, then ends it. */
export const projectAll = async (databaseUrl: string, source: EventSource): Promise<void> => {
  const head = await source.head();
  const stop = new AbortController();
  const onBatch = ({ position }: { position: bigint }) => {
    if (position >= head) stop.abort();
  };
  await runProjector({ source, databaseUrl, signal: stop.signal, onBatch });
};

/** The same for events in memory, in batches of a size. */
export const projectEvents = (databaseUrl: string, events: readonly RecordedEvent[], batchSize = 100): Promise<void> =>
  projectAll(databaseUrl, logInMemory(events, batchSize));

/** All rows of all tables, as text, sorted: what two read models that are equal have in common. */
export const dump = async (pool: Pool): Promise<Record<string, string[]>> => {
  const tables = PROJECTIONS.flatMap((projection) => projection.tables);
  const entries = await Promise.all(
    tables.map(async (table) => {
      const { rows } = await pool.query(`select t::text as row from read_model.${table} t order by 1`);
      return [table, rows.map((row) => row.row as string)] as const;
    }),
  );
  return Object.fromEntries(entries);
};

/** Takes the read model away, bookkeeping included. */
export const forget = async (pool: Pool): Promise<void> => {
  await pool.query('drop schema if exists read_model cascade');
};
