import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { createTestDatabase, type TestDatabase } from '../../../../test/stack/postgres.js';
import { collect, happened, metadata, testRegistry } from '../../testing/events.js';
import { APPEND_LOCK, createPostgresEventStore, migrate } from './index.js';

/** Reads `position > last`, as anybody would: right only as long as positions become visible in their order. */
const naiveReader = (pool: pg.Pool, stream: string) => {
  const seen: string[] = [];
  let last = 0n;
  return {
    seen,
    read: async () => {
      const { rows } = await pool.query<{ position: string; id: string }>(
        'select position::text, id::text from log.events where position > $1 and stream like $2 order by position',
        [last.toString(), `${stream}%`],
      );
      for (const { position, id } of rows) {
        seen.push(id);
        last = BigInt(position);
      }
    },
  };
};

/** Writes as an adapter without the append lock would: a position is drawn, and others may draw and commit before this one does. */
const naiveWriter = async (pool: pg.Pool) => {
  const client = await pool.connect();
  return {
    begin: async (stream: string): Promise<string> => {
      const id = randomUUID();
      await client.query(`begin; set local iolaus.appending = 'on'`);
      await client.query(
        `insert into log.events (position, stream, revision, id, type, data, metadata)
         values (nextval('log.position'), $1, 0, $2, 'Happened', '{}', $3)`,
        [stream, id, JSON.stringify(metadata())],
      );
      return id;
    },
    commit: () => client.query('commit'),
    release: () => client.release(),
  };
};

describe('positions under concurrent commits', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
    await migrate(database.pool);
  });
  afterAll(() => database.drop());

  it('without the lock, the later position commits first and a reader misses the earlier one for ever (control)', async () => {
    const stream = `control-${randomUUID()}`;
    const reader = naiveReader(database.pool, stream);
    const [a, b] = [await naiveWriter(database.pool), await naiveWriter(database.pool)];
    const first = await a.begin(`${stream}-a`);
    const second = await b.begin(`${stream}-b`);
    await b.commit();
    await reader.read();
    await a.commit();
    await reader.read();
    a.release();
    b.release();
    expect(reader.seen).toEqual([second]);
    const { rows } = await database.pool.query(
      'select id::text from log.events where stream like $1 order by position',
      [`${stream}%`],
    );
    expect(rows.map(({ id }) => id)).toEqual([first, second]);
  });

  it('with the lock, an append waits for the one that drew before it, and head and reader stop there', async () => {
    const stream = `locked-${randomUUID()}`;
    const store = createPostgresEventStore({ ...testRegistry, connectionString: database.url });
    const before = await store.head();
    const holder = await database.pool.connect();
    await holder.query('begin');
    await holder.query('select pg_advisory_xact_lock($1)', [APPEND_LOCK]);
    await holder.query(`select nextval('log.position')`);
    let written = false;
    const waiting = store.append(stream, 'no-stream', [happened()]).then((outcome) => {
      written = true;
      return outcome;
    });
    await sleep(100);
    expect(written).toBe(false);
    expect(await store.head()).toBe(before);
    await holder.query('rollback');
    holder.release();
    const outcome = await waiting;
    expect(outcome.ok && outcome.position).toBe(before + 2n); // the position that was rolled back is a gap
    expect((await collect(store.readAll({ after: before }))).flat()).toHaveLength(1);
    await store.close();
  });

  it.each([
    ['without the lock a tailing reader loses some (control)', false],
    ['with it none', true],
  ])('with eight writers at random speed, %s', async (_, locked) => {
    const stream = `random-${randomUUID()}`;
    const pool = new pg.Pool({ connectionString: database.url, max: 20 });
    // Dropping the database may cut a connection that is about to end.
    pool.on('error', () => undefined);
    const reader = naiveReader(pool, stream);
    let writing = true;
    const reading = (async () => {
      while (writing) await reader.read();
      await reader.read();
    })();
    const write = async (w: number): Promise<void> => {
      const writer = await naiveWriter(pool);
      for (let n = 0; n < 25; n++) {
        if (locked) {
          const values = [
            [`${stream}-${w}-${n}`],
            [-1],
            [1],
            [randomUUID()],
            ['Happened'],
            ['{}'],
            [JSON.stringify(metadata())],
          ];
          await pool.query('select log.append($1, $2, $3, $4, $5, $6, $7), pg_sleep($8)', [
            ...values,
            ((w * 7 + n * 3) % 5) / 1000,
          ]);
        } else {
          await writer.begin(`${stream}-${w}-${n}`);
          await sleep((w * 7 + n * 3) % 5);
          await writer.commit();
        }
      }
      writer.release();
    };
    await Promise.all(Array.from({ length: 8 }, (__, w) => write(w)));
    writing = false;
    await reading;
    await pool.end();
    if (locked) expect(reader.seen).toHaveLength(200);
    else expect(reader.seen.length).toBeLessThan(200);
  });
});
