import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import pg from 'pg';
import { eventId, openEventStore, type EventStore } from '#event-store';
import {
  createTestDatabase,
  type OwnPostgres,
  startPostgres,
  type TestDatabase,
} from '../../../../test/stack/postgres.js';
import { logInMemory, recorded } from '../../testing/log-in-memory.js';
import { type HistoryEvent, randomHistory } from '../../testing/random-history.js';
import { dump, forget, projectAll, projectEvents } from '../../testing/read-model.js';
import {
  type Projection,
  PROJECTIONS,
  projectorStatus,
  READ_MODEL_CHANNEL,
  rebuildProjection,
  runProjector,
  UnknownProjectionError,
} from '../index.js';

const historyOf = (choices: number, seed: number) => fc.sample(randomHistory(choices), { numRuns: 1, seed })[0]!;
const commandId = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;

/** Writes a history into a real log, event by event. */
const write = async (store: EventStore, history: readonly HistoryEvent[]): Promise<void> => {
  for (const { stream, revision, type, data, metadata } of recorded(history)) {
    const n = Number(metadata.correlationId.slice(-12));
    const event = { id: eventId(commandId(n), 0), type, data, metadata };
    const written = await store.append(stream, revision === 0 ? 'no-stream' : revision - 1, [event]);
    if (!written.ok) throw new Error(`lost a race on ${stream}`);
  }
};

describe('the projector', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.drop());
  const history = historyOf(500, 42);
  const events = recorded(history);
  let expected: Record<string, string[]>;
  beforeAll(async () => {
    await projectEvents(database.url, events, 50);
    expected = await dump(database.pool);
  });

  it('ended between batches, many times, goes on where it was', async () => {
    const { pool, url } = database;
    await forget(pool);
    const source = logInMemory(events, 9);
    const last = Math.ceil(events.length / 9);
    let all = 0;
    for (let goneThrough = 0; ; goneThrough++) {
      const stop = new AbortController();
      let batches = 0;
      const onBatch = () => {
        all += 1;
        // At the end of the log no third one may come.
        if (++batches === 3 || all === last) stop.abort();
      };
      await runProjector({ source, databaseUrl: url, signal: stop.signal, onBatch });
      if ((await projectorStatus(pool))!.position < (await source.head())) continue;
      expect(goneThrough).toBeGreaterThan(3);
      break;
    }
    expect(await dump(pool)).toEqual(expected);
  });

  it('two at the same time do no harm', async () => {
    const { pool, url } = database;
    await forget(pool);
    await Promise.all([7, 11].map((size) => projectAll(url, logInMemory(events, size))));
    expect(await dump(pool)).toEqual(expected);
  });

  it('cut off from the database again and again loses nothing', async () => {
    const { pool, url } = database;
    await forget(pool);
    let ended = false;
    let cuts = 0;
    const cutting = (async () => {
      while (!ended && cuts < 8) {
        const { rows } = await pool.query(
          `select pg_terminate_backend(pid) from pg_stat_activity
           where application_name = 'iolaus projector' and datname = current_database()`,
        );
        cuts += rows.length;
        await sleep(30 + 40 * cuts);
      }
    })();
    await projectAll(url, logInMemory(events, 1)).finally(() => (ended = true));
    await cutting;
    expect(cuts).toBeGreaterThan(0);
    expect(await dump(pool)).toEqual(expected);
  });

  it('goes back to a checkpoint that the database went back to', async () => {
    const { pool, url } = database;
    await forget(pool);
    const source = logInMemory(events, 10);
    const head = await source.head();
    const stop = new AbortController();
    let rewound = 0;
    // As after a crash that lost the newest commits, rows and checkpoint together.
    const onBatch = async ({ position }: { position: bigint }) => {
      if (position >= head) stop.abort();
    };
    const slow = {
      ...source,
      subscribe: (...[options, handle]: Parameters<typeof source.subscribe>) =>
        source.subscribe(options, async (batch) => {
          if (rewound === 0 && batch.position >= events[events.length >> 1]!.position) {
            rewound = 1;
            await forget(pool);
            await projectEvents(url, events.slice(0, 30), 10);
          }
          await handle(batch);
        }),
    };
    const interruptions: string[] = [];
    const onInterrupted = (error: Error) => void interruptions.push(error.name);
    await runProjector({ source: slow, databaseUrl: url, signal: stop.signal, onBatch, onInterrupted });
    expect(interruptions).toContain('RewoundError');
    expect(await dump(pool)).toEqual(expected);
  });

  it('goes back to it even while nothing new happens', async () => {
    const { pool, url } = database;
    await forget(pool);
    const source = logInMemory(events, 50);
    const head = await source.head();
    const stop = new AbortController();
    const arrivals: bigint[] = [];
    const onBatch = ({ position }: { position: bigint }) => {
      if (position < head) return;
      arrivals.push(position);
      if (arrivals.length === 2) stop.abort();
      else void forget(pool).then(() => projectEvents(url, events.slice(0, 30), 10));
    };
    await runProjector({ source, databaseUrl: url, signal: stop.signal, onBatch });
    expect(arrivals).toEqual([head, head]);
    expect(await dump(pool)).toEqual(expected);
  });

  it('tells listeners of changes once they are there to be read', async () => {
    const { pool, url } = database;
    await forget(pool);
    const listener = new pg.Client({ connectionString: url });
    await listener.connect();
    await listener.query(`listen ${READ_MODEL_CHANNEL}`);
    const last = new Promise<bigint>((resolve) => {
      listener.on('notification', ({ payload }) => {
        if (BigInt(payload!) === events.at(-1)!.position) resolve(BigInt(payload!));
      });
    });
    await projectEvents(url, events, 20);
    expect((await projectorStatus(pool))!.position).toBeGreaterThanOrEqual(await last);
    await listener.end();
  });

  describe('a rebuild', () => {
    it('beside a projector at work ends in the same rows, reports how far it is, and leaves no copy', async () => {
      const { pool, url } = database;
      await forget(pool);
      const live = projectAll(url, logInMemory(events, 3));
      const told: string[] = [];
      await rebuildProjection({
        name: 'builds',
        source: logInMemory(events, 40),
        databaseUrl: url,
        progress: ({ projection, stage }) => void told.push(`${projection} ${stage}`),
      });
      await live;
      await projectAll(url, logInMemory(events, 40));
      expect([told[0], told.at(-1)]).toEqual(['builds filling', 'builds done']);
      expect(await dump(pool)).toEqual(expected);
      const { rows } = await pool.query(`select from pg_namespace where nspname like 'read_model_copy%'`);
      expect(rows).toEqual([]);
    });

    it('that dies halfway leaves the live model as it was; the next run drops what it left', async () => {
      const { pool, url } = database;
      await pool.query('update read_model.builds set job = $1', ['spoilt']);
      const spoilt = await dump(pool);
      const stop = new AbortController();
      const progress = () => stop.abort(new Error('killed'));
      const dying = rebuildProjection({
        name: 'builds',
        source: logInMemory(events, 20),
        databaseUrl: url,
        progress,
        signal: stop.signal,
      });
      await expect(dying).rejects.toThrow('killed');
      expect(await dump(pool)).toEqual(spoilt);
      expect((await pool.query(`select from pg_namespace where nspname like 'read_model_copy%'`)).rows).toHaveLength(1);
      await rebuildProjection({ name: 'builds', source: logInMemory(events, 20), databaseUrl: url });
      expect(await dump(pool)).toEqual(expected);
    });

    it('waits for readers instead of failing them', async () => {
      const { pool, url } = database;
      const reader = await pool.connect();
      await reader.query('begin');
      await reader.query('select from read_model.builds');
      const rebuilding = rebuildProjection({ name: 'builds', source: logInMemory(events, 500), databaseUrl: url });
      await sleep(700);
      // In another order of tables than the swap's: one of the two has to step back, and it is not the reader.
      await reader.query('select from read_model.evaluations');
      await reader.query('commit');
      reader.release();
      await rebuilding;
      expect(await dump(pool)).toEqual(expected);
    });

    it('of an unknown name is refused and names those that there are', async () => {
      const refused = rebuildProjection({ name: 'no', source: logInMemory(events, 5), databaseUrl: database.url });
      await expect(refused).rejects.toThrow(UnknownProjectionError);
      await expect(refused).rejects.toThrow(PROJECTIONS.map(({ name }) => name).join(', '));
    });

    it('comes by itself when a projection has another version, tables included', async () => {
      const { pool, url } = database;
      const users = PROJECTIONS.find(({ name }) => name === 'users')!;
      const newer: Projection = {
        ...users,
        version: users.version + 1,
        ddl: `create table users (id text primary key, roles json not null, note text not null default 'new')`,
      };
      const projections = PROJECTIONS.map((projection) => (projection === users ? newer : projection));
      const stop = new AbortController();
      const rebuilt: string[] = [];
      const onRebuild = (name: string) => void rebuilt.push(name);
      const onBatch = () => stop.abort();
      const source = logInMemory(events, 100);
      await runProjector({ source, databaseUrl: url, signal: stop.signal, projections, onRebuild, onBatch });
      expect(rebuilt).toEqual(['users']);
      const { rows } = await pool.query('select distinct note from read_model.users');
      expect(rows).toEqual([{ note: 'new' }]);
    });
  });
});

describe('the projector on a log in PostgreSQL', () => {
  it('survives kill -9 of the server in the middle, and a model rebuilt from the log is the same', async () => {
    const server = await startPostgres();
    const store = await openEventStore({ databaseUrl: server.url });
    const pool = new pg.Pool({ connectionString: server.url });
    pool.on('error', () => undefined);
    const stop = new AbortController();
    try {
      const history = historyOf(300, 7);
      const half = history.length >> 1;
      let seen = 0n;
      const onBatch = ({ position }: { position: bigint }) => void (seen = position);
      const running = runProjector({ source: store, databaseUrl: server.url, signal: stop.signal, onBatch });
      await write(store, history.slice(0, half));
      await server.kill();
      await sleep(200);
      await server.start();
      // The writer's part is its own affair: what was cut off is written again under the same ids.
      await write(store, history);
      const head = await store.head();
      while (seen < head) await Promise.race([sleep(20), running]);
      stop.abort();
      await running;
      const live = await dump(pool);
      await rebuildProjection({ name: 'all', source: store, databaseUrl: server.url });
      expect(await dump(pool)).toEqual(live);
      expect(live['builds']!.length).toBeGreaterThan(5);
    } finally {
      stop.abort();
      await Promise.all([store.close(), pool.end()]);
      await server.stop();
    }
  });

  describe('on a server killed right after', () => {
    let server: OwnPostgres;
    beforeAll(async () => {
      server = await startPostgres();
    });
    afterAll(() => server.stop());
    const log = logInMemory(recorded(historyOf(60, 3)), 9);
    const crash = async () => {
      await server.kill();
      await server.start();
    };
    /** Projects all of the log; answers what was rebuilt first. */
    const project = async (projections: readonly Projection[], beforeTheFirst: () => Promise<void>) => {
      const stop = new AbortController();
      const head = await log.head();
      const rebuilt: string[] = [];
      const source = {
        ...log,
        subscribe: async (...args: Parameters<typeof log.subscribe>) => {
          await beforeTheFirst();
          return log.subscribe(...args);
        },
      };
      await runProjector({
        source,
        databaseUrl: server.url,
        signal: stop.signal,
        projections,
        onBatch: ({ position }) => void (position >= head && stop.abort()),
        onRebuild: (name) => void rebuilt.push(name),
      });
      return rebuilt;
    };

    it('it made its tables, it finds them as it left them', async () => {
      expect(await project(PROJECTIONS, crash)).toEqual([]);
    });

    it('it rebuilt a projection, it finds the new version', async () => {
      const newer = PROJECTIONS.map((each) => (each.name === 'users' ? { ...each, version: each.version + 1 } : each));
      expect(await project(newer, crash)).toEqual(['users']);
      expect(await project(newer, () => Promise.resolve())).toEqual([]);
    });
  });
});
