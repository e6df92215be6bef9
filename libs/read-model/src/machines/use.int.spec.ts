import { createTestDatabase, type TestDatabase } from '../../../../test/stack/postgres.js';
import { recorded } from '../../testing/log-in-memory.js';
import { projectEvents } from '../../testing/read-model.js';
import { BEGIN, Story } from '../../testing/story.js';
import { machineUse } from '../index.js';

const MINUTE = 60_000;

describe('how busy machines were', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
    const story = new Story();
    const ran = (drv: string, buildId: number, machine: string, from: number, till?: number): void => {
      const startedAtMs = BEGIN + from * MINUTE;
      story.stepStarted(drv, buildId, { machine, startedAtMs });
      if (till !== undefined)
        story.stepCompleted(drv, buildId, { machine, startedAtMs, stoppedAtMs: BEGIN + till * MINUTE });
    };
    ran('/nix/store/a.drv', 1, 'one', -30, 15);
    ran('/nix/store/b.drv', 2, 'one', 10, 20);
    ran('/nix/store/c.drv', 3, 'two', 50);
    ran('/nix/store/d.drv', 4, 'one', -90, 0);
    ran('/nix/store/e.drv', 5, 'two', 65, 70);
    await projectEvents(database.url, recorded(story.history), 5);
  });
  afterAll(() => database.drop());

  it('is told by spans: what began before counts from the first on, what still runs up to the last', async () => {
    const use = await machineUse(database.pool, BEGIN, BEGIN + 60 * MINUTE, 20 * MINUTE);
    expect(use).toEqual([
      { machine: 'one', busyMs: [25 * MINUTE, 0, 0] },
      { machine: 'two', busyMs: [0, 0, 10 * MINUTE] },
    ]);
  });
  it('ends with the time that is asked about, though a span does not', async () => {
    const use = await machineUse(database.pool, BEGIN, BEGIN + 55 * MINUTE, 30 * MINUTE);
    expect(use).toMatchObject([{ busyMs: [25 * MINUTE, 0] }, { busyMs: [0, 5 * MINUTE] }]);
  });
  it('is nothing where nothing ran', async () =>
    expect(await machineUse(database.pool, BEGIN - 300 * MINUTE, BEGIN - 200 * MINUTE, MINUTE)).toEqual([]));
});
