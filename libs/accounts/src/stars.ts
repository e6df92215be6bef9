import type { AccountsDatabase } from './database.js';

/** A job that a user wants to see; the jobset's integer id survives a rename. */
export type Star = Readonly<{ jobsetId: number; job: string }>;

/** Stars of one user: all of them are shown on one page. */
export const MAX_STARS = 200;

export class TooManyStarsError extends Error {
  override readonly name = 'TooManyStarsError';
}

export const setStar = async (
  database: AccountsDatabase,
  userId: string,
  { jobsetId, job }: Star,
  starred: boolean,
  nowMs: number,
): Promise<void> => {
  if (!starred) {
    const where = 'where user_id = $1 and jobset_id = $2 and job = $3';
    await database.query(`delete from accounts.stars ${where}`, [userId, jobsetId, job]);
    return;
  }
  const { rows } = await database.query<{ full: boolean }>(
    `with counted as (select count(*) >= $5 as full from accounts.stars where user_id = $1),
          added as (insert into accounts.stars (user_id, jobset_id, job, created_at)
                    select $1, $2, $3, $4 from counted where not counted.full on conflict do nothing)
     select counted.full and not exists (
       select from accounts.stars where user_id = $1 and jobset_id = $2 and job = $3) as full from counted`,
    [userId, jobsetId, job, new Date(nowMs), MAX_STARS],
  );
  if (rows[0]?.full) throw new TooManyStarsError(`more than ${MAX_STARS} jobs cannot be starred`);
};

export const listStars = async (database: AccountsDatabase, userId: string): Promise<Star[]> => {
  const { rows } = await database.query<Star>(
    'select jobset_id as "jobsetId", job from accounts.stars where user_id = $1 order by created_at, jobset_id, job',
    [userId],
  );
  return rows;
};

export const isDashboardPublic = async (database: AccountsDatabase, userId: string): Promise<boolean> => {
  const { rows } = await database.query<{ open: boolean }>(
    'select public_dashboard as open from accounts.users where id = $1',
    [userId],
  );
  return rows[0]?.open ?? false;
};

export const setDashboardPublic = async (
  database: AccountsDatabase,
  userId: string,
  isPublic: boolean,
): Promise<void> => {
  await database.query('update accounts.users set public_dashboard = $2 where id = $1', [userId, isPublic]);
};
