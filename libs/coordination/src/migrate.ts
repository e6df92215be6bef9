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
  `
  -- Objects of buckets that nothing needs, until their time has come (docs/adr/0009).
  create table coordination.condemned (
    bucket   text not null,
    prefix   text not null,
    key      text collate "C" not null,
    -- NarInfos go before the NARs that they name.
    rank     smallint not null,
    size     bigint not null,
    etag     text not null,
    since_ms bigint not null,
    primary key (bucket, prefix, key)
  );
  create index condemned_order on coordination.condemned (bucket, prefix, rank, key);

  create table coordination.collecting (
    bucket   text not null,
    prefix   text not null,
    -- Of the newest collector: an older one that still runs changes nothing any more.
    token    uuid not null,
    -- A batch of objects is being deleted: who wants to rely on what stands there waits for its end.
    round    uuid,
    round_at timestamptz,
    primary key (bucket, prefix)
  );
  `,
  `
  -- What an operator has to mend, by who noticed it; gone once it is mended.
  create table coordination.notices (
    source  text primary key,
    message text not null,
    since   timestamptz not null
  );
  `,
  `
  -- Questions from one process to another, and their answers (questions.ts): nothing that a crash need keep.
  create unlogged table coordination.questions (
    id         uuid primary key,
    name       text not null,
    question   text not null,
    expires_at timestamptz not null,
    taken      boolean not null default false,
    answer     text,
    error      text
  );
  create index questions_open on coordination.questions (name) where not taken;
  `,
  `
  -- What a client's idempotency key was first used for: the same key for something else is the client's mistake.
  create table coordination.idempotency_keys (
    command_id uuid primary key,
    digest     text not null,
    used_at    timestamptz not null default now()
  );
  create index idempotency_keys_age on coordination.idempotency_keys (used_at);
  `,
  `
  -- What a command on many was about, by part: the same key is about the same again.
  alter table coordination.idempotency_keys add column choices jsonb not null default '{}';
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
