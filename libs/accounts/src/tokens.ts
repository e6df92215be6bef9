import { createHash, randomBytes } from 'node:crypto';
import type { Queryable } from './database.js';
import { type User, toUser, USER_COLUMNS, type UserRow } from './users.js';

/**
 * What a bearer token opens: all that its user may, reading only, or a part of the user's rights by name (roles, which this
 * library does not know).
 */
export type TokenScope = 'all' | 'read-only' | readonly string[];

/** A bearer token as lists show it: the token itself is told once, when it is made. Times in Unix milliseconds. */
export type TokenView = Readonly<{
  id: string;
  /** what its user calls it */
  name: string;
  scope: TokenScope;
  createdAtMs: number;
  expiresAtMs: number;
  /** null: never; to the minute */
  usedAtMs: number | null;
}>;

export type NewToken = Readonly<{
  /** the caller's, unique */ id: string;
  userId: string;
  name: string;
  scope: TokenScope;
  expiresAtMs: number;
}>;

/** Whoever shows a bearer token. */
export type TokenBearer = Readonly<{ user: User; tokenId: string; scope: TokenScope }>;

/** A prefix by which scanners of leaked secrets know ours. */
const PREFIX = 'iolaus_';
const FORM = /^iolaus_[\w-]{43}$/;
/** A used token is written down at most so often: not each of a script's thousand requests is a write. */
const USED_STEP_MS = 60_000;

/** The database holds no token that would let its reader in. 256 random bits need no slow hash. */
const hashOf = (token: string): Buffer => createHash('sha256').update(token, 'utf8').digest();

type Row = { id: string; name: string; scope: TokenScope; created_at: Date; expires_at: Date; used_at: Date | null };

const toView = ({ id, name, scope, created_at, expires_at, used_at }: Row): TokenView => ({
  id,
  name,
  scope,
  createdAtMs: created_at.getTime(),
  expiresAtMs: expires_at.getTime(),
  usedAtMs: used_at?.getTime() ?? null,
});

/** Makes a token; the secret is in the answer only. Undefined: there is one of this id. */
export const createToken = async (
  database: Queryable,
  { id, userId, name, scope, expiresAtMs }: NewToken,
  now: number,
): Promise<{ secret: string; token: TokenView } | undefined> => {
  const secret = `${PREFIX}${randomBytes(32).toString('base64url')}`;
  const { rows } = await database.query<Row>(
    `insert into accounts.tokens (id, token_hash, user_id, name, scope, created_at, expires_at)
     values ($1, $2, $3, $4, $5, $6, $7) on conflict (id) do nothing
     returning id, name, scope, created_at, expires_at, used_at`,
    [id, hashOf(secret), userId, name, JSON.stringify(scope), new Date(now), new Date(expiresAtMs)],
  );
  return rows[0] && { secret, token: toView(rows[0]) };
};

/** Who shows this token, unless it is unknown, revoked or over. */
export const tokenBearer = async (
  database: Queryable,
  secret: string,
  now: number,
): Promise<TokenBearer | undefined> => {
  if (!FORM.test(secret)) return undefined;
  const { rows } = await database.query<UserRow & { token_id: string; scope: TokenScope; used_at: Date | null }>(
    `select ${USER_COLUMNS}, t.id as token_id, t.scope, t.used_at
     from accounts.tokens t join accounts.users u on u.id = t.user_id where t.token_hash = $1 and t.expires_at > $2`,
    [hashOf(secret), new Date(now)],
  );
  const [row] = rows;
  if (!row) return undefined;
  if (row.used_at === null || row.used_at.getTime() + USED_STEP_MS <= now)
    await database.query('update accounts.tokens set used_at = $2 where id = $1', [row.token_id, new Date(now)]);
  return { user: toUser(row), tokenId: row.token_id, scope: row.scope };
};

/** A user's tokens, the newest first; those that are over too. */
export const listTokens = async (database: Queryable, userId: string): Promise<readonly TokenView[]> => {
  const { rows } = await database.query<Row>(
    `select id, name, scope, created_at, expires_at, used_at from accounts.tokens
     where user_id = $1 order by created_at desc, id`,
    [userId],
  );
  return rows.map(toView);
};

/** Ends a token of this user; false: there is none of this id. */
export const revokeToken = async (database: Queryable, userId: string, id: string): Promise<boolean> => {
  const { rowCount } = await database.query('delete from accounts.tokens where user_id = $1 and id = $2', [userId, id]);
  return (rowCount ?? 0) > 0;
};

/** Ends all tokens of this user. */
export const revokeAllTokens = async (database: Queryable, userId: string): Promise<void> => {
  await database.query('delete from accounts.tokens where user_id = $1', [userId]);
};
