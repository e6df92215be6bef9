import pg from 'pg';

/** True where asking again can help: the server is gone, restarts, or another transaction was in the way. */
export const isOutage = (error: unknown): boolean => {
  if (error instanceof pg.DatabaseError) return /^(08|40|53|55|57|58)/.test(error.code ?? '');
  const { code, message } = error as { code?: unknown; message?: unknown };
  if (typeof code === 'string' && /^(E[A-Z]+|ERR_STREAM_DESTROYED)$/.test(code)) return true;
  return typeof message === 'string' && /connection|terminated|timeout/i.test(message);
};

/**
 * A connection whose unqualified names mean one schema. Statements are sent without waiting for one another's answer. Commits do
 * not wait for the disk: rows and checkpoint are lost together, and the log gives them again.
 */
export const openSession = async (databaseUrl: string, schema: string): Promise<pg.Client> => {
  const client = new pg.Client({
    connectionString: databaseUrl,
    pipeline: true,
    application_name: 'iolaus projector',
    keepAlive: true,
    connectionTimeoutMillis: 5000,
  });
  // The query under way rejects by itself; without a listener the event would end the process.
  client.on('error', () => undefined);
  await client.connect();
  await client.query(`set search_path = ${schema}`);
  await client.query('set synchronous_commit = off');
  return client;
};

/** Waits for statements that were sent together; throws the first error after all have their answer. */
export const settled = async (sent: readonly Promise<unknown>[]): Promise<void> => {
  const outcomes = await Promise.allSettled(sent);
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed) throw failed.reason;
};
