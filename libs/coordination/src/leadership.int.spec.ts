import { setTimeout as sleep } from 'node:timers/promises';
import { createTestDatabase, startPostgres, type TestDatabase } from '../../../test/stack/postgres.js';
import { acquireLeadership, connectDatabase, type Leadership, leadersOf, whileLeading } from './index.js';

const never = new AbortController().signal;

describe('leadership', () => {
  let test: TestDatabase;
  beforeAll(async () => {
    test = await createTestDatabase();
  });
  afterAll(() => test.drop());

  it('is held by one; a standby waits and takes over when it is released', async () => {
    const first = await acquireLeadership({ database: test.pool, name: 'runner', signal: never });
    let second: Leadership | undefined;
    const waiting = acquireLeadership({ database: test.pool, name: 'runner', signal: never }).then(
      (won) => (second = won),
    );
    const other = await acquireLeadership({ database: test.pool, name: 'projector', signal: never });
    await sleep(100);
    expect(second).toBeUndefined();
    await first.release();
    await (await waiting).release();
    await other.release();
  });

  it('is told by name: whose connection holds it, and nothing of a name that nobody leads', async () => {
    const held = await acquireLeadership({ database: test.pool, name: 'runner', signal: never });
    const leaders = await leadersOf(test.pool, ['runner', 'projector']);
    expect([...leaders.keys()]).toEqual(['runner']);
    const { rows } = await test.pool.query<{ there: boolean }>(
      'select true as there from pg_stat_activity where pid = $1 and datname = current_database()',
      [leaders.get('runner')!.pid],
    );
    expect(rows).toEqual([{ there: true }]);
    await held.release();
  });

  it('is lost, and told so, when the connection dies; the standby leads', async () => {
    const first = await acquireLeadership({ database: test.pool, name: 'runner', signal: never });
    const waiting = acquireLeadership({ database: test.pool, name: 'runner', signal: never });
    const lost = new Promise((resolve) => first.lost.addEventListener('abort', resolve));
    await test.pool.query(
      `select pg_terminate_backend(l.pid) from pg_locks l join pg_database d on d.oid = l.database and d.datname = current_database() where l.locktype = 'advisory' and l.granted`,
    );
    await lost;
    await (await waiting).release();
    await first.release();
  });

  it('is not waited for any more when the signal aborts, and then nobody holds it by accident', async () => {
    const first = await acquireLeadership({ database: test.pool, name: 'runner', signal: never });
    const giving = new AbortController();
    const waiting = acquireLeadership({ database: test.pool, name: 'runner', signal: giving.signal });
    waiting.catch(() => undefined); // checked below
    await sleep(50);
    giving.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    await first.release();
    await (await acquireLeadership({ database: test.pool, name: 'runner', signal: never })).release();
  });

  it('survives a server that is killed: led before, told of the loss, led again', async () => {
    const server = await startPostgres();
    const database = connectDatabase({ connectionString: server.url, onError: () => undefined });
    const ending = new AbortController();
    const terms: string[] = [];
    let killed: Promise<void> | undefined;
    await whileLeading(
      { database, name: 'runner', signal: ending.signal, onError: () => undefined },
      async (signal) => {
        terms.push('leads');
        if (terms.length === 1) killed = server.kill().then(() => server.start());
        else ending.abort();
        await new Promise<void>((resolve) =>
          signal.aborted ? resolve() : signal.addEventListener('abort', () => resolve()),
        );
        terms.push('ends');
      },
    );
    await killed;
    expect(terms).toEqual(['leads', 'ends', 'leads', 'ends']);
    await database.end();
    await server.stop();
  });
});
