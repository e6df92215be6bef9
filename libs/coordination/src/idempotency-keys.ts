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
    // An update of nothing: it answers the row of whoever was first, even one who committed since this statement began.
    `insert into coordination.idempotency_keys as k (command_id, digest) values ($1, $2)
     on conflict (command_id) do update set digest = k.digest returning k.digest = $2 as same`,
    [commandId, digest],
  );
  return rows[0]!.same;
};

/**
 * What the command with this id, whose key was claimed, chose to be about the first time; `wanted` where this is the first time.
 * `part` tells the choices of one command apart. What is chosen goes through JSON.
 */
export const rememberChoice = async <T>(
  database: Database,
  commandId: string,
  part: string,
  wanted: readonly T[],
): Promise<readonly T[]> => {
  const { rows } = await database.query<{ choice: readonly T[] }>(
    // On the right stands what counts.
    `update coordination.idempotency_keys set choices = jsonb_build_object($2::text, $3::jsonb) || choices
     where command_id = $1 returning choices -> $2 as choice`,
    [commandId, part, JSON.stringify(wanted)],
  );
  // A claim that is older than what is remembered may be gone by now.
  return rows[0]?.choice ?? wanted;
};

/** What the command with this id chose for a part, if it came before. */
export const rememberedChoice = async <T>(
  database: Database,
  commandId: string,
  part: string,
): Promise<readonly T[] | undefined> => {
  const { rows } = await database.query<{ choice: readonly T[] | null }>(
    'select choices -> $2 as choice from coordination.idempotency_keys where command_id = $1',
    [commandId, part],
  );
  return rows[0]?.choice ?? undefined;
};
