import type { Pool } from 'pg';

/** The tables of a schema as PostgreSQL knows them, as text: what a diff of the golden file is made of. */
export const describeSchema = async (pool: Pool, schema: string): Promise<string> => {
  const { rows: columns } = await pool.query(
    `select c.relname as table, a.attname as name, format_type(a.atttypid, a.atttypmod) as type, a.attnotnull as "notNull",
            pg_get_expr(d.adbin, d.adrelid) as initial
     from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid
     left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
     where n.nspname = $1 and c.relkind = 'r' and a.attnum > 0 and not a.attisdropped order by 1, a.attnum`,
    [schema],
  );
  const { rows: indexes } = await pool.query(
    'select tablename as table, indexdef from pg_indexes where schemaname = $1 order by 1, 2',
    [schema],
  );
  const tables = [...new Set(columns.map((column) => column.table as string))];
  return tables
    .map((table) => {
      const lines = columns
        .filter((column) => column.table === table)
        .map(({ name, type, notNull, initial }) => {
          return `  ${name} ${type}${notNull ? ' not null' : ''}${initial === null ? '' : ` default ${initial}`}`;
        });
      const own = indexes.filter((index) => index.table === table).map(({ indexdef }) => `${indexdef};\n`);
      return `create table ${table} (\n${lines.join(',\n')}\n);\n${own.join('').replaceAll(`${schema}.`, '').toLowerCase()}`;
    })
    .join('\n');
};
