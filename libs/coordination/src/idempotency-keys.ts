import type { Database } from './database.js';

/** Days for which a key is remembered; the event that came of it is known for ever. */
const KEPT_DAYS = 7;

/**
 * Remembers what a command id that comes from a client's key stands for. False: it was used before, for something else. Claimed
 * before the command is decided, so that a crash between the two leaves a claim that the same request meets again.
 */
export const claimIdempotencyKey = async (database: Database, commandId: string, digest: string): Promise<boolean> => {
  await database.query(
    `delete from coordination.idempotency_keys where command_id in (
       select command_id from coordination.idempotency_keys
       where used_at < now() - interval '${KEPT_DAYS} days' order by used_at limit 100)`,
  );
  const { rows } = await database.query<{ same: boolean }>(
    `with added as (
       insert into coordination.idempotency_keys (command_id, digest) values ($1, $2) on conflict do nothing returning digest)
     select coalesce((select digest from added),
                     (select digest from coordination.idempotency_keys where command_id = $1)) is not distinct from $2 as same`,
    [commandId, digest],
  );
  return rows[0]!.same;
};
