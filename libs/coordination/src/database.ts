import pg from 'pg';

/** A pool of connections to the installation's PostgreSQL. */
export type Database = pg.Pool;

export type DatabaseOptions = Readonly<{
  connectionString: string;
  /** Most connections at once, default 10. */
  max?: number;
  /** Hears of idle connections that broke; the pool replaces them. */
  onError: (error: Error) => void;
}>;

/** Opens a pool; it connects when first asked. The caller ends it. */
export const connectDatabase = ({ connectionString, max = 10, onError }: DatabaseOptions): Database => {
  const pool = new pg.Pool({ connectionString, max, connectionTimeoutMillis: 10_000, keepAlive: true });
  // Without a listener, an idle connection that breaks would end the process.
  pool.on('error', onError);
  return pool;
};

/** A connection of its own to the same server, outside the pool. The caller ends it. */
export const connectAlone = async (database: Database): Promise<pg.Client> => {
  const client = new pg.Client(database.options);
  client.on('error', () => undefined); // a broken connection rejects its query and emits 'end'
  await client.connect();
  return client;
};
