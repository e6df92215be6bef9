import type { Role } from '#domain';
import { firstRow, type Queryable, rows } from '../rows.js';

/** Roles of a user; none where the user is unknown. */
export const userRoles = async (db: Queryable, userId: string): Promise<readonly Role[]> =>
  (await firstRow<{ roles: readonly Role[] }>(db, 'select roles from read_model.users where id = $1', [userId]))
    ?.roles ?? [];

/** All users' roles, by id. */
export const listUserRoles = (db: Queryable): Promise<{ userId: string; roles: readonly Role[] }[]> =>
  rows(db, 'select id as "userId", roles from read_model.users order by id');
