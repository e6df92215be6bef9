import pg from 'pg';
import { createTestDatabase, startPostgres } from './postgres.js';

describe('the PostgreSQL of the tests', () => {
  it('gives each test a database of its own and drops it', async () => {
    const [a, b] = await Promise.all([createTestDatabase(), createTestDatabase()]);
    await a.pool.query('create table only_in_a ()');
    const seen = await b.pool.query(`select to_regclass('only_in_a') as found`);
    expect(seen.rows).toEqual([{ found: null }]);
    await a.drop();
    const gone = await b.pool.query('select 1 from pg_database where datname = $1', [new URL(a.url).pathname.slice(1)]);
    expect(gone.rowCount).toBe(0);
    await b.drop();
  });

  it('comes back on the same port with its data after kill -9', async () => {
    const server = await startPostgres();
    const pool = new pg.Pool({ connectionString: server.url });
    pool.on('error', () => undefined);
    await pool.query('create table kept as select 42 as answer');
    await server.kill();
    await expect(pool.query('select 1')).rejects.toThrow();
    await server.start();
    expect((await pool.query('select answer from kept')).rows).toEqual([{ answer: 42 }]);
    await pool.end();
    await server.stop();
  });
});
