import fc from 'fast-check';
import { createTestDatabase, type TestDatabase } from '../../../../test/stack/postgres.js';
import { logInMemory, recorded } from '../../testing/log-in-memory.js';
import { randomHistory } from '../../testing/random-history.js';
import { dump, forget, projectAll, projectEvents } from '../../testing/read-model.js';
import { rebuildProjection } from '../index.js';

describe('after any history', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.drop());

  const histories = fc.assert.bind(
    undefined,
    fc.asyncProperty(randomHistory(400), fc.integer({ min: 20, max: 200 }), async (history, batchSize) => {
      const { pool, url } = database;
      const events = recorded(history);
      // One event a batch: no statement runs together with another one's.
      await forget(pool);
      await projectEvents(url, events, 1);
      const live = await dump(pool);

      await forget(pool);
      await projectEvents(url, events, batchSize);
      expect(await dump(pool)).toEqual(live);

      // Every batch seen twice, its checkpoint lost in between.
      await forget(pool);
      for (let i = 0; i < events.length; i += batchSize) {
        const batch = events.slice(i, i + batchSize);
        await projectEvents(url, batch, batchSize);
        await pool.query('update read_model.checkpoints set position = $1', [String(batch[0]!.position - 1n)]);
        await projectEvents(url, batch, batchSize);
      }
      await projectEvents(url, events, batchSize);
      expect(await dump(pool)).toEqual(live);

      await rebuildProjection({ name: 'all', source: logInMemory(events, 37), databaseUrl: url });
      expect(await dump(pool)).toEqual(live);
      await projectAll(url, logInMemory(events, 10));
      expect(await dump(pool)).toEqual(live);
    }),
  );

  it('the model is the same whatever the batches were, after redelivery, and rebuilt', async () => {
    await histories({ numRuns: 8, seed: 20260101, endOnFailure: true });
  }, 240_000);
});
