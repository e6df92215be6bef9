import type { Database } from './database.js';

/** What stands on the disk of the database's server, in bytes, indexes and all. */
export type Storage = Readonly<{
  /** the whole database */
  bytes: number;
  /** of its schemas, the largest first */
  schemas: readonly Readonly<{ schema: string; bytes: number }>[];
}>;

/** How much room the installation's database takes; costs what it has tables, not what is in them. */
export const storageOf = async (database: Pick<Database, 'query'>): Promise<Storage> => {
  const { rows } = await database.query<{ schema: string | null; bytes: number }>(
    `select null as schema, pg_database_size(current_database())::float8 as bytes
     union all
     select n.nspname, sum(pg_total_relation_size(c.oid))::float8 from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'm') and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname !~ '^pg_'
     group by 1
     order by 2 desc, 1`,
  );
  return {
    bytes: rows.find(({ schema }) => schema === null)?.bytes ?? 0,
    schemas: rows.flatMap(({ schema, bytes }) => (schema === null ? [] : [{ schema, bytes }])),
  };
};
