import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { createCheckpoints, createParkedEvents, migrateCoordination } from '#coordination';
import { createTestDatabase, type TestDatabase } from '../../../../test/stack/postgres.js';
import { happened, testRegistry } from '../../testing/events.js';
import { createPostgresEventStore, migrate } from '../postgres/index.js';
import type { EventStore } from '../port.js';
import { type ReactorOptions, runReactor } from './run-reactor.js';

describe('a reactor', () => {
  let database: TestDatabase;
  let store: EventStore;
  beforeAll(async () => {
    database = await createTestDatabase();
    await migrate(database.pool);
    await migrateCoordination(database.pool);
    store = createPostgresEventStore({ ...testRegistry, pool: database.pool });
  });
  afterAll(async () => {
    await store.close();
    await database.drop();
  });

  const start = async (name: string, handle: ReactorOptions['handle'], over: Partial<ReactorOptions> = {}) => {
    const ending = new AbortController();
    const logged: string[] = [];
    const log = (_: object, message: string): void => void logged.push(message);
    const [checkpoints, parked] = [createCheckpoints(database.pool), createParkedEvents(database.pool)];
    const running = runReactor({
      store,
      name,
      types: ['Happened'],
      handle,
      policy: { retry: [0.01, 0.02], then: 'park' },
      checkpoints,
      parked,
      signal: ending.signal,
      logger: { warn: log, error: log },
      releasedEveryMs: 20,
      ...over,
    });
    const until = async (condition: () => boolean | Promise<boolean>): Promise<void> => {
      for (let i = 0; !(await condition()); i++, await sleep(10)) if (i > 1000) throw new Error('not within 10 s');
    };
    return { checkpoints, parked, logged, until, stop: async () => (ending.abort(), await running) };
  };
  const write = async (...numbers: number[]): Promise<bigint> => {
    const outcome = await store.append(
      `r-${randomUUID()}`,
      'no-stream',
      numbers.map((n) => happened({ n })),
    );
    return outcome.ok ? outcome.position : 0n;
  };
  const numberOf = ({ data }: { data: unknown }): number => (data as { n: number }).n;

  it('handles events in order and goes on behind its checkpoint after a restart', async () => {
    const from = await store.head();
    const handled: number[] = [];
    const handle = async (event: { data: unknown }): Promise<void> => void handled.push(numberOf(event));
    const first = await start('ordered', handle, { from });
    const position = await write(1, 2, 3);
    await first.until(async () => (await first.checkpoints.get('ordered')) === position);
    await first.stop();
    await write(4, 5);
    const second = await start('ordered', handle, { from });
    await second.until(() => handled.length >= 5);
    await second.stop();
    expect(handled).toEqual([1, 2, 3, 4, 5]);
  });

  it('tries a failed event again, and does not let the next one overtake it', async () => {
    const from = await store.head();
    const tried: number[] = [];
    let failures = 2;
    const reactor = await start(
      'retries',
      async (event) => {
        tried.push(numberOf(event));
        if (numberOf(event) === 1 && failures-- > 0) throw new Error('not yet');
      },
      { from },
    );
    await write(1, 2);
    await reactor.until(() => tried.length >= 4);
    await reactor.stop();
    expect(tried).toEqual([1, 1, 1, 2]);
    expect(await reactor.parked.list('retries')).toEqual([]);
  });

  it('parks an event that fails too often, goes on, and tries it again once it is released', async () => {
    const from = await store.head();
    const handled: number[] = [];
    let broken = true;
    const reactor = await start(
      'parks',
      async (event) => {
        if (numberOf(event) === 1 && broken) throw new Error('bucket is gone');
        handled.push(numberOf(event));
      },
      { from },
    );
    await write(1, 2);
    await reactor.until(() => handled.length === 1);
    expect(handled).toEqual([2]);
    const [parked] = await reactor.parked.list('parks');
    expect(parked).toMatchObject({
      type: 'Happened',
      attempts: 3,
      error: expect.stringContaining('bucket is gone') as string,
    });
    await reactor.parked.release('parks', parked!.eventId);
    await reactor.until(async () => (await reactor.parked.list('parks'))[0]?.attempts === 4);
    broken = false;
    await reactor.parked.release('parks', parked!.eventId);
    await reactor.until(() => handled.length === 2);
    await reactor.until(async () => (await reactor.parked.list('parks')).length === 0);
    await reactor.stop();
    expect(handled).toEqual([2, 1]);
  });

  it('that is stopped while it waits neither parks nor stores', async () => {
    const from = await store.head();
    const reactor = await start('stopped', () => Promise.reject(new Error('no')), {
      from,
      policy: { retry: [60], then: 'park' },
    });
    await write(1);
    await reactor.until(() => reactor.logged.length > 0);
    await reactor.stop();
    expect(await reactor.parked.list('stopped')).toEqual([]);
    expect(await reactor.checkpoints.get('stopped')).toBeUndefined();
  });
});
