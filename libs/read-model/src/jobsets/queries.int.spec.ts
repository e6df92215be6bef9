import { jobsetStream, type ProjectCreated } from '#domain';
import { createTestDatabase, type TestDatabase } from '../../../../test/stack/postgres.js';
import { recorded } from '../../testing/log-in-memory.js';
import { forget, projectEvents } from '../../testing/read-model.js';
import { BEGIN, CONFIGURATION, foundJob, Story } from '../../testing/story.js';
import {
  findJobsetRename,
  findProjectRename,
  getJobset,
  getProject,
  jobsetOverview,
  jobsetsDue,
  listJobsets,
  listProjects,
  runningEvaluations,
} from '../index.js';

describe('projects and jobsets', () => {
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
  const identity = { jobsetId: 1, project: 'p', name: 'j' };
  const j = jobsetStream('p', 'j');

  it('a project is listed with its jobsets, changes, is renamed and deleted', async () => {
    const story = farm().jobset('p', 'hidden', 2, { hidden: true }).project('q', 2);
    let db = await after(story);
    expect((await listProjects(db)).map(({ name, jobsets }) => [name, jobsets])).toEqual([
      ['p', ['hidden', 'j']],
      ['q', []],
    ]);
    const { configuration } = (story.history[0]!.event as ProjectCreated).data;
    const renamed = { projectId: 1, from: 'p', to: 'r', configuration };
    story.tell('project-r', { type: 'ProjectRenamed', data: renamed });
    story.tell('project-p', { type: 'ProjectRenamed', data: renamed });
    story.tell('project-q', { type: 'ProjectDeleted', data: { projectId: 2, name: 'q' } });
    db = await after(story);
    expect((await listProjects(db)).map(({ name }) => name)).toEqual(['r']);
    expect(await findProjectRename(db, 'p')).toBe('r');
    expect(await getProject(db, 'p')).toBeUndefined();
    db = await after(story.project('p', 3));
    expect(await findProjectRename(db, 'p')).toBeUndefined();
    expect(await getProject(db, 'p')).toMatchObject({ id: 3, revision: 2, owner: 'u1', declarative: null });
  });

  it('a jobset shows what it is configured as, whole, and its newest share and mode', async () => {
    const story = farm();
    const inputs = { n: { type: 'nix', value: '{ }', emailResponsible: true } } as const;
    const configuration = { ...CONFIGURATION, shares: 7, inputs, source: { type: 'flake', url: 'path:/x' } } as const;
    story.tell(j, { type: 'JobsetConfigured', data: { ...identity, configuration } });
    story.tell(j, { type: 'ShareChanged', data: { ...identity, shares: 9, before: 7 } });
    story.tell(j, { type: 'JobsetEnabled', data: { ...identity, mode: 'one-at-a-time' } });
    const db = await after(story);
    const { description, source, mode, shares, revision } = (await getJobset(db, 'p', 'j'))!;
    expect({ description, source, mode, shares, revision }).toEqual({
      description: 'a jobset',
      source: { type: 'flake', url: 'path:/x' },
      mode: 'one-at-a-time',
      shares: 9,
      revision: 3,
    });
    expect((await getJobset(db, 'p', 'j'))!.inputs).toEqual(inputs);
    story.tell(j, { type: 'JobsetDisabled', data: { ...identity, cause: 'command' } });
    expect((await getJobset(await after(story), 'p', 'j'))!.mode).toBe('disabled');
  });

  it('a one-shot that had its evaluation had it until it is armed, or is to evaluate something else', async () => {
    const story = farm();
    story.tell(j, { type: 'JobsetDisabled', data: { ...identity, cause: 'one-shot-evaluated' } });
    const configure = async (change: Partial<typeof CONFIGURATION>) => {
      const configuration = { ...CONFIGURATION, mode: 'disabled', ...change } as const;
      const db = await after(story.tell(j, { type: 'JobsetConfigured', data: { ...identity, configuration } }));
      return (await getJobset(db, 'p', 'j'))!.spent;
    };
    expect(await configure({ description: 'shipped' })).toBe(true);
    const [name, input] = Object.entries(CONFIGURATION.inputs)[0]!;
    expect(await configure({ inputs: { [name]: { ...input, emailResponsible: true } } })).toBe(true);
    expect(await configure({ inputs: { [name]: { ...input, value: '/elsewhere' } } })).toBe(false);
    story.tell(j, { type: 'JobsetDisabled', data: { ...identity, cause: 'one-shot-evaluated' } });
    expect(await configure({ mode: 'one-shot' })).toBe(false);
  });

  it('a renamed jobset is found by its new name and told of by its old one, with what it had', async () => {
    const story = farm().evaluation(5, 1, 'p', 'j', { a: 1 });
    const { lastCheckedAtMs } = (await getJobset(await after(story), 'p', 'j'))!;
    expect(lastCheckedAtMs).toBeGreaterThan(0);
    const last = { evaluationId: 5, hash: 'h5', jobs: 1 };
    const to = { project: 'p', name: 'k' };
    const data = {
      jobsetId: 1,
      from: { project: 'p', name: 'j' },
      to,
      configuration: CONFIGURATION,
      last,
      baseline: 5,
    };
    story.tell(jobsetStream('p', 'k'), { type: 'JobsetRenamed', data }).tell(j, { type: 'JobsetRenamed', data });
    let db = await after(story);
    expect(await getJobset(db, 'p', 'k')).toMatchObject({
      id: 1,
      lastEvaluationId: 5,
      baselineEvaluationId: 5,
      revision: 0,
      lastCheckedAtMs,
    });
    // It keeps its turn.
    expect(await jobsetsDue(db, lastCheckedAtMs! + 299_999)).toEqual([]);
    expect(await jobsetsDue(db, lastCheckedAtMs! + 300_000)).toMatchObject([{ name: 'k', cause: 'poll' }]);
    expect(await getJobset(db, 'p', 'j')).toBeUndefined();
    expect(await findJobsetRename(db, 'p', 'j')).toEqual({ project: 'p', name: 'k' });
    expect(await findJobsetRename(db, 'p', 'k')).toBeUndefined();
    db = await after(story.jobset('p', 'j', 2));
    expect(await findJobsetRename(db, 'p', 'j')).toBeUndefined();
    expect((await listJobsets(db, 'p')).map(({ id, name }) => [id, name])).toEqual([
      [2, 'j'],
      [1, 'k'],
    ]);
  });

  it('a deleted jobset is gone from lists, and its name is free', async () => {
    const story = farm().tell(j, { type: 'JobsetDeleted', data: identity });
    expect(await listJobsets(await after(story))).toEqual([]);
    expect(await getJobset(await after(story.jobset('p', 'j', 2)), 'p', 'j')).toMatchObject({ id: 2 });
  });

  it('a running evaluation shows how many jobs it found; its end leaves error, check time and pointers', async () => {
    const story = farm().trigger(1, 'p', 'j', true).evaluationStarts(5, 1, 'p', 'j');
    story
      .jobsFound(5, 1, [foundJob('a', 1, true), foundJob('b', 2, true)])
      .errorsFound(5, 1, [{ job: 'c', message: 'no' }]);
    let db = await after(story);
    expect(await runningEvaluations(db)).toMatchObject([
      { evaluationId: 5, jobsFound: 2, errorsFound: 1, project: 'p', name: 'j' },
    ]);
    expect(await getJobset(db, 'p', 'j')).toMatchObject({ runningEvaluationId: 5, triggerAtMs: null });

    const endedAt = story.now;
    db = await after(story.evaluationRan(5, 1, 'p', 'j', { jobs: 2, newBuilds: 2, errors: 1 }));
    expect(await runningEvaluations(db)).toEqual([]);
    expect(await getJobset(db, 'p', 'j')).toMatchObject({
      runningEvaluationId: null,
      lastCheckedAtMs: endedAt,
      errorTimeMs: endedAt,
      errorMsg: null,
      lastEvaluationId: 5,
      lastEvaluationErrors: 1,
      baselineEvaluationId: 5,
    });
  });

  it.each([
    ['fetch', { errorMsg: null, fetchErrorMsg: 'why', triggerAtMs: null }],
    ['evaluation', { errorMsg: 'why', fetchErrorMsg: null, triggerAtMs: null }],
    ['interrupted', { errorMsg: null, fetchErrorMsg: null, triggerAtMs: BEGIN + 2000, triggerForce: true }],
  ] as const)('an evaluation that ends by %s leaves its mark and no evaluation', async (kind, left) => {
    const story = farm()
      .trigger(1, 'p', 'j', true)
      .evaluationStarts(5, 1, 'p', 'j', true)
      .jobsFound(5, 1, [foundJob('a', 1, true)]);
    const data = { ...identity, evaluationId: 5, kind, error: 'why', finishedAt: story.at };
    const db = await after(story.tell(j, { type: 'EvaluationFailed', data }));
    const force = kind === 'interrupted' ? {} : { lastEvaluationId: null };
    expect(await getJobset(db, 'p', 'j')).toMatchObject({ ...left, ...force, runningEvaluationId: null });
    const { rows } = await db.query('select count(*)::int as n from read_model.evaluation_jobs');
    expect(rows).toEqual([{ n: 0 }]);
  });

  it('an overview counts the current builds by outcome', async () => {
    const story = farm().evaluation(5, 1, 'p', 'j', { a: 1, b: 2, c: 3 });
    story.finished(1).finished(2, { status: 'failed-with-output' });
    expect(await jobsetOverview(await after(story), 'p')).toMatchObject([
      { nrTotal: 3, nrScheduled: 1, nrSucceeded: 1, nrFailed: 1 },
    ]);
    story.evaluation(6, 1, 'p', 'j', { a: 1, d: 4 });
    expect(await jobsetOverview(await after(story), 'p')).toMatchObject([
      { nrTotal: 2, nrScheduled: 1, nrSucceeded: 1, nrFailed: 0 },
    ]);
    story.tell('build-1', { type: 'BuildRestarted', data: { buildId: 1, run: 1, restartedAt: story.at } });
    expect(await jobsetOverview(await after(story), 'p')).toMatchObject([
      { nrTotal: 2, nrScheduled: 2, nrSucceeded: 0, nrFailed: 0 },
    ]);
  });

  it('jobsets are due by trigger or interval, earliest trigger first, and not while something holds them back', async () => {
    const story = new Story().project('p', 1).project('off', 2, false);
    story.jobset('p', 'polled', 1).jobset('p', 'unpolled', 2, { checkInterval: 0 }).jobset('off', 'x', 3);
    story.jobset('p', 'disabled', 4, { mode: 'disabled' }).jobset('p', 'forced', 5, { mode: 'disabled' });
    story
      .jobset('p', 'pushed', 6, { checkInterval: 0 })
      .jobset('p', 'running', 7)
      .jobset('p', 'single', 8, { mode: 'one-at-a-time' });
    story.trigger(5, 'p', 'forced', true).trigger(6, 'p', 'pushed').trigger(7, 'p', 'running');
    story.evaluationStarts(50, 7, 'p', 'running').evaluation(60, 8, 'p', 'single', { a: 1 });
    const db = await after(story);
    const due = async (atMs: number) => (await jobsetsDue(db, atMs)).map(({ name, cause }) => `${name} ${cause}`);
    expect(await due(story.now)).toEqual(['forced trigger', 'pushed trigger', 'polled poll']);
    // One at a time: its interval is over, its newest evaluation is not.
    expect(await due(story.now + 301_000)).toEqual(['forced trigger', 'pushed trigger', 'polled poll']);
    const finished = await after(story.finished(1));
    expect((await jobsetsDue(finished, story.now + 301_000)).map(({ name }) => name)).toContain('single');
  });
});
