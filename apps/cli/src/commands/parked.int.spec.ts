import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connectDatabase, createParkedEvents, type Database, migrateCoordination } from '#coordination';
import { createTestDatabase, type TestDatabase } from '../../../../test/stack/postgres.js';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../../../..');
const event = '11111111-2222-5333-8444-555555555555';

describe('parked events on the command line', () => {
  let test: TestDatabase;
  let database: Database;
  let dir: string;

  const iolaus = (...args: string[]) => {
    const env = { ...process.env, NODE_OPTIONS: '', IOLAUS_DATABASE_URL: test.url, IOLAUS_DATA_DIR: dir };
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'bin/iolaus.mjs'), ...args], {
      encoding: 'utf8',
      env,
    });
    return { status, text: stdout + stderr };
  };

  beforeAll(async () => {
    test = await createTestDatabase();
    dir = mkdtempSync(join(tmpdir(), 'iolaus-parked-'));
    database = connectDatabase({ connectionString: test.url, max: 1, onError: () => undefined });
    await migrateCoordination(database);
  });
  afterAll(async () => {
    await database.end();
    await test.drop();
    rmSync(dir, { recursive: true });
  });

  it('are listed with what went wrong, and released by consumer and id', async () => {
    expect(iolaus('parked', 'list')).toEqual({ status: 0, text: 'nothing is parked\n' });
    await createParkedEvents(database).park({
      consumer: 'queue-builds',
      eventId: event,
      stream: 'jobset-demo:main',
      revision: 3,
      position: 9n,
      type: 'EvaluationRan',
      error: 'the disk is full\n  at somewhere',
      attempts: 8,
    });
    const listed = iolaus('parked', 'list');
    expect(listed.status).toBe(0);
    expect(listed.text).toMatch(
      new RegExp(`queue-builds +${event} +EvaluationRan +jobset-demo:main +8 .*waits +the disk is full`),
    );
    expect(iolaus('parked', 'release', 'queue-builds', event)).toEqual({
      status: 0,
      text: `queue-builds tries ${event} again\n`,
    });
    expect((await createParkedEvents(database).released('queue-builds')).map(({ eventId }) => eventId)).toEqual([
      event,
    ]);
  });

  it('that are none are refused by name', () => {
    expect(iolaus('parked', 'release', 'queue-builds', 'x')).toMatchObject({
      status: 2,
      text: expect.stringContaining('event: must be'),
    });
    expect(iolaus('parked', 'release', 'nobody', event)).toMatchObject({
      status: 2,
      text: expect.stringContaining("parked for 'nobody'"),
    });
  });
});
