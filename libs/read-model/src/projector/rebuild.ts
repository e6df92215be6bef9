import pg from 'pg';
import type { Projection } from '../projection.js';
import { sendEvents } from './apply.js';
import { PROJECTIONS } from './projections.js';
import { createMissing, LIVE_SCHEMA, REBUILD_LOCK } from './schema.js';
import { openSession, settled } from './session.js';
import type { EventSource } from './source.js';

export type RebuildProgress = Readonly<{
  projection: string;
  stage: 'filling' | 'swapping' | 'done';
  /** events seen so far */
  events: number;
  position: bigint;
  /** where the log ended when this was told */
  head: bigint;
  elapsedMs: number;
  /** milliseconds left at the speed so far; undefined before anything was done */
  etaMs: number | undefined;
}>;

export type RebuildOptions = Readonly<{
  /** a projection's name, or `all` */
  name: string;
  source: EventSource;
  databaseUrl: string;
  progress?: (progress: RebuildProgress) => void;
  signal?: AbortSignal;
  projections?: readonly Projection[];
}>;

/** No projection has that name. */
export class UnknownProjectionError extends Error {
  override readonly name = 'UnknownProjectionError';
}

const BATCH_SIZE = 2000;
/** Few enough to be caught up with while the live projection is held off. */
const CLOSE = 2000;
/** Under PostgreSQL's deadlock_timeout: where we and a reader wait for each other, it is we who step back. */
const LOCK_TIMEOUT_MS = 250;

const copySchema = (projection: Projection): string => `${LIVE_SCHEMA}_copy_${projection.name}`;

/** The copy: how far it is, and how it goes on. */
class Copy {
  position = 0n;
  events = 0;
  private readonly begun = performance.now();

  constructor(
    private readonly client: pg.Client,
    private readonly projection: Projection,
    private readonly options: RebuildOptions,
  ) {}

  tell(stage: RebuildProgress['stage'], head: bigint): void {
    const elapsedMs = performance.now() - this.begun;
    const left = Number(head - this.position);
    const etaMs = this.position > 0n ? (elapsedMs * left) / Number(this.position) : undefined;
    const { events, position } = this;
    this.options.progress?.({ projection: this.projection.name, stage, events, position, head, elapsedMs, etaMs });
  }

  /** Reads up to the head of the log; `within`: inside the caller's transaction. Answers how many events it were. */
  async follow(within: boolean): Promise<number> {
    const { source, signal } = this.options;
    const head = await source.head();
    const before = this.events;
    const { types } = this.projection;
    for await (const events of source.readAll({ after: this.position, to: head, types, batchSize: BATCH_SIZE })) {
      signal?.throwIfAborted();
      const sent = within ? [] : [this.client.query('begin')];
      sent.push(...(sendEvents(this.client, this.projection, events, this.position) as typeof sent));
      if (!within) sent.push(this.client.query('commit'));
      await settled(sent);
      this.events += events.length;
      this.position = events.at(-1)?.position ?? this.position;
      this.tell('filling', head);
    }
    this.position = head > this.position ? head : this.position;
    return this.events - before;
  }
}

/** True when the copy took the live one's place; false when readers were in the way. */
const swap = async (client: pg.Client, projection: Projection, copy: Copy): Promise<boolean> => {
  const { position, events } = copy;
  const schema = copySchema(projection);
  try {
    await client.query('begin');
    await client.query(`set local lock_timeout = ${LOCK_TIMEOUT_MS}`);
    const { rows } = await client.query(
      `select tables, position from ${LIVE_SCHEMA}.checkpoints where projection = $1 for update`,
      [projection.name],
    );
    await copy.follow(true);
    copy.tell('swapping', copy.position);
    const live = rows[0] as { tables: string[]; position: string };
    const names = live.tables.map((table) => `${LIVE_SCHEMA}.${pg.escapeIdentifier(table)}`);
    await client.query(`drop table ${names.join(', ')}`);
    for (const table of projection.tables) await client.query(`alter table ${table} set schema ${LIVE_SCHEMA}`);
    await client.query(`drop schema ${schema} cascade`);
    await client.query(
      `update ${LIVE_SCHEMA}.checkpoints set version = $2, tables = $3, position = greatest(position, $4),
         updated_at = clock_timestamp() where projection = $1`,
      [projection.name, projection.version, [...projection.tables], String(copy.position)],
    );
    await client.query('commit');
    return true;
  } catch (error) {
    if (!(error instanceof pg.DatabaseError && error.code === '55P03')) throw error;
    await client.query('rollback');
    copy.position = position;
    copy.events = events;
    return false;
  }
};

const rebuildOne = async (client: pg.Client, projection: Projection, options: RebuildOptions): Promise<void> => {
  const schema = copySchema(projection);
  // What an earlier run left behind when it died.
  await client.query(`drop schema if exists ${schema} cascade`);
  await client.query(`create schema ${schema}`);
  await client.query(`set search_path = ${schema}`);
  await client.query(projection.ddl);
  const copy = new Copy(client, projection, options);
  while ((await copy.follow(false)) > CLOSE) options.signal?.throwIfAborted();
  for (const table of projection.tables) await client.query(`analyze ${table}`);
  // Readers hold their locks for the length of a query.
  while (!(await swap(client, projection, copy))) await copy.follow(false);
  copy.tell('done', copy.position);
};

/**
 * Builds projections anew from the log: fills a copy beside the live tables, which stay in use, and puts it in their place in one
 * short transaction, checkpoint included. Killed at any moment it leaves the live one as it was; the next run drops the copy.
 * One rebuild runs at a time: another waits. Throws `UnknownProjectionError`, or what the log or the database threw.
 */
export const rebuildProjection = async (options: RebuildOptions): Promise<void> => {
  const all = options.projections ?? PROJECTIONS;
  const chosen = options.name === 'all' ? all : all.filter(({ name }) => name === options.name);
  if (chosen.length === 0)
    throw new UnknownProjectionError(
      `no projection is called '${options.name}': there are ${all.map(({ name }) => name).join(', ')}`,
    );
  const client = await openSession(options.databaseUrl, LIVE_SCHEMA);
  try {
    await client.query('begin');
    await createMissing(client, all);
    await client.query('commit');
    await client.query(`select pg_advisory_lock(${REBUILD_LOCK.join(', ')})`);
    for (const projection of chosen) await rebuildOne(client, projection, options);
  } finally {
    await client.end();
  }
};
