import type { Queryable } from './database.js';

/** What the farm's people are told. Text of a person: it lives where it can be taken down for good. */
export type News = Readonly<{
  id: number;
  contents: string;
  /** of the user who wrote it; null: was erased since */
  authorId: string | null;
  /** Unix milliseconds */
  createdAtMs: number;
}>;

/** Draws the id of a news item that is still to be posted. */
export const nextNewsId = async (database: Queryable): Promise<number> => {
  const { rows } = await database.query<{ id: number }>(
    `select nextval(pg_get_serial_sequence('accounts.news', 'id'))::int as id`,
  );
  return rows[0]!.id;
};

/** Posts news under an id that was drawn; once more is the same. */
export const postNews = async (
  database: Queryable,
  { id, contents, authorId }: Pick<News, 'id' | 'contents'> & Readonly<{ authorId: string }>,
  now: number,
): Promise<void> => {
  await database.query(
    'insert into accounts.news (id, contents, author_id, created_at) values ($1, $2, $3, $4) on conflict (id) do nothing',
    [id, contents, authorId, new Date(now)],
  );
};

/** The newest news, newest first. */
export const listNews = async (database: Queryable, limit: number): Promise<News[]> => {
  const { rows } = await database.query<{ id: number; contents: string; author_id: string | null; created_at: Date }>(
    'select id, contents, author_id, created_at from accounts.news order by id desc limit $1',
    [limit],
  );
  return rows.map(({ id, contents, author_id, created_at }) => ({
    id,
    contents,
    authorId: author_id,
    createdAtMs: created_at.getTime(),
  }));
};

/** Whether there is news of this id. */
export const hasNews = async (database: Queryable, id: number): Promise<boolean> => {
  const { rows } = await database.query('select 1 from accounts.news where id = $1', [id]);
  return rows.length > 0;
};

/** Takes news down for good; what is gone already is no error. */
export const deleteNews = async (database: Queryable, id: number): Promise<void> => {
  await database.query('delete from accounts.news where id = $1', [id]);
};
