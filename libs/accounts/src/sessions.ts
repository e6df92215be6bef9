import { createHash, randomBytes } from 'node:crypto';
import type { Queryable } from './database.js';
import { type User, toUser, USER_COLUMNS, type UserRow } from './users.js';

/** As Hydra's: seven days from the login. */
export const SESSION_MS = 7 * 24 * 3_600_000;

/** The database holds no token that would let its reader in. */
const hashOf = (token: string): Buffer => createHash('sha256').update(token, 'utf8').digest();

/** Opens a session and returns its token, which is shown to nobody but its user's browser. `replaces`: the token it held. */
export const openSession = async (
  database: Queryable,
  userId: string,
  now: number,
  replaces?: string,
): Promise<string> => {
  const token = randomBytes(32).toString('base64url');
  await database.query('delete from accounts.sessions where expires_at <= $1 or token_hash = $2', [
    new Date(now),
    hashOf(replaces ?? ''),
  ]);
  await database.query(
    'insert into accounts.sessions (token_hash, user_id, created_at, expires_at) values ($1, $2, $3, $4)',
    [hashOf(token), userId, new Date(now), new Date(now + SESSION_MS)],
  );
  return token;
};

/** Whose session it is, unless it is over. */
export const sessionUser = async (database: Queryable, token: string, now: number): Promise<User | undefined> => {
  const { rows } = await database.query<UserRow>(
    `select ${USER_COLUMNS} from accounts.sessions s join accounts.users u on u.id = s.user_id
     where s.token_hash = $1 and s.expires_at > $2`,
    [hashOf(token), new Date(now)],
  );
  return rows[0] && toUser(rows[0]);
};

/** Ends a session; one that is over already is no error. */
export const closeSession = async (database: Queryable, token: string): Promise<void> => {
  await database.query('delete from accounts.sessions where token_hash = $1', [hashOf(token)]);
};

/** Ends all sessions of a user but the one of `keep`. */
export const closeOtherSessions = async (database: Queryable, userId: string, keep?: string): Promise<void> => {
  await database.query('delete from accounts.sessions where user_id = $1 and token_hash <> $2', [
    userId,
    hashOf(keep ?? ''),
  ]);
};
