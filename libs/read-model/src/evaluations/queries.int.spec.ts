import { evaluationStream } from '#domain';
import { createTestDatabase, type TestDatabase } from '../../../../test/stack/postgres.js';
import { recorded } from '../../testing/log-in-memory.js';
import { forget, projectEvents } from '../../testing/read-model.js';
import { foundJob, Story } from '../../testing/story.js';
import {
  DIFF_GROUPS,
  evaluationBuildIds,
  evaluationBuilds,
  evaluationDiff,
  evaluationErrorHeads,
  evaluationErrors,
  evaluationHistories,
  evaluationJob,
  evaluationRemaining,
  evaluationsOfCommit,
  getBuild,
  getEvaluation,
  jobMatrix,
  type JobMatrixOptions,
  latestEvaluation,
  listEvaluations,
  previousEvaluation,
} from '../index.js';

describe('evaluations', () => {
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
  const ids = (found: readonly { id: number }[]) => found.map(({ id }) => id);

  it('what a running one found is no evaluation yet; once it ran it is whole', async () => {
    const story = farm()
      .evaluationStarts(5, 1, 'p', 'j')
      .jobsFound(5, 1, [foundJob('a', 1, true)]);
    story.errorsFound(5, 1, [{ job: 'x', message: 'one' }]).errorsFound(5, 1, [{ job: '', message: 'two' }], 2);
    let db = await after(story);
    expect(await getEvaluation(db, 5)).toMatchObject({ status: 'running', jobsFound: 1, errorsFound: 2, jobs: 0 });
    expect(await evaluationBuildIds(db, 5)).toEqual([]);
    expect((await listEvaluations(db, {})).total).toBe(0);

    const input = { name: 'src', type: 'path', value: '/src', revision: 'r', storePath: '/s/src' } as const;
    const finishedAtMs = story.now;
    const ran = {
      jobs: 1,
      newBuilds: 1,
      errors: 2,
      inputs: [input],
      expression: { input: 'src', path: 'release.nix' },
    };
    db = await after(story.evaluationRan(5, 1, 'p', 'j', ran).queued(1, { evaluationId: 5, job: 'a' }).finished(1));
    expect(await getEvaluation(db, 5)).toMatchObject({
      status: 'ran',
      project: 'p',
      jobset: 'j',
      finishedAtMs,
      hash: 'h5',
      inputs: [input],
      expression: { input: 'src', path: 'release.nix' },
      flake: null,
      jobs: 1,
      newBuilds: 1,
      errors: 2,
      succeeded: 1,
      failed: 0,
      queued: 0,
      checkoutMs: 10,
      evaluationMs: 20,
    });
    expect(await evaluationErrors(db, 5)).toEqual([
      { job: 'x', message: 'one' },
      { job: '', message: 'two' },
    ]);
    expect(await evaluationErrors(db, 5, { limit: 1, offset: 1 })).toEqual([{ job: '', message: 'two' }]);
    const first = { count: 2, rows: [{ job: 'x', message: 'one' }] };
    expect(await evaluationErrorHeads(db, 5, { limit: 1 })).toEqual(first);
    expect(await evaluationErrorHeads(db, 5, { limit: 9, filter: 'X' })).toEqual({ ...first, count: 1 });
    expect(await evaluationErrorHeads(db, 5, { limit: 9, filter: 'none' })).toEqual({ count: 0, rows: [] });
  });

  it('one without new builds is not listed and shares the members of the one before', async () => {
    const story = farm()
      .evaluation(5, 1, 'p', 'j', { a: 1, b: 2 })
      .evaluation(6, 1, 'p', 'j', { a: 1, b: 2 })
      .finished(1);
    const db = await after(story);
    expect((await listEvaluations(db, {})).evaluations.map(({ id }) => id)).toEqual([5]);
    expect(await evaluationBuildIds(db, 6)).toEqual([1, 2]);
    expect(await getEvaluation(db, 6)).toMatchObject({ hasNewBuilds: false, membersOf: 5, succeeded: 1, queued: 1 });
    expect((await getBuild(db, 1))!.evaluations).toEqual([5]);
  });

  it('they are listed newest first, by page, project and jobset; the newest and the one before are found', async () => {
    const story = farm().jobset('p', 'k', 2).project('q', 2).jobset('q', 'j', 3);
    story
      .evaluation(5, 1, 'p', 'j', { a: 1 })
      .evaluation(6, 2, 'p', 'k', { a: 2 })
      .evaluation(7, 3, 'q', 'j', { a: 3 });
    story.evaluation(8, 1, 'p', 'j', { a: 4 }).finished(1);
    const db = await after(story);
    const list = async (options: object) => {
      const { total, evaluations } = await listEvaluations(db, options);
      return [total, ids(evaluations)];
    };
    expect(await list({})).toEqual([4, [8, 7, 6, 5]]);
    expect(await list({ page: 2, perPage: 3 })).toEqual([4, [5]]);
    expect(await list({ project: 'p' })).toEqual([3, [8, 6, 5]]);
    expect(await list({ project: 'p', jobset: 'j', perPage: 1 })).toEqual([2, [8]]);
    expect((await latestEvaluation(db, 'p', 'j'))?.id).toBe(8);
    expect((await latestEvaluation(db, 'p', 'j', { finished: true }))?.id).toBe(5);
    expect(await latestEvaluation(db, 'p', 'k', { finished: true })).toBeUndefined();
    expect((await previousEvaluation(db, 8))?.id).toBe(5);
    expect(await previousEvaluation(db, 5)).toBeUndefined();
  });

  it('builds are listed by job, filtered by name and outcome', async () => {
    const story = farm()
      .evaluation(5, 1, 'p', 'j', { 'x.Alpha': 1, 'x.beta': 2, 'a%b': 3 })
      .finished(2, { status: 'failed' })
      .finished(3);
    const db = await after(story);
    const list = async (options: object) => ids(await evaluationBuilds(db, 5, { limit: 10, ...options }));
    expect(await list({})).toEqual([3, 1, 2]);
    expect(await list({ limit: 1, offset: 1 })).toEqual([1]);
    expect(await list({ filter: 'ALPHA' })).toEqual([1]);
    expect(await list({ filter: '%' })).toEqual([3]);
    expect(await list({ status: 'failed' })).toEqual([2]);
    expect(await list({ status: 'unfinished' })).toEqual([1]);
    expect((await evaluationJob(db, 5, 'x.beta'))?.id).toBe(2);
    expect(await evaluationJob(db, 5, 'none')).toBeUndefined();
  });

  it('the difference of two sorts jobs by what became of them, as Hydra does', async () => {
    const before = { fine: 1, broke: 2, mended: 3, ill: 4, gone: 5, stopped: 6, open: 7, open2: 8 };
    const story = farm().evaluation(5, 1, 'p', 'j', before);
    for (const id of [1, 2, 5, 6, 7, 8]) story.finished(id);
    story.finished(3, { status: 'failed' }).finished(4, { status: 'timed-out' });
    const now = { fine: 11, broke: 12, mended: 13, ill: 14, stopped: 16, open: 17, open2: 8, fresh: 19, fresh2: 20 };
    story.evaluation(6, 1, 'p', 'j', now);
    story.finished(11).finished(12, { status: 'failed' }).finished(13).finished(14, { status: 'dependency-failed' });
    story.finished(16, { status: 'cancelled' }).finished(20, { status: 'failed' });
    story.stepStarted(foundJob('open', 17, true).drvPath, 17);
    const db = await after(story);
    const jobs = async (limit?: number) => {
      const diff = await evaluationDiff(db, 6, 5, limit === undefined ? {} : { limit });
      return Object.fromEntries(
        DIFF_GROUPS.map((group) => [group, [diff[group].count, diff[group].rows.map(({ job }) => job)]]),
      );
    };
    expect(await jobs()).toEqual({
      aborted: [1, ['stopped']],
      nowFail: [1, ['broke']],
      nowSucceed: [1, ['mended']],
      // What is wrong first, so that a bound hides no failure.
      new: [2, ['fresh2', 'fresh']],
      removed: [1, ['gone']],
      stillFail: [1, ['ill']],
      stillSucceed: [2, ['fine', 'open2']],
      unfinished: [1, ['open']],
    });
    expect((await jobs(1))['new']).toEqual([2, ['fresh2']]);
    expect((await jobs(0))['new']).toEqual([2, []]);
    const filtered = await evaluationDiff(db, 6, 5, { filter: 'FRESH2' });
    expect([filtered.new.total, filtered.new.count, filtered.new.rows.map(({ job }) => job)]).toEqual([
      2,
      1,
      ['fresh2'],
    ]);
    expect(filtered.nowFail).toEqual({ total: 1, count: 0, rows: [] });
    const { nowFail, removed, unfinished, ...more } = await evaluationDiff(db, 6, 5);
    expect(unfinished.rows[0]).toMatchObject({ buildId: 17, status: null, isBuilding: true });
    expect(more.new.rows[1]).toMatchObject({ buildId: 19, status: null, isBuilding: false });
    expect(nowFail.rows[0]).toMatchObject({
      buildId: 12,
      status: 'failed',
      otherBuildId: 2,
      otherStatus: 'succeeded',
      system: 'x86_64-linux',
    });
    expect(removed.rows[0]).toMatchObject({ buildId: null, otherBuildId: 5, system: 'x86_64-linux' });
  });

  it('what remains of one is as long as the newest recorded builds of its jobs took, less what ran already', async () => {
    const story = farm().evaluation(5, 1, 'p', 'j', { a: 1, b: 2, c: 3, d: 4 });
    const took = (ms: number) => ({ startedAtMs: 1000, stoppedAtMs: 1000 + ms });
    story
      .finished(1, took(60_000))
      .finished(2, took(40_000))
      .finished(3, { status: 'cancelled', ...took(1) })
      .finished(4);
    story.evaluation(6, 1, 'p', 'j', { a: 11, b: 12, c: 13, d: 4, fresh: 15 });
    const startedAtMs = story.now;
    story.stepStarted(foundJob('b', 12, true).drvPath, 12, { startedAtMs });
    const db = await after(story);
    const now = startedAtMs + 10_000;
    expect(await evaluationRemaining(db, 6, now)).toEqual({ looked: 4, known: 2, knownMs: 90_000, running: 1 });
    // What takes longer than it did before is taken to be done soon.
    expect((await evaluationRemaining(db, 6, now + 3_600_000)).knownMs).toBe(60_000);
    expect(await evaluationRemaining(db, 6, now, 1)).toMatchObject({ looked: 1, knownMs: 60_000 });
    expect(await evaluationRemaining(db, 5, now)).toEqual({ looked: 0, known: 0, knownMs: 0, running: 0 });
  });

  it('their histories have the newest of each jobset, oldest first', async () => {
    const story = farm().jobset('p', 'k', 2).jobset('p', 'empty', 3);
    story
      .evaluation(5, 1, 'p', 'j', { a: 1 })
      .evaluation(6, 1, 'p', 'j', { a: 2, b: 3 })
      .evaluation(7, 2, 'p', 'k', { x: 4 });
    story.evaluation(8, 1, 'p', 'j', { a: 5 }).finished(2).finished(3, { status: 'failed' });
    const histories = await evaluationHistories(await after(story), [1, 2, 3], 2);
    expect(histories.get(1)).toMatchObject([
      { id: 6, jobs: 2, succeeded: 1, failed: 1, errors: 0, checkoutMs: 10, evaluationMs: 20 },
      { id: 8, jobs: 1, succeeded: 0, failed: 0 },
    ]);
    expect(ids(histories.get(2)!)).toEqual([7]);
    expect(histories.get(3)).toBeUndefined();
  });

  it('the matrix of jobs has their builds in the newest evaluations, those that are gone where wanted', async () => {
    const story = farm().evaluation(4, 1, 'p', 'j', { ancient: 1 }).evaluation(5, 1, 'p', 'j', { a: 2, gone: 3 });
    story.finished(2, { status: 'failed' }).finished(3).evaluation(6, 1, 'p', 'j', { a: 4, 'x%y': 5 });
    story.stepStarted(foundJob('a', 4, true).drvPath, 4);
    const db = await after(story);
    const matrix = (options: Partial<JobMatrixOptions> = {}) =>
      jobMatrix(db, 1, { evaluations: 2, limit: 10, inactive: false, ...options });
    const open = { status: null, isBuilding: false };
    const a = {
      job: 'a',
      active: true,
      cells: {
        5: { buildId: 2, status: 'failed', isBuilding: false },
        6: { buildId: 4, status: null, isBuilding: true },
      },
    };
    const xy = { job: 'x%y', active: true, cells: { 6: { buildId: 5, ...open } } };
    const gone = { job: 'gone', active: false, cells: { 5: { buildId: 3, status: 'succeeded', isBuilding: false } } };
    expect(await matrix()).toEqual({ total: 2, jobs: [a, xy] });
    expect(await matrix({ inactive: true })).toEqual({ total: 3, jobs: [a, gone, xy] });
    expect(await matrix({ inactive: true, filter: 'ON' })).toEqual({ total: 1, jobs: [gone] });
    expect(await matrix({ limit: 1 })).toEqual({ total: 2, jobs: [a] });
    expect(await matrix({ filter: '%' })).toEqual({ total: 1, jobs: [xy] });
    const narrow = await matrix({ inactive: true, columns: 1 });
    expect(narrow.jobs.map(({ job, cells }) => [job, Object.keys(cells)])).toEqual([
      ['a', ['6']],
      ['gone', []],
      ['x%y', ['6']],
    ]);
    expect(await jobMatrix(db, 9, { evaluations: 2, limit: 1, inactive: true })).toEqual({ total: 0, jobs: [] });
  });

  it('a release has a name until it is revoked', async () => {
    const story = farm().evaluation(5, 1, 'p', 'j', { a: 1 });
    const releasedAtMs = story.now;
    story.tell(evaluationStream(5), {
      type: 'EvaluationReleased',
      data: { evaluationId: 5, name: 'r-1', releasedAt: story.at },
    });
    expect(await getEvaluation(await after(story), 5)).toMatchObject({ releaseName: 'r-1', releasedAtMs });
    story.tell(evaluationStream(5), {
      type: 'ReleaseRevoked',
      data: { evaluationId: 5, name: 'r-1', revokedAt: story.at },
    });
    expect(await getEvaluation(await after(story), 5)).toMatchObject({ releaseName: null, releasedAtMs: null });
  });

  it('chunks of an evaluator that was given up before leave nothing', async () => {
    const story = farm().evaluationStarts(5, 1, 'p', 'j');
    const failed = {
      jobsetId: 1,
      project: 'p',
      name: 'j',
      evaluationId: 5,
      kind: 'interrupted',
      error: '',
      finishedAt: story.at,
    } as const;
    story.tell('jobset-p:j', { type: 'EvaluationFailed', data: failed }).jobsFound(5, 1, [foundJob('a', 1, true)]);
    const db = await after(story);
    expect((await db.query('select from read_model.evaluation_jobs')).rows).toEqual([]);
    expect(await getEvaluation(db, 5)).toBeUndefined();
  });

  it('5,000 jobs are projected, counted, compared and listed quickly', async () => {
    const jobs = (first: number) => Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`job${i}`, first + i]));
    const large = (story: Story, evaluationId: number, of: Readonly<Record<string, number>>) => {
      const found = Object.entries(of).map(([job, buildId]) => foundJob(job, buildId, true));
      story.evaluationStarts(evaluationId, 1, 'p', 'j');
      for (let i = 0; i < 10; i++) story.jobsFound(evaluationId, 1, found.slice(i * 500, i * 500 + 500), i);
      story.evaluationRan(evaluationId, 1, 'p', 'j', { jobs: 5000, newBuilds: 5000 });
      for (const { job, buildId } of found) story.queued(buildId, { evaluationId, job });
      for (const { buildId } of found) story.finished(buildId, buildId % 10 ? {} : { status: 'failed' });
    };
    const story = farm();
    large(story, 5, jobs(1));
    large(story, 6, jobs(10_006));
    const timed = async <T>(what: string, run: () => Promise<T>): Promise<T> => {
      const begun = performance.now();
      const outcome = await run();
      process.stderr.write(`${what}: ${(performance.now() - begun).toFixed(0)} ms\n`);
      return outcome;
    };
    const { pool: db, url } = database;
    await forget(db);
    const events = recorded(story.history);
    await timed(`${events.length} events projected`, () => projectEvents(url, events, 500));
    const diff = await timed('difference of two', () => evaluationDiff(db, 6, 5, { limit: 250 }));
    expect([diff.stillSucceed.count, diff.stillFail.count, diff.nowFail.count, diff.nowSucceed.count]).toEqual([
      4000, 0, 500, 500,
    ]);
    const builds = await timed('250 builds of one', () => evaluationBuilds(db, 6, { limit: 250 }));
    expect(builds).toHaveLength(250);
    expect(await timed('one evaluation', () => getEvaluation(db, 6))).toMatchObject({
      jobs: 5000,
      succeeded: 4500,
      failed: 500,
    });
    expect(await timed('its build ids', () => evaluationBuildIds(db, 6))).toHaveLength(5000);
  });

  it('are found by the beginning of a commit, newest first, whatever else they were made of', async () => {
    const [commit, sibling, locked] = [`abcdef0${'1'.repeat(33)}`, `abcdef0${'2'.repeat(57)}`, 'e'.repeat(40)];
    const input = (name: string, revision: string) => ({ name, type: 'git' as const, value: 'v', revision });
    const story = farm().jobset('p', 'k', 2).jobset('p', 'hidden', 3, { hidden: true });
    const made = (id: number, jobset: readonly [number, string], rest: object) =>
      story.evaluationStarts(id, jobset[0], 'p', jobset[1]).evaluationRan(id, jobset[0], 'p', jobset[1], rest);
    made(5, [1, 'j'], { inputs: [input('a', commit), input('b', commit), input('c', '20260102030405:abcdef0')] });
    made(6, [2, 'k'], { inputs: [input('a', commit), input('b', sibling)] });
    made(7, [1, 'j'], { inputs: [input('a', commit)], hasNewBuilds: false });
    made(8, [3, 'hidden'], { inputs: [input('a', commit)] });
    made(9, [1, 'j'], { flake: `git+https://x.test/r?narHash=sha256-${'f'.repeat(43)}%3D&rev=${locked}` });
    story.evaluationStarts(10, 1, 'p', 'j');
    const db = await after(story);
    const found = async (prefix: string, limit = 10) => ids(await evaluationsOfCommit(db, prefix, limit));
    expect(await found('abcdef0')).toEqual([7, 6, 5]);
    expect(await found('abcdef0', 2)).toEqual([7, 6]);
    expect(await found(sibling)).toEqual([6]);
    expect(await evaluationsOfCommit(db, 'eeeeeee', 1)).toMatchObject([{ id: 9, commit: locked, jobset: 'j' }]);
    expect([await found('abcdef1'), await found('fffffff'), await found('2026010')]).toEqual([[], [], []]);
  });
});
