import fc from 'fast-check';
import { createTestDatabase, type TestDatabase } from '../../../../test/stack/postgres.js';
import { logInMemory, recorded } from '../../testing/log-in-memory.js';
import { randomHistory } from '../../testing/random-history.js';
import { dump, forget, projectAll, projectEvents } from '../../testing/read-model.js';
import { rebuildProjection } from '../index.js';

/** What joined and did not leave, by the hours, and what is unfinished, by the builds themselves: of the farm, jobsets and systems. */
const UNFINISHED = `
  with waiting as (select jobset_id, system from read_model.builds where status is null), counted as (
    select '' as scope, count(*) from waiting having count(*) > 0 union all
    select 'jobset:' || jobset_id, count(*) from waiting group by 1 union all
    select 'system:' || system, count(*) from waiting group by 1), flowed as (
    select scope, sum(queued - ended) from read_model.queue_hours group by 1 having sum(queued - ended) <> 0)
  select (select json_agg(c order by c.scope) from counted c) as counted,
         (select json_agg(f order by f.scope) from (select scope, sum as count from flowed) f) as flowed`;

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
      const { counted, flowed } = (await pool.query(UNFINISHED)).rows[0]!;
      expect(flowed).toEqual(counted);
      const { rows: seen } = await pool.query(
        'select coalesce(sum(events), 0)::int as events from read_model.log_hours',
      );
      expect(seen).toEqual([{ events: events.length }]);

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
