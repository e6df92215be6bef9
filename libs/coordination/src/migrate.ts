import type { Database } from './database.js';

const MIGRATION_LOCK = 4_991_735_203;

/** Forward only; a statement list is never changed once it was released. */
const MIGRATIONS: readonly string[] = [
  `
  create sequence coordination.project_id;
  create sequence coordination.jobset_id;
  create sequence coordination.evaluation_id;
  create sequence coordination.build_id;

  create table coordination.checkpoints (
    consumer   text primary key,
    position   bigint not null,
    updated_at timestamptz not null default now()
  );

  create table coordination.parked (
    consumer    text not null,
    event_id    uuid not null,
    stream      text not null,
    revision    integer not null,
    position    bigint not null,
    type        text not null,
    error       text not null,
    attempts    integer not null,
    at          timestamptz not null,
    -- An operator wants it tried again; the consumer does so and deletes the row.
    released_at timestamptz,
    primary key (consumer, event_id)
  );
  `,
];

/** Brings schema `coordination` up to date. Safe to run by several processes at once, and again. */
export const migrateCoordination = async (database: Database): Promise<void> => {
  const client = await database.connect();
  let failed: Error | undefined;
  try {
    await client.query('begin');
    await client.query('select pg_advisory_xact_lock($1)', [MIGRATION_LOCK]);
    await client.query('create schema if not exists coordination');
    await client.query(
      'create table if not exists coordination.migrations (version integer primary key, applied_at timestamptz not null default now())',
    );
    const { rows } = await client.query<{ done: number }>(
      'select coalesce(max(version), 0) as done from coordination.migrations',
    );
    const done = rows[0]?.done ?? 0;
    if (done > MIGRATIONS.length) {
      throw new Error(
        `schema coordination has version ${done}, this program knows ${MIGRATIONS.length}: a newer Iolaus wrote it`,
      );
    }
    for (const [index, sql] of MIGRATIONS.entries()) {
      if (index < done) continue;
      await client.query(sql);
      await client.query('insert into coordination.migrations (version) values ($1)', [index + 1]);
    }
    await client.query('commit');
  } catch (error) {
    failed = error as Error;
    throw error;
  } finally {
    // A connection that failed inside a transaction is not given to the next one.
    client.release(failed);
  }
};
