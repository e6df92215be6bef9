import { type AccountsDatabase, transaction } from './database.js';

/** Steps of the schema `accounts`, forward only: never change one that was released, add the next. */
const MIGRATIONS: readonly string[] = [
  `create table accounts.users (
     id text primary key,
     name text not null unique,
     email text not null default '',
     full_name text not null default '',
     password_hash text,
     created_at timestamptz not null
   );
   create table accounts.sessions (
     token_hash bytea primary key,
     user_id text not null references accounts.users (id) on delete cascade,
     created_at timestamptz not null,
     expires_at timestamptz not null
   );
   create index sessions_user on accounts.sessions (user_id);
   create index sessions_expiry on accounts.sessions (expires_at);
   create table accounts.login_failures (
     key text primary key,
     failures integer not null,
     first_at timestamptz not null
   );`,
  `create table accounts.tokens (
     id text primary key,
     token_hash bytea not null unique,
     user_id text not null references accounts.users (id) on delete cascade,
     name text not null,
     scope jsonb not null,
     created_at timestamptz not null,
     expires_at timestamptz not null,
     used_at timestamptz
   );
   create index tokens_user on accounts.tokens (user_id);`,
  `create table accounts.stars (
     user_id text not null references accounts.users (id) on delete cascade,
     jobset_id integer not null,
     job text not null,
     created_at timestamptz not null,
     primary key (user_id, jobset_id, job)
   );
   alter table accounts.users add column public_dashboard boolean not null default false;`,
];

/** Any constant that nothing else of ours locks: the bytes of "accounts", cut to a positive bigint. */
const LOCK = '7017291476983837299';

/** Brings the schema up to date. Several APIs may start at once: one works, the others wait. */
export const migrateAccounts = (database: AccountsDatabase): Promise<void> =>
  transaction(database, async (client) => {
    await client.query(`select pg_advisory_xact_lock(${LOCK})`);
    await client.query('create schema if not exists accounts');
    await client.query('create table if not exists accounts.migrations (number integer primary key)');
    const { rows } = await client.query<{ done: number }>(
      'select coalesce(max(number), 0)::int as done from accounts.migrations',
    );
    for (let number = (rows[0]?.done ?? 0) + 1; number <= MIGRATIONS.length; number++) {
      await client.query(MIGRATIONS[number - 1]!);
      await client.query('insert into accounts.migrations (number) values ($1)', [number]);
    }
  });
