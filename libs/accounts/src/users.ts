import { randomBytes } from 'node:crypto';
import type { Queryable } from './database.js';
import { type Cost, hashPassword } from './password.js';

/** A person. `id` is opaque and the only part that stands in the event log; all else can be corrected and erased. */
export type User = Readonly<{ id: string; name: string; email: string; fullName: string }>;
export type NewUser = Readonly<{ name: string; password: string; email?: string; fullName?: string }>;

export type UserRow = { id: string; name: string; email: string; full_name: string };
export const USER_COLUMNS = 'u.id, u.name, u.email, u.full_name';
export const toUser = ({ id, name, email, full_name: fullName }: UserRow): User => ({ id, name, email, fullName });

/** Hydra's grammar of user names. */
export const USER_NAME = /^[a-z][a-z0-9_.]{0,254}$/;

/** A name that is taken or malformed. */
export class UserNameError extends Error {
  override readonly name = 'UserNameError';
}

/** The id of a user, which tells nothing of who it is. */
export const USER_ID = /^u[0-9a-f]{24}$/;

/** Creates a user. Throws `UserNameError`. */
export const createUser = async (database: Queryable, user: NewUser, now: number, cost?: Cost): Promise<User> => {
  if (!USER_NAME.test(user.name))
    throw new UserNameError('name must start with a letter a-z and hold only a-z, 0-9, _ and .');
  const created = {
    id: `u${randomBytes(12).toString('hex')}`,
    name: user.name,
    email: user.email ?? '',
    fullName: user.fullName ?? '',
  };
  const { rowCount } = await database.query(
    `insert into accounts.users (id, name, email, full_name, password_hash, created_at)
     values ($1, $2, $3, $4, $5, $6) on conflict (name) do nothing`,
    [created.id, created.name, created.email, created.fullName, await hashPassword(user.password, cost), new Date(now)],
  );
  if (rowCount === 0) throw new UserNameError(`name ${user.name} is taken`);
  return created;
};

/** A user and the password's hash, by name. */
export const findCredentials = async (
  database: Queryable,
  name: string,
): Promise<{ user: User; passwordHash: string | null } | undefined> => {
  const { rows } = await database.query<UserRow & { password_hash: string | null }>(
    `select ${USER_COLUMNS}, u.password_hash from accounts.users u where u.name = $1`,
    [name],
  );
  return rows[0] && { user: toUser(rows[0]), passwordHash: rows[0].password_hash };
};

/** The user of that name. */
export const findUserByName = async (database: Queryable, name: string): Promise<User | undefined> =>
  (await findCredentials(database, name))?.user;

/** Users by opaque id; an erased one is absent. */
export const findUsers = async (database: Queryable, ids: readonly string[]): Promise<ReadonlyMap<string, User>> => {
  if (ids.length === 0) return new Map();
  const { rows } = await database.query<UserRow>(`select ${USER_COLUMNS} from accounts.users u where u.id = any($1)`, [
    ids,
  ]);
  return new Map(rows.map((row) => [row.id, toUser(row)]));
};

/** All users by name. */
export const listUsers = async (database: Queryable): Promise<readonly User[]> => {
  const { rows } = await database.query<UserRow>(`select ${USER_COLUMNS} from accounts.users u order by u.name`);
  return rows.map(toUser);
};

/** Replaces what a user is called and where mail goes; what is left out stays. */
export const updateUser = async (
  database: Queryable,
  userId: string,
  { email, fullName }: Readonly<{ email?: string; fullName?: string }>,
): Promise<void> => {
  await database.query(
    'update accounts.users set email = coalesce($2, email), full_name = coalesce($3, full_name) where id = $1',
    [userId, email ?? null, fullName ?? null],
  );
};

/** Erases a user with all that hangs on the account, failed logins under the name too; who is gone already is no error. */
export const deleteUser = async (database: Queryable, userId: string): Promise<void> => {
  await database.query(
    `with erased as (delete from accounts.users where id = $1 returning name)
     delete from accounts.login_failures f using erased e
     where f.key = 'user:' || e.name or starts_with(f.key, 'pair:' || e.name || '@')`,
    [userId],
  );
};

/** Sets a user's password. */
export const setPassword = async (
  database: Queryable,
  userId: string,
  password: string,
  cost?: Cost,
): Promise<void> => {
  await database.query('update accounts.users set password_hash = $2 where id = $1', [
    userId,
    await hashPassword(password, cost),
  ]);
};
