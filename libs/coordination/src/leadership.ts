import type pg from 'pg';
import { connectAlone, type Database } from './database.js';

/** The only one in the installation to hold a name, for as long as `lost` has not aborted. */
export type Leadership = Readonly<{
  /** Aborts when the connection that holds the lock is gone: another may lead from then on. */
  lost: AbortSignal;
  /** Gives the name away. */
  release: () => Promise<void>;
}>;

export type LeadershipOptions = Readonly<{
  database: Database;
  /** What is led, such as `queue-runner`. */
  name: string;
  /** Ends the waiting: the promise rejects with its reason. */
  signal: AbortSignal;
  /** Hears of a server that is away; the waiting goes on. */
  onError?: (error: Error) => void;
}>;

/** Leads nothing else of PostgreSQL's: the first half of each lock's key. */
const NAMESPACE = 1_227_442_293;
/** The lock's connection is asked this often whether it is there, and given up when it does not answer in that time. */
const HEARTBEAT_MS = 5000;
const RETRY_MS = 250;

/** Cuts a connection off, whatever its server says. */
export const destroy = (client: pg.Client): void =>
  (client as unknown as { connection: { stream: { destroy: () => void } } }).connection.stream.destroy();

/** Resolves with `undefined` once the signal aborts. */
const aborted = (signal: AbortSignal): { promise: Promise<undefined>; forget: () => void } => {
  let forget = (): void => undefined;
  const promise = new Promise<undefined>((resolve) => {
    const done = (): void => resolve(undefined);
    forget = () => signal.removeEventListener('abort', done);
    if (signal.aborted) done();
    else signal.addEventListener('abort', done);
  });
  return { promise, forget };
};

const hold = (client: pg.Client): Leadership => {
  const lost = new AbortController();
  let answered = true;
  const heartbeat = setInterval(() => {
    if (!answered) return destroy(client);
    answered = false;
    client.query('select 1').then(
      () => (answered = true),
      () => destroy(client),
    );
  }, HEARTBEAT_MS);
  const gone = (): void => {
    clearInterval(heartbeat);
    lost.abort(new Error('the connection that holds the leadership is gone'));
  };
  client.once('end', gone);
  client.once('error', gone);
  return {
    lost: lost.signal,
    release: async () => {
      clearInterval(heartbeat);
      await client.end();
    },
  };
};

/**
 * Waits for its turn to lead, however long, and survives a server that is away. The lock is a session's, so it is free the
 * moment its holder's connection dies. Rejects only when the signal aborts.
 */
export const acquireLeadership = async ({
  database,
  name,
  signal,
  onError,
}: LeadershipOptions): Promise<Leadership> => {
  const end = aborted(signal);
  try {
    while (!signal.aborted) {
      let client: pg.Client | undefined;
      try {
        client = await connectAlone(database);
        const locking = client.query('select pg_advisory_lock($1, hashtext($2))', [NAMESPACE, name]);
        const won = await Promise.race([locking, end.promise]);
        if (won !== undefined) return hold(client);
        locking.catch(() => undefined); // we cut it off in the next line
        destroy(client);
      } catch (error) {
        await client?.end().catch(() => undefined); // it failed before
        onError?.(error as Error);
        await Promise.race([new Promise((resolve) => setTimeout(resolve, RETRY_MS)), end.promise]);
      }
    }
    throw signal.reason;
  } finally {
    end.forget();
  }
};

/**
 * Leads whenever it can until the signal aborts: `run` gets a signal that aborts when the leadership is lost, and is awaited
 * before the next try. What `run` throws while it leads ends it all.
 */
export const whileLeading = async (
  options: LeadershipOptions,
  run: (signal: AbortSignal) => Promise<void>,
): Promise<void> => {
  const { signal } = options;
  while (!signal.aborted) {
    let leadership: Leadership;
    try {
      leadership = await acquireLeadership(options);
    } catch (error) {
      if (signal.aborted) return;
      throw error;
    }
    try {
      await run(AbortSignal.any([signal, leadership.lost]));
    } catch (error) {
      if (!leadership.lost.aborted) throw error;
      options.onError?.(error as Error); // what breaks when the database goes: the next leader begins anew
    } finally {
      await leadership.release();
    }
  }
};

/**
 * Whether anybody leads anything but `except`. A lock is a session's, gone the moment its holder's connection dies, so it says
 * more than any row with a time in it.
 */
export const someoneLeads = async (database: Pick<Database, 'query'>, except: string): Promise<boolean> => {
  const { rows } = await database.query<{ leads: boolean }>(
    `select exists (
       select from pg_locks
       where locktype = 'advisory' and granted and classid::bigint = $1 and objsubid = 2
         and database = (select oid from pg_database where datname = current_database())
         and objid::bigint <> (hashtext($2)::bigint & 4294967295)) as leads`,
    [NAMESPACE, except],
  );
  return rows[0]?.leads ?? false;
};

/** Whose connection holds a name. */
export type Leader = Readonly<{
  /** of the connection, on the server of the database */
  pid: number;
  /** where it comes from; null: a socket of the same host */
  address: string | null;
  /** when the connection was opened, Unix milliseconds: it leads since then or later */
  connectedAtMs: number;
}>;

/** Who leads each of some names at this moment; a name that nobody leads is not there. */
export const leadersOf = async (
  database: Pick<Database, 'query'>,
  names: readonly string[],
): Promise<ReadonlyMap<string, Leader>> => {
  const { rows } = await database.query<Leader & { name: string }>(
    `select n.name, a.pid, host(a.client_addr) as address,
            floor(extract(epoch from a.backend_start) * 1000)::float8 as "connectedAtMs"
     from unnest($2::text[]) n (name)
     join pg_locks l on l.locktype = 'advisory' and l.granted and l.classid::bigint = $1 and l.objsubid = 2
       and l.database = (select oid from pg_database where datname = current_database())
       and l.objid::bigint = (hashtext(n.name)::bigint & 4294967295)
     join pg_stat_activity a on a.pid = l.pid`,
    [NAMESPACE, names],
  );
  return new Map(rows.map(({ name, ...leader }) => [name, leader]));
};
