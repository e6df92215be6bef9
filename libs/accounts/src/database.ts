import type { Pool, PoolClient } from 'pg';

/** Something that answers queries: a pool or one of its connections. */
export type Queryable = Pick<Pool | PoolClient, 'query'>;

/** Where accounts live: a pool, whose connections a transaction may hold. */
export type AccountsDatabase = Pick<Pool, 'query' | 'connect'>;

/** Runs `work` in one transaction; what it throws rolls back. */
export const transaction = async <T>(
  database: AccountsDatabase,
  work: (client: Queryable) => Promise<T>,
): Promise<T> => {
  const client = await database.connect();
  let broken: Error | undefined;
  try {
    await client.query('begin');
    const result = await work(client);
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback').catch((failure: Error) => {
      broken = failure;
    });
    throw error;
  } finally {
    // A connection that cannot even roll back is not given to the next one.
    client.release(broken);
  }
};
