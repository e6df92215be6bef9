import { createTestDatabase, type TestDatabase } from '../../../../test/stack/postgres.js';
import { recorded } from '../../testing/log-in-memory.js';
import { forget, projectEvents } from '../../testing/read-model.js';
import { Story } from '../../testing/story.js';
import {
  aggregatesOf,
  backupsFailed,
  backupsPending,
  buildBackups,
  buildSteps,
  cachedFailures,
  constituents,
  counts,
  derivationStates,
  farmSnapshot,
  getBuild,
  getStep,
  jobBuilds,
  keptBuilds,
  latestBuildOfJob,
  latestBuilds,
  latestSucceededBuild,
  listQueue,
  queueSummary,
  runningSteps,
  searchBuilds,
  userRoles,
} from '../index.js';

describe('builds', () => {
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

  it('a queued build shows what its evaluation said of it', async () => {
    const story = farm().evaluation(5, 1, 'p', 'j', { a: 1 });
    const queuedAtMs = story.now - 1000;
    expect(await getBuild(await after(story), 1)).toEqual({
      id: 1,
      evaluationId: 5,
      evaluations: [5],
      jobsetId: 1,
      project: 'p',
      jobset: 'j',
      job: 'a',
      drvPath: '/nix/store/1-job1.drv',
      nixName: 'job1-1.0',
      system: 'x86_64-linux',
      description: 'd',
      license: 'MIT',
      homepage: 'https://x.test',
      maintainers: ['m@x.test'],
      maxSilent: 3600,
      timeout: 36_000,
      isChannel: false,
      priority: 100,
      constituents: [],
      queuedAtMs,
      globalPriority: 0,
      run: 0,
      kept: false,
      isCurrent: true,
      status: null,
      startedAtMs: null,
      stoppedAtMs: null,
      isCachedBuild: false,
      size: null,
      closureSize: null,
      releaseName: null,
      outputs: { out: '/nix/store/1-job1' },
      products: [],
      metrics: [],
      failedStep: null,
      error: null,
      isBuilding: false,
    });
  });

  it('a finished build has its products, metrics and sizes; restarted it waits again; a late report of the old run is nothing', async () => {
    const product = {
      type: 'doc',
      subtype: 'html',
      name: 'i',
      path: '/nix/store/x/i',
      defaultPath: '',
      fileSize: 3,
      sha256: 'ab',
    };
    const metric = { name: 'm', value: 1.5, unit: 's' };
    const story = farm().evaluation(5, 1, 'p', 'j', { a: 1 });
    story.finished(1, { products: [product], metrics: [metric], releaseName: 'r-1', size: 2 ** 40 });
    expect(await getBuild(await after(story), 1)).toMatchObject({
      status: 'succeeded',
      products: [product],
      metrics: [metric],
      releaseName: 'r-1',
      size: 2 ** 40,
    });
    const restarted = { buildId: 1, run: 1, drvPath: '/nix/store/2-a.drv', restartedAt: story.at };
    story.tell('build-1', { type: 'BuildRestarted', data: restarted }).finished(1, { run: 0, status: 'failed' });
    const db = await after(story);
    expect(await getBuild(db, 1)).toMatchObject({
      status: null,
      run: 1,
      products: [],
      size: null,
      drvPath: '/nix/store/2-a.drv',
    });
    expect(await counts(db)).toEqual({ queued: 1, running: 0, finished: 0, succeeded: 0 });
    story.tell('build-1', { type: 'BuildCancelled', data: { buildId: 1, run: 1, cancelledAtMs: story.now } });
    expect(await getBuild(await after(story), 1)).toMatchObject({ status: 'cancelled', stoppedAtMs: story.now - 1000 });
  });

  it('the queue is ordered by bump, then id, and summed up by jobset and system', async () => {
    const story = farm().jobset('p', 'k', 2).evaluation(5, 1, 'p', 'j', { a: 1, b: 2, c: 3 });
    story.queued(4, { jobset: { id: 2, project: 'p', name: 'k' }, system: 'aarch64-linux' }).finished(1);
    story.tell('build-3', { type: 'BuildBumped', data: { buildId: 3, globalPriority: 1_767_225_600 } });
    const db = await after(story);
    expect(ids(await listQueue(db, { limit: 10 }))).toEqual([3, 2, 4]);
    expect(ids(await listQueue(db, { limit: 1, offset: 1 }))).toEqual([2]);
    const { total, jobsets, systems } = await queueSummary(db);
    expect(total).toBe(3);
    expect(jobsets.map(({ jobset, queued }) => [jobset, queued])).toEqual([
      ['j', 2],
      ['k', 1],
    ]);
    expect(jobsets[0]!.newestAtMs - jobsets[0]!.oldestAtMs).toBe(1000);
    expect(systems).toEqual([
      { system: 'x86_64-linux', queued: 2 },
      { system: 'aarch64-linux', queued: 1 },
    ]);
  });

  it('the newest builds are found by project, jobset, job and system', async () => {
    const story = farm().jobset('p', 'k', 2).project('q', 2).jobset('q', 'j', 3);
    story
      .evaluation(5, 1, 'p', 'j', { a: 1, b: 2 })
      .evaluation(6, 2, 'p', 'k', { a: 3 })
      .evaluation(7, 3, 'q', 'j', { a: 4 });
    story
      .finished(1)
      .finished(3, { status: 'failed' })
      .finished(4)
      .evaluation(8, 1, 'p', 'j', { a: 5, b: 2 })
      .finished(5, { status: 'failed' });
    const db = await after(story);
    const latest = async (filter: object) => ids(await latestBuilds(db, { nr: 10, ...filter }));
    expect(await latest({})).toEqual([5, 4, 3, 1]);
    expect(await latest({ nr: 2 })).toEqual([5, 4]);
    expect(await latest({ project: 'p' })).toEqual([5, 3, 1]);
    expect(await latest({ project: 'p', jobset: 'j', job: 'a' })).toEqual([5, 1]);
    expect(await latest({ system: 'aarch64-linux' })).toEqual([]);
    expect(ids(await jobBuilds(db, 'p', 'j', 'a', 5))).toEqual([5, 1]);
    const of = async (options = {}) => (await latestBuildOfJob(db, 'p', 'j', 'a', options))?.id;
    expect([await of(), await of({ succeeded: false }), await of({ system: 'other' })]).toEqual([1, 5, undefined]);
    expect(await of({ finishedEvalOnly: true })).toBeUndefined();
    const input = async (value: string) => (await latestSucceededBuild(db, value, { project: 'p', jobset: 'j' }))?.id;
    const values = ['a', 'a attr', 'k:a', 'q:j:a', '1', '5', '99999999999', 'none'];
    expect(await Promise.all(values.map(input))).toEqual([1, 1, undefined, 4, 1, undefined, undefined, undefined]);
    expect(ids(await searchBuilds(db, '/nix/store/1-job1', 5))).toEqual([1]);
    expect(ids(await searchBuilds(db, '/nix/store/1-job1.drv', 5))).toEqual([1]);
    expect(ids(await searchBuilds(db, '1-job1', 5))).toEqual([1]);
    expect(ids(await searchBuilds(db, '1-job', 5))).toEqual([]);
  });

  it('the hash of a derivation or an output finds the newest of its builds', async () => {
    const [drv, out, other] = ['0', '1', '2'].map((digit) => digit.repeat(32)) as [string, string, string];
    const of = (build: string, path: string) => ({
      drvPath: `/gnu/store/${build}-a.drv`,
      outputs: { out: `/gnu/store/${path}-a` },
    });
    const story = farm().queued(1, of(drv, out)).queued(2, of(drv, out)).queued(3, of(other, out));
    const db = await after(story.queued(4, of('3'.repeat(32), '4'.repeat(32))));
    expect(ids(await searchBuilds(db, drv, 5))).toEqual([2, 1]);
    expect(ids(await searchBuilds(db, out, 5))).toEqual([3, 2, 1]);
    expect(ids(await searchBuilds(db, out, 2))).toEqual([3, 2]);
    expect(ids(await searchBuilds(db, '5'.repeat(32), 5))).toEqual([]);
  });

  it('an aggregate knows its constituents, and they know it; kept builds are told', async () => {
    const story = farm()
      .queued(1)
      .queued(2)
      .queued(3, { constituents: [1, 2] })
      .finished(1);
    story.tell('build-1', { type: 'BuildKept', data: { buildId: 1 } });
    let db = await after(story);
    expect(ids(await constituents(db, 3))).toEqual([1, 2]);
    expect(ids(await aggregatesOf(db, 2))).toEqual([3]);
    expect(await keptBuilds(db)).toEqual([{ id: 1, outputs: { out: '/nix/store/1-job1' } }]);
    db = await after(story.tell('build-1', { type: 'BuildUnkept', data: { buildId: 1 } }));
    expect(await keptBuilds(db)).toEqual([]);
  });

  it('steps are numbered within a build in their order; attempts stay apart; a failure is told to those it reached', async () => {
    const [dep, top] = ['/nix/store/d.drv', '/nix/store/t.drv'];
    const story = farm()
      .queued(1)
      .queued(2)
      .stepStarted(dep, 1)
      .stepCompleted(dep, 1, { status: 'aborted', error: 'lost', retryAtMs: 99 });
    story.stepStarted(top, 1, { slot: 1 }).stepStarted(dep, 1, { attempt: 2 });
    let db = await after(story);
    expect((await runningSteps(db)).map(({ drvPath, attempt, job }) => [drvPath, attempt, job])).toEqual([
      [top, 1, 'job1'],
      [dep, 2, 'job1'],
    ]);
    expect(await getBuild(db, 1)).toMatchObject({ isBuilding: true });
    expect((await counts(db)).running).toBe(1);
    expect(await derivationStates(db, [dep, 'unknown'])).toMatchObject([
      { attempts: 2, running: true, tries: 1, cachedFailure: null },
    ]);

    story.stepCompleted(dep, 1, { attempt: 2, status: 'failed', cachesFailure: true });
    const failedStep = { drvPath: dep, status: 'failed', attempt: 2, system: 'x86_64-linux' } as const;
    story.finished(1, { status: 'dependency-failed', failedStep });
    story.finished(2, { status: 'dependency-failed', failedStep: { ...failedStep, propagatedFrom: 1 } });
    db = await after(story);
    const history = async (id: number) =>
      (await buildSteps(db, id)).map(({ nr, drvPath, attempt, status, propagatedFrom }) => [
        nr,
        drvPath,
        attempt,
        status,
        propagatedFrom,
      ]);
    expect(await history(1)).toEqual([
      [1, dep, 1, 'aborted', null],
      [2, top, 1, null, null],
      [3, dep, 2, 'failed', null],
    ]);
    expect(await history(2)).toEqual([[1, dep, null, 'failed', 1]]);
    expect(await getStep(db, 1, 1)).toMatchObject({
      error: 'lost',
      logKey: `${dep}/1.log`,
      dispatch: { policy: 'window' },
    });
    expect(await cachedFailures(db, 10)).toMatchObject([
      { drvPath: dep, cachedFailure: { status: 'failed', attempt: 2 } },
    ]);
    db = await after(story.tell('step-d.drv', { type: 'CachedFailureCleared', data: { drvPath: dep } }));
    expect(await cachedFailures(db, 10)).toEqual([]);
  });

  it('the farm is read as of one position: what waits, what runs, what was charged', async () => {
    const drv = '/nix/store/1-job1.drv';
    const story = farm().evaluation(5, 1, 'p', 'j', { a: 1, b: 2 }).stepStarted(drv, 1).stepCompleted(drv, 1);
    const stopped = story.now - 1000;
    story.finished(1).stepStarted('/nix/store/b.drv', 2);
    const events = recorded(story.history);
    const db = await after(story);
    const farmNow = await farmSnapshot(db, stopped - 1);
    expect(farmNow.position).toBe(events.at(-1)!.position);
    expect(farmNow.builds).toMatchObject([{ buildId: 2, jobset: 'j', outputs: { out: '/nix/store/2-job2' }, run: 0 }]);
    expect(farmNow.running).toMatchObject([{ drvPath: '/nix/store/b.drv', attempt: 1, buildId: 2, slot: 0 }]);
    expect(farmNow.charges).toEqual([
      {
        drvPath: drv,
        attempt: 1,
        startedAtMs: stopped - 800,
        stoppedAtMs: stopped,
        charges: [{ jobsetId: 1, ms: 800 }],
      },
    ]);
    expect(farmNow.shares).toEqual([{ jobsetId: 1, project: 'p', name: 'j', shares: 100 }]);
    expect((await farmSnapshot(db, stopped)).charges).toEqual([]);
  });

  it('a backup is pending until all its parts are in, or given up', async () => {
    const [target, other] = [
      { bucket: 'b', prefix: '' },
      { bucket: 'c', prefix: 'x/' },
    ];
    const path = { path: '/s/x', narHash: 'h', narSize: 10, fileHash: 'f', fileSize: 4, key: 'k' };
    const story = farm().queued(1).finished(1);
    for (const place of [target, other])
      story.tell('backup-1', { type: 'BackupRequested', data: { buildId: 1, target: place, compression: 'xz' } });
    const part = { buildId: 1, target, compression: 'xz', parts: 2, startedAtMs: 1, stoppedAtMs: 2 };
    story.tell('backup-1', {
      type: 'BackupCompleted',
      data: { ...part, part: 1, paths: [{ ...path, uploaded: true }] },
    });
    expect((await backupsPending(await after(story))).map(({ bucket }) => bucket)).toEqual(['b', 'c']);
    story.tell('backup-1', {
      type: 'BackupCompleted',
      data: { ...part, part: 2, paths: [{ ...path, uploaded: false }] },
    });
    story.tell('backup-1', {
      type: 'BackupFailed',
      data: { buildId: 1, target: other, error: 'no', attempts: 5, failedAtMs: 3 },
    });
    const db = await after(story);
    expect(await backupsPending(db)).toEqual([]);
    expect(await backupsFailed(db)).toMatchObject([{ bucket: 'c', error: 'no', attempts: 5 }]);
    expect((await buildBackups(db, 1))[0]).toMatchObject({
      status: 'completed',
      paths: 2,
      uploadedPaths: 1,
      narBytes: 20,
      uploadedBytes: 4,
    });
  });

  it('roles are known by user id', async () => {
    const story = new Story().tell('user-u', { type: 'UserCreated', data: { userId: 'u' } });
    story.tell('user-u', { type: 'RolesChanged', data: { userId: 'u', roles: ['admin'], before: [] } });
    const db = await after(story);
    expect([await userRoles(db, 'u'), await userRoles(db, 'nobody')]).toEqual([['admin'], []]);
  });

  it('a job with a name that no index can hold stops nobody, and is found by it', async () => {
    const job = 'x'.repeat(20_000);
    const db = await after(farm().queued(1, { job, system: job }));
    expect(ids(await jobBuilds(db, 'p', 'j', job, 5))).toEqual([1]);
    expect((await getBuild(db, 1))!.job).toMatch(/^x{460}… [0-9a-f]{32}$/);
  });
});
