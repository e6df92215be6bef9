import pg from 'pg';

/**
 * A connection of its own to the pool's server, for what holds one long. From the pool it could starve: ten slow readers
 * holding ten connections, each waiting for its handler, which waits for an eleventh.
 */
export const connectAlone = async (pool: pg.Pool): Promise<pg.Client> => {
  const client = new pg.Client(pool.options);
  // A broken connection rejects the query that runs; without a listener it would end the process as well.
  client.on('error', () => undefined);
  await client.connect();
  return client;
};
