import { createTestDatabase, type TestDatabase } from '../../../../test/stack/postgres.js';
import { follow } from '../../testing/contract-subscriptions.js';
import { collect, happened, testRegistry } from '../../testing/events.js';
import type { EventStore } from '../port.js';
import { createPostgresEventStore, migrate } from './index.js';

/** Enough for COPY (over 2000) and for more than one range of it (100,000 positions, by a gap). */
describe('a long replay', () => {
  let database: TestDatabase;
  let store: EventStore;
  const numbers = (events: readonly { data: unknown }[]) => events.map(({ data }) => (data as { n: number }).n);
  const total = 6000;
  beforeAll(async () => {
    database = await createTestDatabase();
    await migrate(database.pool);
    store = createPostgresEventStore({ ...testRegistry, pool: database.pool });
    for (let n = 0; n < total; n += 500) {
      if (n === 3000) await database.pool.query(`select setval('log.position', 250000)`);
      const events = Array.from({ length: 500 }, (_, i) =>
        happened({ n: n + i, text: 'ü🦀' }, { type: (n + i) % 7 ? 'Happened' : 'Noted' }),
      );
      await store.append(`s-${n}`, 'no-stream', events);
    }
  });
  afterAll(async () => {
    await store.close();
    await database.drop();
  });

  const all = Array.from({ length: total }, (_, n) => n);
  it('gives every event once and in order, across ranges and gaps', async () => {
    const batches = await collect(store.readAll({ batchSize: 700 }));
    expect(Math.max(...batches.map((batch) => batch.length))).toBe(700);
    expect(numbers(batches.flat())).toEqual(all);
  });
  it('is filtered by type in the database', async () => {
    const noted = (await collect(store.readAll({ types: ['Noted', `O'Hara`] }))).flat();
    expect(numbers(noted)).toEqual(all.filter((n) => n % 7 === 0));
  });
  it('can be left in the middle, again and again, and leaves no connection behind', async () => {
    const open = async () =>
      Number(
        (await database.pool.query('select count(*) from pg_stat_activity where datname = current_database()')).rows[0]
          .count,
      );
    const before = await open();
    for (let i = 0; i < 20; i++) {
      for await (const batch of store.readAll({ batchSize: 10 })) {
        expect(batch).toHaveLength(10);
        break;
      }
    }
    for (let i = 0; i < 100 && (await open()) > before; i++) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await open()).toBeLessThanOrEqual(before);
  });
  it('of a subscription goes over into tailing without a seam', async () => {
    const log = { connect: () => store, close: async () => undefined };
    const heard = follow(log, 's-', { after: 0n });
    await heard.until(() => heard.events.length >= 4000);
    await store.append('s-more', 'no-stream', [happened({ n: total })]);
    await heard.until(() => heard.events.length > total);
    await heard.stop();
    expect(numbers(heard.events)).toEqual([...all, total]);
  });
});
