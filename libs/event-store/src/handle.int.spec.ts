import { randomUUID } from 'node:crypto';
import { createTestDatabase, type TestDatabase } from '../../../test/stack/postgres.js';
import { context, count, counter, counterVersions as versions } from '../testing/counter.js';
import { collect } from '../testing/events.js';
import { eventId } from './event-id.js';
import { commandHandler, ConcurrencyError } from './handle.js';
import type { EventStore } from './port.js';
import { createPostgresEventStore, migrate } from './postgres/index.js';

describe('a command', () => {
  let database: TestDatabase;
  let store: EventStore;
  let stream: string;
  beforeAll(async () => {
    database = await createTestDatabase();
    await migrate(database.pool);
    store = createPostgresEventStore({ versions, pool: database.pool });
  });
  afterAll(async () => {
    await store.close();
    await database.drop();
  });
  beforeEach(() => {
    stream = `counter-${randomUUID()}`;
  });

  it('appends what was decided, with ids of the command and the whole envelope', async () => {
    const about = context({ reason: 'because', role: 'admin' });
    const outcome = await commandHandler(store, counter, versions)(stream, count(1, 2), about);
    const { commandId, ...envelope } = about;
    const metadata = { v: 2, at: '2026-01-02T03:04:05.000Z', ...envelope };
    expect(outcome).toMatchObject({ revision: 1, events: [{ revision: 0 }, { revision: 1 }] });
    expect(await collect(store.readStream(stream))).toMatchObject([
      { id: eventId(commandId, 0), type: 'Counted', data: { by: 1, total: 1 }, metadata },
      { id: eventId(commandId, 1), type: 'Counted', data: { by: 2, total: 3 }, metadata },
    ]);
  });

  it('is decided on what the stream holds', async () => {
    const handle = commandHandler(store, counter, versions);
    await handle(stream, count(5), context());
    expect(await handle(stream, count(-6), context())).toEqual({ rejected: 'below-zero', field: 'by' });
    expect(await handle(stream, count(-5), context())).toMatchObject({ revision: 1, events: [{ data: { total: 0 } }] });
  });

  it('given twice answers as the first time, also when it would be refused by now', async () => {
    const handle = commandHandler(store, counter, versions);
    await handle(stream, count(5), context());
    const about = context();
    const first = await handle(stream, count(-2, -3), about);
    await handle(stream, count(0), context());
    const again = await handle(stream, count(-2, -3), about);
    expect(again).toMatchObject(first);
    expect(await collect(store.readStream(stream))).toHaveLength(4);
  });

  it('without effect writes nothing', async () => {
    const handle = commandHandler(store, counter, versions);
    expect(await handle(stream, count(), context())).toEqual({ events: [], revision: 'no-stream', position: 0n });
    const { position } = (await handle(stream, count(1), context())) as { position: bigint };
    expect(await handle(stream, count(), context())).toEqual({ events: [], revision: 0, position });
  });

  it('is refused when the caller saw another revision', async () => {
    const handle = commandHandler(store, counter, versions);
    const refused = { rejected: 'wrong-expected-revision', field: 'expectedRevision' };
    expect(await handle(stream, count(1), context(), { expected: 3 })).toEqual({ ...refused, detail: 'no-stream' });
    expect(await handle(stream, count(1), context(), { expected: 'no-stream' })).toMatchObject({ revision: 0 });
    expect(await handle(stream, count(1), context(), { expected: 'no-stream' })).toEqual({ ...refused, detail: '0' });
    expect(await handle(stream, count(1), context(), { expected: 0 })).toMatchObject({ revision: 1 });
  });

  it('can be tried without effect', async () => {
    const handle = commandHandler(store, counter, versions);
    const tried = await handle(stream, count(1, 2), context(), { dryRun: true });
    expect(tried).toMatchObject({ revision: 'no-stream', events: [{ data: { total: 1 } }, { data: { total: 3 } }] });
    expect(await collect(store.readStream(stream))).toEqual([]);
    expect(await handle(stream, count(-1), context(), { dryRun: true })).toMatchObject({ rejected: 'below-zero' });
  });

  it('is decided again after each lost race, so that eight at once all count', async () => {
    const handle = commandHandler(store, counter, versions);
    const counting = async (): Promise<void> => {
      for (;;) {
        try {
          await handle(stream, count(1), context());
          return;
        } catch (error) {
          if (!(error instanceof ConcurrencyError)) throw error;
        }
      }
    };
    await Promise.all(Array.from({ length: 8 }, counting));
    const [last] = await collect(store.readStream(stream, { direction: 'backward', maxCount: 1 }));
    expect(last?.data).toMatchObject({ total: 8 });
  });

  it('is given up after four lost races', async () => {
    let reads = 0;
    const raced: EventStore = {
      ...store,
      readStream: async function* (name, options) {
        yield* store.readStream(name, options);
        reads += 1;
        await commandHandler(store, counter, versions)(name, count(1), context());
      },
    };
    await expect(commandHandler(raced, counter, versions)(stream, count(1), context())).rejects.toThrow(
      ConcurrencyError,
    );
    expect(reads).toBe(4);
  });
});
