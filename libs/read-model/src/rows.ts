/** Anything that runs SQL: a pool, a client. */
export type Queryable = Readonly<{
  query: (text: string, values?: unknown[]) => Promise<{ rows: Record<string, unknown>[] }>;
}>;

/**
 * Rows of a select as plain objects. They come as one JSON value, so that 64-bit numbers and nested values arrive as JavaScript's
 * own; times and sizes stay far below 2^53.
 */
export const rows = async <T>(db: Queryable, select: string, values: unknown[] = []): Promise<T[]> => {
  const { rows } = await db.query(`select coalesce(json_agg(q), '[]'::json) as found from (${select}) q`, values);
  return rows[0]!['found'] as T[];
};

/** The first row of a select, if there is one. */
export const firstRow = async <T>(db: Queryable, select: string, values: unknown[] = []): Promise<T | undefined> =>
  (await rows<T>(db, select, values))[0];
