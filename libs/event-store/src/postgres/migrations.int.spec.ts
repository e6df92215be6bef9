import { createTestDatabase, type TestDatabase } from '../../../../test/stack/postgres.js';
import { happened, testRegistry } from '../../testing/events.js';
import { createPostgresEventStore, migrate } from './index.js';

describe('the schema of the log', () => {
  let database: TestDatabase;
  beforeEach(async () => {
    database = await createTestDatabase();
  });
  afterEach(() => database.drop());

  it('is made once by several processes that start together, and again without harm', async () => {
    await Promise.all([migrate(database.pool), migrate(database.pool), migrate(database.pool)]);
    await migrate(database.pool);
    expect((await database.pool.query('select version from log.migrations')).rows).toEqual([{ version: 1 }]);
  });

  it('of a newer program is left alone', async () => {
    await migrate(database.pool);
    await database.pool.query('insert into log.migrations (version) values (99)');
    await expect(migrate(database.pool)).rejects.toThrow('schema log has version 99');
  });

  it('lets nobody change, delete or insert an event but by append', async () => {
    await migrate(database.pool);
    const store = createPostgresEventStore({ ...testRegistry, pool: database.pool });
    await store.append('s', 'no-stream', [happened()]);
    for (const sql of [
      `update log.events set type = 'Other'`,
      'delete from log.events',
      'truncate log.events',
      `insert into log.events select nextval('log.position'), 's', 1, id, type, data, metadata from log.events`,
    ]) {
      await expect(database.pool.query(sql)).rejects.toThrow('log.events is append-only');
    }
    await store.close();
  });
});
