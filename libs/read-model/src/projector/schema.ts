import type { ConnectionPool } from '../farm/queries.js';
import type { Projection } from '../projection.js';
import type { Queryable } from '../rows.js';
import { PROJECTIONS } from './projections.js';

/** Where the tables live that queries read. */
export const LIVE_SCHEMA = 'read_model';

/** Keys of advisory locks: `iolaus` and a purpose. */
export const PREPARE_LOCK = [0x696f6c61, 1] as const;
export const REBUILD_LOCK = [0x696f6c61, 2] as const;

/** Bookkeeping of the projector: written in the transaction of the rows that it speaks of. */
const CHECKPOINTS = `
create schema if not exists read_model;
create table if not exists read_model.checkpoints (
  projection text primary key,
  version int not null,
  -- of the tables that a later version replaces
  tables text[] not null,
  -- all events up to here are in
  position bigint not null,
  caught_up boolean not null,
  updated_at timestamptz not null
);
`;

/** Creates what is not there: the bookkeeping, and the tables of each projection that has no checkpoint. In a transaction. */
export const createMissing = async (db: Queryable, projections: readonly Projection[] = PROJECTIONS): Promise<void> => {
  // Rows that a crash takes come again from the log; the tables that they go into would not. (A rebuild's `drop table` waits by itself.)
  await db.query('set local synchronous_commit = on');
  await db.query(`select pg_advisory_xact_lock(${PREPARE_LOCK.join(', ')})`);
  await db.query(CHECKPOINTS);
  await db.query(`set local search_path = ${LIVE_SCHEMA}`);
  const { rows } = await db.query('select projection from read_model.checkpoints');
  const known = new Set(rows.map((row) => row['projection']));
  for (const { name, version, tables, ddl } of projections) {
    if (known.has(name)) continue;
    await db.query(ddl);
    await db.query(`insert into read_model.checkpoints values ($1, $2, $3, 0, false, now())`, [
      name,
      version,
      [...tables],
    ]);
  }
};

/** Makes sure that the read model can be asked, empty as it may be. Whoever starts first does it. */
export const prepareReadModel = async (
  pool: ConnectionPool,
  projections: readonly Projection[] = PROJECTIONS,
): Promise<void> => {
  const db = await pool.connect();
  try {
    await db.query('begin');
    await createMissing(db, projections);
    await db.query('commit');
    db.release();
  } catch (error) {
    db.release(true);
    throw error;
  }
};
