import { createTestDatabase, type TestDatabase } from '../../../../test/stack/postgres.js';
import { recorded } from '../../testing/log-in-memory.js';
import { projectEvents } from '../../testing/read-model.js';
import { BEGIN, Story } from '../../testing/story.js';
import { logHours, projectionStatuses } from '../index.js';

const HOUR = 3_600_000;

describe('the log by the hour', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.drop());

  it('counts each event once, by its hour and its type', async () => {
    const story = new Story().project('p', 1).queued(1).queued(2);
    await projectEvents(database.url, recorded(story.history));
    await database.pool.query('update read_model.checkpoints set position = 0');
    await projectEvents(database.url, recorded(story.history), 1);
    expect(await logHours(database.pool, BEGIN - HOUR, BEGIN + 1)).toEqual({
      hours: [
        { hourMs: BEGIN - HOUR, events: 0 },
        { hourMs: BEGIN, events: 3 },
      ],
      types: [
        { type: 'BuildQueued', events: 2 },
        { type: 'ProjectCreated', events: 1 },
      ],
    });
    expect(await logHours(database.pool, BEGIN + HOUR, BEGIN)).toEqual({ hours: [], types: [] });
  });

  it('is in every projection up to a position of its own', async () => {
    await database.pool.query(`update read_model.checkpoints set position = 1 where projection = 'users'`);
    const all = await projectionStatuses(database.pool);
    expect(all.map(({ projection }) => projection)).toEqual(all.map(({ projection }) => projection).sort());
    const of = (name: string) => all.find(({ projection }) => projection === name);
    const last = recorded(new Story().project('p', 1).queued(1).queued(2).history).at(-1)!.position;
    expect([of('users')!.position, of('log')]).toEqual([1n, { projection: 'log', version: 1, position: last }]);
  });
});
