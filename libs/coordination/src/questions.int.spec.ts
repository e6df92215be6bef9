import { createTestDatabase, startPostgres, type TestDatabase } from '../../../test/stack/postgres.js';
import { connectDatabase, createQuestions, migrateCoordination, NobodyAnswersError, type Questions } from './index.js';

const TIMEOUT = { timeoutMs: 5000 };

describe('a question', () => {
  let test: TestDatabase;
  let questions: Questions;
  let stop: AbortController;
  let answering: Promise<void>[];
  const answer = (name: string, handler: (question: unknown) => unknown, signal = stop.signal) =>
    void answering.push(questions.answer(name, handler, signal));
  const rows = async () => (await test.pool.query('select * from coordination.questions')).rows;

  beforeAll(async () => {
    test = await createTestDatabase();
    await migrateCoordination(test.pool);
    questions = createQuestions(test.pool);
  });
  beforeEach(() => {
    stop = new AbortController();
    answering = [];
  });
  afterEach(async () => {
    stop.abort();
    await Promise.all(answering);
  });
  afterAll(() => test.drop());

  it('is answered by whoever has the name, however large the answer, and leaves nothing behind', async () => {
    const large = 'é\0\ud800'.repeat(100_000);
    answer('runner', (question) => ({ question, large }));
    answer('other', () => 'wrong');
    expect(await questions.ask('runner', { kind: 'why', buildId: 7 }, TIMEOUT)).toEqual({
      question: { kind: 'why', buildId: 7 },
      large,
    });
    expect(await rows()).toEqual([]);
  });
  it('among many at once gets its own answer, and each is answered once', async () => {
    const heard: unknown[] = [];
    const handler = async (question: unknown) => {
      heard.push(question);
      await new Promise((resolve) => setTimeout(resolve, Number(question) % 7));
      return Number(question) * 2;
    };
    answer('runner', handler);
    answer('runner', handler);
    const asked = Array.from({ length: 60 }, (_, i) => i);
    expect(await Promise.all(asked.map((i) => questions.ask('runner', i, TIMEOUT)))).toEqual(asked.map((i) => 2 * i));
    expect(heard).toHaveLength(60);
  });
  it('that was asked just before somebody came to answer is answered', async () => {
    const asked = questions.ask('late', 1, TIMEOUT);
    while ((await rows()).length === 0);
    answer('late', () => undefined);
    expect(await asked).toBeNull();
  });
  it('to nobody is given up soon, as nobody', async () => {
    await expect(questions.ask('nobody', {}, { timeoutMs: 600_000 })).rejects.toThrow(NobodyAnswersError);
    expect(await rows()).toEqual([]);
  });
  it('that takes too long is given up when its time is over', async () => {
    answer('slow', () => new Promise((resolve) => setTimeout(resolve, 400)));
    await expect(questions.ask('slow', {}, { timeoutMs: 150 })).rejects.toThrow('slow did not answer within 150 ms');
  });
  it('that cannot be answered rejects with what the other side says', async () => {
    answer('runner', () => {
      throw new Error('no such build');
    });
    await expect(questions.ask('runner', {}, TIMEOUT)).rejects.toMatchObject({
      name: 'AnswerFailedError',
      message: 'no such build',
    });
  });
  it('of an asker that died is not answered, and swept up', async () => {
    await test.pool.query(`insert into coordination.questions (id, name, question, expires_at)
      values ('11111111-1111-4111-8111-111111111111', 'runner', '"old"', clock_timestamp() - interval '2 minutes')`);
    const heard: unknown[] = [];
    answer('runner', (question) => heard.push(question));
    await questions.ask('runner', 'new', TIMEOUT);
    expect([heard, await rows()]).toEqual([['new'], []]);
  });
  it('is answered again after the connection was cut off', async () => {
    answer('runner', (question) => question);
    await questions.ask('runner', 1, TIMEOUT);
    await test.pool.query(
      `select pg_terminate_backend(l.pid) from pg_locks l join pg_database d on d.oid = l.database and d.datname = current_database() where l.locktype = 'advisory' and l.granted`,
    );
    expect(await questions.ask('runner', 2, TIMEOUT)).toBe(2);
  });
  it('is answered again after the server was killed', async () => {
    const server = await startPostgres();
    const database = connectDatabase({ connectionString: server.url, onError: () => undefined });
    await migrateCoordination(database);
    const errors: Error[] = [];
    const there = createQuestions(database, { onError: (error) => errors.push(error) });
    const done = there.answer('runner', (question) => question, stop.signal);
    expect(await there.ask('runner', 1, TIMEOUT)).toBe(1);
    await server.kill();
    await server.start();
    let answered: unknown;
    for (let i = 0; answered === undefined && i < 20; i++)
      answered = await there.ask('runner', 2, TIMEOUT).catch(() => undefined);
    expect([answered, errors.length > 0]).toEqual([2, true]);
    stop.abort();
    await done;
    await database.end();
    await server.stop();
  });
});
