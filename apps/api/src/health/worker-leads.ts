import type { Database } from '#coordination';

/** First half of the key of every leadership's advisory lock, as `#coordination` takes it. */
const NAMESPACE = 1_227_442_293;

/**
 * Whether some worker leads a duty. Its lock is a session's: gone the moment the worker's connection dies, so it says more
 * than any row with a time in it.
 */
export const workerLeads = async (database: Pick<Database, 'query'>): Promise<boolean> => {
  const { rows } = await database.query<{ leads: boolean }>(
    `select exists (
       select from pg_locks
       where locktype = 'advisory' and granted and classid::bigint = $1 and objsubid = 2
         and database = (select oid from pg_database where datname = current_database())
         and objid::bigint <> (hashtext('projector')::bigint & 4294967295)) as leads`,
    [NAMESPACE],
  );
  return rows[0]?.leads ?? false;
};
