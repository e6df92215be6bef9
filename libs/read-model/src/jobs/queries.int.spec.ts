import type { BuildStatus } from '#domain';
import { createTestDatabase, type TestDatabase } from '../../../../test/stack/postgres.js';
import { recorded } from '../../testing/log-in-memory.js';
import { forget, projectEvents } from '../../testing/read-model.js';
import { Story } from '../../testing/story.js';
import {
  aggregateMatrix,
  evaluationErrorOfJob,
  findJob,
  finishedBuilds,
  jobMeasurements,
  jobMetric,
  jobSizesAndTimes,
  jobState,
  newestSucceeded,
  unfinishedBuildsOfJob,
} from '../index.js';

describe('the builds of a job', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.drop());

  const after = async (story: Story) => {
    await forget(database.pool);
    await projectEvents(database.url, recorded(story.history), 7);
    return database.pool;
  };
  const farm = () => new Story().project('p', 1).jobset('p', 'j', 1);
  const ids = (builds: readonly { id: number }[]) => builds.map(({ id }) => id);
  const of = { jobsetId: 1, job: 'a' };
  /** Builds 1, 2, … of one job, one an evaluation, that ended so; null: not yet. */
  const history = (...statuses: readonly (BuildStatus | null)[]) => {
    const story = farm();
    for (const [i, status] of statuses.entries()) {
      story.evaluation(10 + i, 1, 'p', 'j', { a: i + 1 });
      if (status !== null) story.finished(i + 1, { status });
    }
    return story;
  };

  it.each<[string, (BuildStatus | null)[], [boolean, number, number, number | undefined] | undefined]>([
    ['nothing while none came to an end', [null], undefined],
    ['nothing where all were cancelled', ['cancelled', 'aborted'], undefined],
    ['success from the first on', ['succeeded', 'succeeded', null], [false, 2, 1, undefined]],
    ['failure from the first on', ['failed', 'timed-out'], [true, 2, 1, undefined]],
    ['failure since the first after the last success', ['failed', 'succeeded', 'failed', 'failed'], [true, 4, 3, 2]],
    [
      'success since the first after the last failure',
      ['succeeded', 'failed', 'succeeded', 'succeeded'],
      [false, 4, 3, 2],
    ],
    ['what it was, where the newest was cancelled', ['failed', 'succeeded', 'cancelled'], [false, 2, 2, 1]],
    ['the first that says something', ['succeeded', 'aborted', 'dependency-failed'], [true, 3, 3, 1]],
  ])('say of it: %s', async (_, statuses, expected) => {
    const state = await jobState(await after(history(...statuses)), of);
    expect(state && [state.fails, state.newest.id, state.since.id, state.before?.id]).toEqual(expected);
  });

  it('that wait are found, an old one too that was restarted', async () => {
    const story = history('failed', 'succeeded', null);
    const restarted = { buildId: 1, run: 1, drvPath: '/nix/store/1-a.drv', restartedAt: story.at };
    const db = await after(story.tell('build-1', { type: 'BuildRestarted', data: restarted }));
    expect(ids(await unfinishedBuildsOfJob(db, of, 10))).toEqual([3, 1]);
    expect(ids(await unfinishedBuildsOfJob(db, of, 1))).toEqual([3]);
    expect([await findJob(db, of), await findJob(db, { ...of, job: 'none' })]).toEqual([of, undefined]);
  });

  it('that there are none of has a reason in the evaluation', async () => {
    const db = await after(
      farm()
        .evaluationStarts(5, 1, 'p', 'j')
        .errorsFound(5, 1, [{ job: 'a', message: 'no qt7' }]),
    );
    const of5 = (job: string) => evaluationErrorOfJob(db, 5, job);
    expect([await of5('a'), await of5('b')]).toEqual(['no qt7', undefined]);
  });

  it('are measured, those that succeeded, oldest first; what was there already took no time', async () => {
    const metrics = [
      { name: 'coverage', value: 81.5, unit: '%' },
      { name: 'lines', value: 12, unit: '' },
    ];
    const story = farm().evaluation(1, 1, 'p', 'j', { a: 1 }).finished(1, { size: 1, closureSize: 2 });
    story.evaluation(2, 1, 'p', 'j', { a: 2 }).finished(2, { status: 'failed' });
    story.evaluation(3, 1, 'p', 'j', { a: 3 }).finished(3, { isCachedBuild: true, metrics });
    story.evaluation(4, 1, 'p', 'j', { a: 4 }).finished(4, { metrics: metrics.slice(1) });
    const db = await after(story);
    expect(await jobMeasurements(db, of, 2)).toMatchObject([
      { id: 3, builtMs: null, metrics },
      { id: 4, builtMs: 500, metrics: metrics.slice(1) },
    ]);
    expect(await jobSizesAndTimes(db, of, 10)).toMatchObject([
      { id: 1, builtMs: 500, outputSize: 1, closureSize: 2, metrics: [] },
      { id: 3, metrics: [] },
      { id: 4 },
    ]);
    expect(await jobMetric(db, of, 'coverage', 10)).toMatchObject([{ id: 3, metrics: metrics.slice(0, 1) }]);
    expect(await jobMetric(db, of, 'none', 10)).toEqual([]);
  });

  it('of an aggregate show what each is made of: what did not succeed in the newest first', async () => {
    const story = farm().queued(1, { job: 'x' }).queued(2, { job: 'y' });
    story.queued(3, { job: 'a', constituents: [1, 2] });
    story
      .queued(4, { job: 'x' })
      .queued(5, { job: 'z' })
      .queued(6, { job: 'a', constituents: [4, 5, 2] });
    story.finished(1).finished(2).finished(3).finished(4).finished(5, { status: 'failed' });
    story.stepStarted('/nix/store/6-a.drv', 6);
    const db = await after(story);
    expect(await aggregateMatrix(db, of, { builds: 15, jobs: 2 })).toEqual({
      aggregates: [
        { id: 6, status: null, isBuilding: true },
        { id: 3, status: 'succeeded', isBuilding: false },
      ],
      total: 3,
      jobs: [
        { job: 'z', builds: [{ aggregateId: 6, buildId: 5, status: 'failed', isBuilding: false }] },
        {
          job: 'x',
          builds: [
            { aggregateId: 6, buildId: 4, status: 'succeeded', isBuilding: false },
            { aggregateId: 3, buildId: 1, status: 'succeeded', isBuilding: false },
          ],
        },
      ],
    });
    expect(await aggregateMatrix(db, { ...of, job: 'x' }, { builds: 15, jobs: 2 })).toBeUndefined();
  });

  it('of a job, a jobset, a project and the farm are listed by pages', async () => {
    const story = farm().jobset('p', 'k', 2).project('q', 2).jobset('q', 'j', 3);
    story.evaluation(1, 1, 'p', 'j', { a: 1, b: 2 }).evaluation(2, 2, 'p', 'k', { a: 3 });
    story.evaluation(3, 3, 'q', 'j', { a: 4 }).evaluation(4, 1, 'p', 'j', { a: 5, b: 2 });
    for (const id of [1, 2, 3, 4]) story.finished(id, { status: id === 2 ? 'failed' : 'succeeded' });
    const db = await after(story);
    const listed = async (...args: [Parameters<typeof finishedBuilds>[1], Parameters<typeof finishedBuilds>[2]]) =>
      ids(await finishedBuilds(db, ...args));
    expect(await listed(of, { limit: 10 })).toEqual([1]);
    expect(await listed({ jobsetId: 1 }, { limit: 10 })).toEqual([2, 1]);
    expect(await listed({ project: 'p' }, { limit: 2 })).toEqual([3, 2]);
    expect(await listed({ project: 'p' }, { limit: 2, before: 2 })).toEqual([1]);
    expect(await listed({ project: 'none' }, { limit: 2 })).toEqual([]);
    expect([await listed('farm', { limit: 2 }), await listed('farm', { limit: 2, before: 3 })]).toEqual([
      [4, 3],
      [2, 1],
    ]);
  });

  it('of a jobset or a project have a newest success, by system and by finished evaluation too', async () => {
    const story = farm().jobset('p', 'k', 2);
    story.evaluation(1, 1, 'p', 'j', { a: 1, b: 2 }).finished(1).finished(2);
    // The evaluation that finished last has lost what succeeded last of those that are finished.
    story.evaluation(2, 1, 'p', 'j', { a: 1, c: 3 }).finished(3, { status: 'failed' });
    story.evaluation(3, 1, 'p', 'j', { a: 4, c: 5 }).finished(4);
    story.queued(6, { job: 'd', system: 'aarch64-linux', jobset: { id: 2, project: 'p', name: 'k' } }).finished(6);
    const db = await after(story);
    const [jobset, project] = [{ jobsetId: 1 }, { project: 'p' }];
    const newest = async (...args: [Parameters<typeof newestSucceeded>[1], Parameters<typeof newestSucceeded>[2]?]) =>
      (await newestSucceeded(db, ...args))?.id;
    expect([await newest(jobset), await newest(project)]).toEqual([4, 6]);
    expect(await newest(project, { system: 'x86_64-linux' })).toBe(4);
    expect(await newest(jobset, { system: 'aarch64-linux' })).toBeUndefined();
    expect(await newest(jobset, { finishedEvalOnly: true })).toBe(2);
    expect(await newest(project, { finishedEvalOnly: true })).toBe(2);
    expect(await newest({ jobsetId: 2 }, { finishedEvalOnly: true })).toBeUndefined();
  });
});
