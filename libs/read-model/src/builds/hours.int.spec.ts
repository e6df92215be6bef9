import { createTestDatabase, type TestDatabase } from '../../../../test/stack/postgres.js';
import { recorded } from '../../testing/log-in-memory.js';
import { forget, projectEvents } from '../../testing/read-model.js';
import { BEGIN, Story } from '../../testing/story.js';
import { finishedPerHour, queuedPerPeriod } from './hours.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const at = (ms: number) => new Date(ms).toISOString();

describe('finished builds by the hour', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.drop());
  beforeEach(() => forget(database.pool));

  const told = async (story: Story) => projectEvents(database.url, recorded(story.history));
  const day = () =>
    new Story()
      .queued(1, { queuedAt: at(BEGIN) })
      .queued(2, { queuedAt: at(BEGIN) })
      .queued(3, { queuedAt: at(BEGIN + HOUR) })
      .queued(4, { queuedAt: at(BEGIN + DAY) })
      .finished(1, { stoppedAtMs: BEGIN + HOUR - 1 })
      .finished(2, { stoppedAtMs: BEGIN + HOUR, status: 'failed' })
      .finished(3, { stoppedAtMs: BEGIN + HOUR + 5 });

  it('are counted by outcome where they finished, hours without one too', async () => {
    await told(day());
    expect(await finishedPerHour(database.pool, BEGIN + 17, BEGIN + 3 * HOUR)).toEqual([
      { hourMs: BEGIN, outcomes: { succeeded: 1 } },
      { hourMs: BEGIN + HOUR, outcomes: { succeeded: 1, failed: 1 } },
      { hourMs: BEGIN + 2 * HOUR, outcomes: {} },
    ]);
    expect(await finishedPerHour(database.pool, BEGIN, BEGIN)).toEqual([]);
  });

  it('are counted where they were queued, for /api/nrbuilds; those that wait are not', async () => {
    await told(day());
    const now = { nowMs: BEGIN + 2 * HOUR };
    expect(await queuedPerPeriod(database.pool, { nr: 4, periodMs: HOUR, ...now })).toEqual([0, 2, 1, 0]);
    expect(await queuedPerPeriod(database.pool, { nr: 2, periodMs: DAY, nowMs: BEGIN + DAY })).toEqual([3, 0]);
  });

  it('leave their hour when they are restarted, and come into that of the next end; a cancelled one counts as such', async () => {
    const restarted = { buildId: 2, run: 1, restartedAt: at(BEGIN + 2 * HOUR) };
    const story = day()
      .tell('build-2', { type: 'BuildRestarted', data: restarted })
      .finished(2, { run: 1, stoppedAtMs: BEGIN + 2 * HOUR })
      .tell('build-4', { type: 'BuildCancelled', data: { buildId: 4, run: 0, cancelledAtMs: BEGIN + 2 * HOUR + 1 } });
    await told(story);
    await told(story);
    expect(await finishedPerHour(database.pool, BEGIN, BEGIN + 3 * HOUR)).toEqual([
      { hourMs: BEGIN, outcomes: { succeeded: 1 } },
      { hourMs: BEGIN + HOUR, outcomes: { succeeded: 1 } },
      { hourMs: BEGIN + 2 * HOUR, outcomes: { succeeded: 1, cancelled: 1 } },
    ]);
    expect(await queuedPerPeriod(database.pool, { nr: 2, periodMs: DAY, nowMs: BEGIN + DAY })).toEqual([3, 1]);
  });
});
