import { randomUUID } from 'node:crypto';
import { createTestDatabase, type TestDatabase } from '../../../../test/stack/postgres.js';
import { collect, happened, testRegistry } from '../../testing/events.js';
import type { EventStore } from '../port.js';
import { createPostgresEventStore, migrate } from '../postgres/index.js';
import { boundStates, createStreamStates, type Fold, statesOf } from './stream-states.js';

/** The numbers that happened, one after another. */
const list: Fold<readonly number[]> = {
  initial: [],
  evolve: (state, { data }: { data: { n: number } }) => [...state, data.n],
};
const sum: Fold<number> = { initial: 0, evolve: (state, { data }: { data: { n: number } }) => state + data.n };
const upTo = (n: number) => Array.from({ length: n }, (_, i) => i);

describe('states of streams', () => {
  let database: TestDatabase;
  let log: EventStore;
  let stream: string;
  /** Revisions that were read, in portions of one read each. */
  let reads: number[][];
  let store: Pick<EventStore, 'readStream'>;
  let length: number;
  beforeAll(async () => {
    database = await createTestDatabase();
    await migrate(database.pool);
    log = createPostgresEventStore({ ...testRegistry, pool: database.pool });
  });
  afterAll(async () => {
    await log.close();
    await database.drop();
  });
  beforeEach(() => {
    stream = `numbers-${randomUUID()}`;
    length = 0;
    reads = [];
    store = {
      readStream: async function* (name, options) {
        const read: number[] = [];
        reads.push(read);
        for await (const event of log.readStream(name, options)) {
          read.push(event.revision);
          yield event;
        }
      },
    };
  });

  const append = async (count: number, name = stream): Promise<void> => {
    const events = Array.from({ length: count }, (_, i) => happened({ n: length + i }));
    await log.append(name, length === 0 ? 'no-stream' : length - 1, events);
    length += count;
  };

  it('are read from the last event known on', async () => {
    await append(5);
    const states = createStreamStates(store, { keepFrom: 1 });
    expect(await states.read(list, stream)).toMatchObject({ state: upTo(5), revision: 4 });
    await append(2);
    expect(await states.read(list, stream)).toMatchObject({ state: upTo(7), revision: 6 });
    expect(await states.read(list, stream)).toMatchObject({ state: upTo(7), revision: 6 });
    expect(reads).toEqual([upTo(5), [4, 5, 6], [6]]);
  });

  it('of an absent stream are the beginning', async () => {
    const states = createStreamStates(store, { keepFrom: 1 });
    expect(await states.read(list, stream)).toEqual({ state: [], revision: 'no-stream', position: 0n, places: [] });
  });

  it('are kept for each fold, and for all users of a store', async () => {
    await append(70);
    const shared = { ...log, ...store };
    await statesOf(shared).read(list, stream);
    await statesOf(shared).read(sum, stream);
    expect(await statesOf(shared).read(sum, stream)).toMatchObject({ state: (69 * 70) / 2 });
    expect(await statesOf(shared).read(list, stream)).toMatchObject({ state: upTo(70) });
    expect(reads.map(({ length: read }) => read)).toEqual([70, 70, 1, 1]);
  });

  it('of a short stream are not kept: they come with one round trip as it is', async () => {
    await append(9);
    const states = createStreamStates(store, { keepFrom: 10 });
    await states.read(list, stream);
    await states.read(list, stream);
    await append(1);
    await states.read(list, stream);
    await states.read(list, stream);
    expect(reads).toEqual([upTo(9), upTo(9), upTo(10), [9]]);
  });

  it('at an earlier revision are read from the beginning once and change nothing; at a later one go on', async () => {
    await append(4);
    const states = createStreamStates(store, { keepFrom: 1 });
    await states.read(list, stream);
    await append(4);
    expect(await states.read(list, stream, { upTo: 1 })).toMatchObject({ state: [0, 1], revision: 1 });
    expect(await states.read(list, stream, { upTo: 5 })).toMatchObject({ state: upTo(6), revision: 5 });
    expect(await states.read(list, stream, { upTo: -1 })).toMatchObject({ state: [], revision: 'no-stream' });
    expect(await states.read(list, stream)).toMatchObject({ state: upTo(8), revision: 7 });
    expect(await states.read(list, stream, { upTo: 1 })).toMatchObject({ state: [0, 1], revision: 1 });
    expect(reads).toEqual([upTo(4), [0, 1], [3, 4, 5], [], [5, 6, 7], [1]]);
  });

  it('go when they exceed their bound, the one that was not asked for the longest first', async () => {
    const names = ['a', 'b', 'c'].map((name) => `${stream}-${name}`);
    for (const name of names) {
      length = 0;
      await append(3, name);
    }
    // Two entries of some 660 bytes each.
    const states = createStreamStates(store, { keepFrom: 1, maxBytes: 1_400 });
    for (const name of [...names.slice(0, 2), names[0]!, names[2]!]) await states.read(list, name);
    reads = [];
    for (const name of [names[0]!, names[2]!, names[1]!]) await states.read(list, name);
    expect(reads).toEqual([[2], [2], upTo(3)]);
  });

  it('with a bound of 0 are read from the beginning each time', async () => {
    await append(3);
    const states = createStreamStates(store, { keepFrom: 1, maxBytes: 0 });
    await states.read(list, stream);
    await states.read(list, stream);
    expect(reads).toEqual([upTo(3), upTo(3)]);
  });

  it('of a store are bounded for all of its users', async () => {
    await append(70);
    const shared = { ...log, ...store };
    boundStates(shared, 0);
    await statesOf(shared).read(list, stream);
    await statesOf(shared).read(list, stream);
    expect(reads.map(({ length: read }) => read)).toEqual([70, 70]);
  });

  it('are read whole once for all who ask at the same time', async () => {
    await append(300);
    const states = createStreamStates(store, { keepFrom: 1 });
    const all = await Promise.all(upTo(10).map(() => states.read(sum, stream)));
    expect(new Set(all.map(({ state }) => state))).toEqual(new Set([(299 * 300) / 2]));
    expect(reads.map(({ length: read }) => read).sort((a, b) => b - a)).toEqual([300, ...upTo(9).map(() => 1)]);
  });

  it('whose read failed are not kept, and read again by who waited', async () => {
    await append(3);
    let fails = 1;
    const broken: typeof store = {
      readStream: async function* (name, options) {
        yield* store.readStream(name, { ...options, maxCount: 1 });
        if (fails-- > 0) throw new Error('the connection is gone');
        yield* store.readStream(name, { ...options, from: 1 });
      },
    };
    const states = createStreamStates(broken, { keepFrom: 1 });
    const [first, second] = await Promise.allSettled([states.read(list, stream), states.read(list, stream)]);
    expect(first).toMatchObject({ status: 'rejected', reason: { message: 'the connection is gone' } });
    expect(second).toMatchObject({ status: 'fulfilled', value: { state: upTo(3) } });
  });

  it('know where each id stands, also when several read the same news at once', async () => {
    await append(3);
    const states = createStreamStates(store, { keepFrom: 1 });
    await states.read(sum, stream);
    for (let round = 0; round < 5; round++) {
      await append(2);
      await Promise.all(upTo(4).map(() => states.read(sum, stream)));
    }
    for (const { id, revision } of await collect(log.readStream(stream)))
      expect((await states.read(sum, stream, { id })).places).toEqual([revision]);
    expect((await states.read(sum, stream, { id: randomUUID() })).places).toEqual([]);
  });

  it('are read from the beginning where the last event known does not stand any more', async () => {
    await append(3);
    const other = `${stream}-restored`;
    let shown = stream;
    const restorable: typeof store = { readStream: (_, options) => store.readStream(shown, options) };
    const states = createStreamStates(restorable, { keepFrom: 1 });
    await states.read(list, stream);
    length = 0;
    await append(2, other);
    shown = other;
    expect(await states.read(list, stream)).toMatchObject({ state: [0, 1], revision: 1 });
    await append(3, other);
    shown = `${other}-lost`;
    expect(await states.read(list, stream)).toMatchObject({ state: [], revision: 'no-stream' });
    shown = stream;
    expect(await states.read(list, stream)).toMatchObject({ state: upTo(3), revision: 2 });
    shown = other;
    expect(await states.read(list, stream)).toMatchObject({ state: upTo(5), revision: 4 });
  });
});
