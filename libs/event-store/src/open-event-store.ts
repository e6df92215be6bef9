import pg from 'pg';
import { createEventStoreDbEventStore } from './eventstoredb/index.js';
import type { EventStore } from './port.js';
import { createPostgresEventStore, migrate } from './postgres/index.js';
import { domainEvents } from './schema/domain-registry.js';
import { boundStates } from './states/stream-states.js';

const MIB = 1024 * 1024;

export type OpenEventStoreOptions = Readonly<{
  /** `esdb://…`; absent: the log is in PostgreSQL. */
  url?: string | undefined;
  databaseUrl: string;
  /** Bound of the states that are kept of its streams, in MiB; 0 keeps none. */
  stateCacheSize?: number;
  /** Hears of troubles that are survived. */
  onError?: (error: Error) => void;
}>;

/** The log of an installation, with the events of the domain, as its configuration says. Brings PostgreSQL's schema up to date. */
export const openEventStore = async ({ stateCacheSize, ...options }: OpenEventStoreOptions): Promise<EventStore> => {
  const store = await connect(options);
  if (stateCacheSize !== undefined) boundStates(store, stateCacheSize * MIB);
  return store;
};

const connect = async ({ url, databaseUrl, onError }: OpenEventStoreOptions): Promise<EventStore> => {
  if (url !== undefined) return createEventStoreDbEventStore({ ...domainEvents, connectionString: url });
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 1 });
  pool.on('error', () => undefined); // what matters rejects in `migrate`
  await migrate(pool).finally(() => pool.end());
  return createPostgresEventStore({ ...domainEvents, connectionString: databaseUrl, ...(onError && { onError }) });
};
