import type pg from 'pg';

/**
 * Held by every append until its commit, and taken before the first `nextval`: so positions become visible in their order,
 * and a reader of `position > last` misses nothing. Advisory locks belong to one database.
 */
export const APPEND_LOCK = 4_991_735_201;
const MIGRATION_LOCK = 4_991_735_202;

/** Forward only; a statement list is never changed once it was released. */
const MIGRATIONS: readonly string[] = [
  `
  create sequence log.position;
  create table log.events (
    position bigint primary key,
    stream   text not null,
    revision integer not null,
    id       uuid not null,
    type     text not null,
    data     json not null,
    metadata json not null,
    unique (stream, revision)
  );
  -- Payloads up to 256 KiB: lz4 is several times faster than the default, both ways. Not every build of PostgreSQL has it.
  do $$ begin
    alter table log.events alter column data set compression lz4;
  exception when feature_not_supported or invalid_parameter_value then null;
  end $$;

  create function log.refuse() returns trigger language plpgsql as $$
  begin
    raise exception 'log.events is append-only, and only log.append writes it';
  end $$;
  create trigger append_only before update or delete or truncate on log.events
    for each statement execute function log.refuse();
  create trigger only_by_append before insert on log.events
    for each statement when (current_setting('iolaus.appending', true) is distinct from 'on') execute function log.refuse();

  -- Several writes in one transaction, each with its own expected revision (-1: no stream) and its own answer: the last
  -- revision and position written, or what the stream really was. Arrays hold the events of all writes one after another.
  create function log.append(streams text[], expected integer[], counts integer[],
                             ids uuid[], types text[], datas json[], metadatas json[])
  returns table (ok boolean, revision integer, "position" bigint) language plpgsql as $$
  #variable_conflict use_column
  declare
    lower_bound integer := 1;
    upper_bound integer;
    actual integer;
  begin
    perform pg_advisory_xact_lock(${APPEND_LOCK});
    perform set_config('iolaus.appending', 'on', true);
    for i in 1 .. cardinality(streams) loop
      upper_bound := lower_bound + counts[i] - 1;
      select e.revision into actual from log.events e where e.stream = streams[i] order by e.revision desc limit 1;
      actual := coalesce(actual, -1);
      if actual = expected[i] then
        return query
          with written as (
            insert into log.events (position, stream, revision, id, type, data, metadata)
            select nextval('log.position'), streams[i], actual + t.ord::integer, t.id, t.type, t.data, t.metadata
            from unnest(ids[lower_bound:upper_bound], types[lower_bound:upper_bound], datas[lower_bound:upper_bound],
                        metadatas[lower_bound:upper_bound]) with ordinality as t (id, type, data, metadata, ord)
            returning events.revision, events.position
          )
          select true, max(w.revision), max(w.position) from written w;
      elsif actual >= expected[i] + counts[i] and not exists (
        select from unnest(ids[lower_bound:upper_bound]) with ordinality as t (id, ord)
        left join log.events e on e.stream = streams[i] and e.revision = expected[i] + t.ord::integer
        where e.id is distinct from t.id
      ) then
        -- The same events at the same place: the writer did not hear our first answer.
        return query
          select true, e.revision, e.position from log.events e
          where e.stream = streams[i] and e.revision = expected[i] + counts[i];
      else
        return query select false, actual, null::bigint;
      end if;
      lower_bound := upper_bound + 1;
    end loop;
    perform set_config('iolaus.appending', 'off', true);
  end $$;
  `,
];

/** Brings schema `log` up to date. Safe to run by several processes at once, and again. */
export const migrate = async (pool: pg.Pool): Promise<void> => {
  const client = await pool.connect();
  let failed: Error | undefined;
  try {
    await client.query('begin');
    await client.query('select pg_advisory_xact_lock($1)', [MIGRATION_LOCK]);
    await client.query('create schema if not exists log');
    await client.query(
      'create table if not exists log.migrations (version integer primary key, applied_at timestamptz not null default now())',
    );
    const { rows } = await client.query<{ version: number }>(
      'select coalesce(max(version), 0) as version from log.migrations',
    );
    const done = rows[0]?.version ?? 0;
    if (done > MIGRATIONS.length) {
      throw new Error(
        `schema log has version ${done}, this program knows ${MIGRATIONS.length}: a newer Iolaus wrote it`,
      );
    }
    for (const [index, sql] of MIGRATIONS.entries()) {
      if (index < done) continue;
      await client.query(sql);
      await client.query('insert into log.migrations (version) values ($1)', [index + 1]);
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
