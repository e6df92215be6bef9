import { createTestDatabase, type TestDatabase } from '../../../../test/stack/postgres.js';
import { recorded } from '../../testing/log-in-memory.js';
import { forget, projectEvents } from '../../testing/read-model.js';
import { BEGIN, Story } from '../../testing/story.js';
import { countDurations, quantileBound } from '../builds/durations.js';
import { queueHours } from './hours.js';

const [MINUTE, HOUR] = [60_000, 3_600_000];
const at = (ms: number) => new Date(ms).toISOString();

describe('the queue by the hour', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.drop());

  const told = async (story: Story) => {
    await forget(database.pool);
    await projectEvents(database.url, recorded(story.history));
    return database.pool;
  };
  const arm = { system: 'aarch64-linux' };
  const ran = (beganAtMs: number, tookMs: number) => ({ startedAtMs: beganAtMs, stoppedAtMs: beganAtMs + tookMs });
  /** Build 1 waits 10 min and runs 100 min; 2 is there already; 3 waits 2 h; 4 waits on; 5 is cancelled. */
  const story = () =>
    new Story()
      .jobset('p', 'j', 1)
      .jobset('p', 'k', 2)
      .queued(1, { queuedAt: at(BEGIN) })
      .queued(2, { queuedAt: at(BEGIN) })
      .queued(3, { queuedAt: at(BEGIN + HOUR), jobset: { id: 2, project: 'p', name: 'k' } })
      .queued(4, { queuedAt: at(BEGIN + HOUR), ...arm })
      .queued(5, { queuedAt: at(BEGIN + HOUR), ...arm })
      .finished(2, { isCachedBuild: true, ...ran(BEGIN + MINUTE, 0) })
      .finished(1, ran(BEGIN + 10 * MINUTE, 100 * MINUTE))
      .tell('build-5', { type: 'BuildCancelled', data: { buildId: 5, run: 0, cancelledAtMs: BEGIN + 2 * HOUR } })
      .finished(3, { status: 'failed', ...ran(BEGIN + 3 * HOUR, MINUTE) });
  const now = BEGIN + 3 * HOUR + 30 * MINUTE;
  const brief = (hours: Awaited<ReturnType<typeof queueHours>>) =>
    hours.map(({ depth, queued, ended, waits, runs }) => [
      depth,
      queued,
      ended,
      quantileBound(waits, 0.5),
      quantileBound(runs, 0.95),
    ]);

  it('says how many were left at the end of each, who came and went, and how long they waited and ran', async () => {
    const hours = await queueHours(await told(story()), {}, BEGIN - HOUR + 1, now);
    expect(hours.map(({ hourMs }) => (hourMs - BEGIN) / HOUR)).toEqual([-1, 0, 1, 2, 3]);
    expect(brief(hours)).toEqual([
      [0, 0, 0, undefined, undefined],
      [1, 2, 1, 15 * MINUTE, undefined],
      [3, 3, 1, undefined, 2 * HOUR],
      [2, 0, 1, undefined, undefined],
      [1, 0, 1, 3 * HOUR, 1.5 * MINUTE],
    ]);
    expect(hours.map(({ succeeded, there }) => [succeeded, there])).toEqual([[0, 0], [1, 1], [1, 0], [0, 0], [0, 0]]); // prettier-ignore
  });

  it('is also that of a jobset alone, and that for a system', async () => {
    const db = await told(story());
    const of = async (scope: Parameters<typeof queueHours>[1]) => brief(await queueHours(db, scope, BEGIN + HOUR, now));
    const none = undefined;
    expect(await of({ jobsetId: 2 })).toEqual([[1, 1, 0, none, none], [1, 0, 0, none, none], [0, 0, 1, 3 * HOUR, 1.5 * MINUTE]]); // prettier-ignore
    expect(await of(arm)).toEqual([[2, 2, 0, none, none], [1, 0, 1, none, none], [1, 0, 0, none, none]]); // prettier-ignore
    expect(await of({ system: 'none' })).toEqual([[0, 0, 0, none, none], [0, 0, 0, none, none], [0, 0, 0, none, none]]); // prettier-ignore
  });

  it('counts a build that is restarted once more from then on, and what runs now as having begun', async () => {
    const restarted = { buildId: 3, run: 1, restartedAt: at(BEGIN + 3 * HOUR + 10 * MINUTE) };
    const again = story().tell('build-3', { type: 'BuildRestarted', data: restarted });
    const last = async () => brief(await queueHours(await told(again), {}, now, now))[0];
    expect(await last()).toEqual([2, 1, 1, 3 * HOUR, 1.5 * MINUTE]);
    const drvPath = '/nix/store/3-job3.drv';
    again.stepStarted(drvPath, 3, { startedAtMs: BEGIN + 3 * HOUR + 12 * MINUTE });
    expect(await last()).toEqual([2, 1, 1, 3 * MINUTE, 1.5 * MINUTE]);
    again.finished(3, { run: 1, ...ran(BEGIN + 3 * HOUR + 12 * MINUTE, 5 * MINUTE) });
    again.stepCompleted(drvPath, 3);
    expect(await last()).toEqual([1, 1, 2, 3 * MINUTE, 7 * MINUTE]);
  });

  it('counts nothing that neither began nor ended well: a failed dependency has no wait', async () => {
    const failed = story().finished(4, { status: 'dependency-failed', ...ran(BEGIN + 3 * HOUR, MINUTE) });
    const hours = await queueHours(await told(failed), arm, now, now);
    expect([hours[0]!.ended, countDurations(hours[0]!.waits), countDurations(hours[0]!.runs)]).toEqual([1, 0, 0]);
  });
});
