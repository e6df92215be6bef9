import { createTestDatabase, type TestDatabase } from '../../../../test/stack/postgres.js';
import { recorded } from '../../testing/log-in-memory.js';
import { forget, projectEvents } from '../../testing/read-model.js';
import { BEGIN, Story } from '../../testing/story.js';
import { flakyJobs, largestJobs, slowestJobs } from './queries.js';

const [MINUTE, DAY] = [60_000, 86_400_000];
const MIB = 2 ** 20;

describe('insights', () => {
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
  const farm = () => new Story().project('p', 1).jobset('p', 'j', 1).jobset('p', 'hidden', 2, { hidden: true });
  /** A build of a job that ended on a day, after some minutes, with outputs of some MiB. */
  const build = (story: Story, buildId: number, job: string, [day, minutes, mib]: readonly number[], rest = {}) => {
    const stoppedAtMs = BEGIN + day! * DAY + 12 * 60 * MINUTE;
    const times = { startedAtMs: stoppedAtMs - minutes! * MINUTE, stoppedAtMs };
    return story.queued(buildId, { job }).finished(buildId, { ...times, size: mib! * MIB, ...rest });
  };
  const week = { days: 7, nowMs: BEGIN + 7 * DAY };

  it('name the jobs that ran longest and that left most, each once, of builds that ended in these days', async () => {
    const story = farm();
    build(story, 1, 'old', [0, 999, 999]);
    build(story, 2, 'slow', [1, 50, 1]);
    build(story, 3, 'slow', [2, 60, 2]);
    build(story, 4, 'large', [7, 10, 300]);
    build(story, 5, 'there', [3, 0, 500], { isCachedBuild: true });
    build(story, 6, 'broken', [3, 55, 0], { status: 'failed' });
    build(story, 7, 'kept back', [3, 90, 0], { status: 'dependency-failed' });
    story.queued(8, { job: 'secret', jobset: { id: 2, project: 'p', name: 'hidden' } });
    story.finished(8, { startedAtMs: BEGIN + DAY, stoppedAtMs: BEGIN + 2 * DAY, size: 1000 * MIB });
    const db = await told(story);
    const slowest = await slowestJobs(db, week, 10);
    expect(slowest.map(({ job, buildId, tookMs }) => [job, buildId, tookMs / MINUTE])).toEqual([
      ['slow', 3, 60],
      ['broken', 6, 55],
      ['large', 4, 10],
    ]);
    const largest = await largestJobs(db, week, 2);
    expect(largest.map(({ job, buildId, size }) => [job, buildId, size / MIB])).toEqual([
      ['large', 4, 300],
      ['slow', 3, 2],
    ]);
    expect(slowest[0]).toMatchObject({ project: 'p', jobset: 'j', system: 'x86_64-linux', closureSize: 100 });
  });

  it('name the jobs that turn to and fro, not those that broke or were mended once', async () => {
    const story = farm();
    const outcomes = { flaky: '+-+-++', broke: '++--', mended: '--++', steady: '++++', 'long ago': '+-+-+' };
    let id = 0;
    for (const [job, all] of Object.entries(outcomes))
      for (const one of all)
        build(story, ++id, job, [job === 'long ago' ? 0 : 2, 1, 1], one === '-' ? { status: 'failed' } : {});
    // What says nothing about the job is no turn.
    for (const status of ['aborted', 'dependency-failed', 'cancelled', 'failed'])
      build(story, ++id, 'broke', [2, 1, 1], { status });
    expect(await flakyJobs(await told(story), week, 10)).toEqual([
      { project: 'p', jobset: 'j', job: 'flaky', turns: 4, builds: 6, again: 0 },
    ]);
  });

  it('name the jobs with derivations that succeeded after they had failed, not after the farm had', async () => {
    const story = farm();
    const attempts = (drvPath: string, buildId: number, first: object, atMs = BEGIN + 2 * DAY) => {
      build(story, buildId, `job${buildId}`, [2, 1, 1]);
      for (const [attempt, outcome] of [
        [1, first],
        [2, {}],
      ] as const)
        // prettier-ignore
        story
          .stepStarted(drvPath, buildId, { attempt, startedAtMs: atMs })
          .stepCompleted(drvPath, buildId, { attempt, startedAtMs: atMs, stoppedAtMs: atMs + 1, ...outcome });
    };
    attempts('/s/1.drv', 1, { status: 'failed' });
    attempts('/s/2.drv', 2, { status: 'aborted' });
    attempts('/s/3.drv', 3, { status: 'failed', interrupted: true });
    attempts('/s/4.drv', 4, { status: 'failed' }, BEGIN);
    attempts('/s/5.drv', 5, { status: 'timed-out' });
    const found = await flakyJobs(await told(story), week, 10);
    expect(found.map(({ job, again, turns }) => [job, again, turns])).toEqual([
      ['job1', 1, 0],
      ['job5', 1, 0],
    ]);
  });
});
