import { createQuestions, type AnswerHandler } from '#coordination';
import { type BuildExplanation, explainBuild, Scheduler } from '#scheduler';
import { startApi, type TestApi } from '../../testing/api.js';
import { caughtUp, simulate, startStep, storePath } from '../../testing/farm.js';
import { jobsetBody } from '../../testing/jobset-body.js';

const HOSTILE = `<script>alert(1)</script>"><img src=x onerror='alert(2)'>&amp;`;
const HOUR = 3_600_000;
const clock = () => Math.floor(performance.timeOrigin + performance.now());

let api: TestApi;
let begin: number;
/** When demo:main had 300 shares, and before it was created. */
let before: number;
let ids: Readonly<Record<string, number>>;

beforeAll(async () => {
  api = await startApi();
  begin = clock();
  await api.admin.send('PUT', '/project/demo', { displayname: 'Demo' });
  const put = (name: string, shares: number) =>
    api.admin.send('PUT', `/jobset/demo/${name}`, { ...jobsetBody, schedulingshares: shares });
  await put('main', 300);
  await put('other', 100);
  const evaluation = (
    jobset: string,
    evaluationId: number,
    firstBuildId: number,
    jobs: Parameters<typeof simulate>[1]['jobs'],
  ) => simulate(api, { project: 'demo', jobset, evaluationId, firstBuildId, jobs, atMs: begin - 2 * HOUR });
  const done = (job: string) => ({ job, status: 'succeeded', log: 'fine\n' }) as const;
  await evaluation('main', 41, 101, [done('a'), done('b'), { job: HOSTILE }]);
  await evaluation('other', 42, 201, [done('c'), { job: 'waits' }, { job: 'runs' }]);
  const usage = (await api.anonymous.get('/api/scheduler/usage')).json;
  ids = Object.fromEntries(
    usage.jobsets.map((one: { jobset: string; jobsetId: number }) => [one.jobset, one.jobsetId]),
  );
  await startStep(api, 203, storePath(203, 'job-203.drv'), ids['other']!, begin - HOUR);
  before = clock();
  await new Promise((resolve) => setTimeout(resolve, 20));
  await put('main', 100);
  await caughtUp(api);
});
afterAll(() => api.close());

describe('GET /api/scheduler/usage', () => {
  it('says who used how much, who is entitled to what, and who goes first', async () => {
    const { json } = await api.anonymous.get('/api/scheduler/usage');
    expect(json).toMatchObject({ policy: 'window', windowMs: 24 * HOUR });
    const [main, other] = json.jobsets;
    const shared = { project: 'demo', shares: 100, entitlement: 0.5, enabled: true };
    expect(main).toMatchObject({ ...shared, jobset: 'main', usedMs: 3000, rank: 1, running: 0 });
    expect(other).toMatchObject({ ...shared, jobset: 'other', rank: 2, running: 1 });
    expect(other.usedMs).toBe(1500 + json.atMs - (begin - HOUR));
    expect(json.usedMs).toBe(main.usedMs + other.usedMs);
    expect(other.part).toBeCloseTo(1 - 3000 / json.usedMs, 12);
  });
  it('says so of any past moment', async () => {
    const at = async (ms: number, form = (moment: number) => new Date(moment).toISOString()) =>
      (await api.anonymous.get(`/api/scheduler/usage?at=${encodeURIComponent(form(ms))}`)).json;
    const then = await at(before);
    expect(then.jobsets).toMatchObject([
      { jobset: 'main', shares: 300, entitlement: 0.75, usedMs: 3000 },
      { jobset: 'other', shares: 100, entitlement: 0.25, usedMs: 1500 + before - (begin - HOUR) },
    ]);
    expect((await at(begin - 2 * HOUR + 1000)).jobsets).toMatchObject([
      { jobset: 'main', usedMs: 2000, enabled: false },
      { jobset: 'other', usedMs: 1000, enabled: false },
    ]);
    expect(await at(begin - 48 * HOUR)).toMatchObject({ usedMs: 0, jobsets: [] });
    const second = Math.floor(before / 1000);
    expect((await at(before, () => String(second))).atMs).toBe(second * 1000);
    expect((await at(before, (ms) => new Date(ms).toISOString().slice(0, 16))).atMs).toBe(before - (before % 60_000));
  });
  it.each([
    ['/api/scheduler/usage?at=yesterday', 'at'],
    ['/api/scheduler/usage?at=2026-13-45T99:00Z', 'at'],
    ['/api/scheduler/usage?at=2999-01-01', 'at'],
    ['/scheduler?at=-5', 'at'],
    ['/api/scheduler/usage?when=now', 'when'],
    ['/api/scheduler/usage/series?from=2026-01-02&to=2026-01-01', 'from'],
    ['/api/scheduler/usage/series?step=1', 'step'],
    ['/api/scheduler/usage/series?jobset=demo', 'jobset'],
    ['/api/scheduler/dispatches?limit=0', 'limit'],
    ['/api/scheduler/dispatches?before=1-2', 'before'],
    ['/api/scheduler/dispatches?before=1-9999999999-1', 'before'],
    ['/api/scheduler/dispatches?jobset=a:b:c', 'jobset'],
    ['/api/scheduler/dispatches?machine=', 'machine'],
    ['/build/x/why', 'id'],
  ])('%s is refused for its %s', async (path, field) => {
    const { status, json } = await api.anonymous.get(path);
    expect([status, json.field]).toEqual([400, field]);
  });
});

describe('the series', () => {
  it('has a value of use and entitlement for each moment, those with most use first', async () => {
    const from = new Date(begin - 3 * HOUR).toISOString();
    const to = new Date(begin).toISOString();
    const { json } = await api.anonymous.get(`/api/scheduler/usage/series?from=${from}&to=${to}&step=1800`);
    expect(json.atMs).toHaveLength(7);
    expect(json.jobsets.map(({ jobset }: { jobset: string }) => jobset)).toEqual(['other', 'main']);
    expect(json.jobsets[0].usedMs).toEqual([0, 0, 0, 1500, 1500, 1500 + HOUR / 2, 1500 + HOUR]);
    expect(json.jobsets[1].usedMs).toEqual([0, 0, 0, 3000, 3000, 3000, 3000]);
    const one = await api.anonymous.get('/api/scheduler/usage/series?jobset=demo:main&step=86400');
    expect(one.json.jobsets).toMatchObject([{ jobset: 'main', usedMs: [0, 3000] }]);
    expect((await api.anonymous.get('/api/scheduler/usage/series?jobset=demo:none')).status).toBe(404);
  });
});

describe('GET /api/scheduler/dispatches', () => {
  const list = async (query: string) => (await api.anonymous.get(`/api/scheduler/dispatches?${query}`)).json;
  it('lists choices newest first with the numbers that made them, page by page', async () => {
    const all = await list('');
    expect(all.dispatches.map(({ build }: { build: number }) => build)).toEqual([203, 201, 102, 101]);
    expect(all.next).toBeNull();
    expect(all.dispatches[0]).toMatchObject({
      step: 1,
      attempt: 1,
      machine: 'localhost',
      status: 'running',
      startedAtMs: begin - HOUR,
      jobset: { id: ids['other'], project: 'demo', name: 'other' },
      policy: 'window',
      rule: 'only',
      dispatch: { usedMs: 0, shares: 100 },
    });
    const pages = [];
    for (let next: string | null = ''; next !== null;) {
      const page: { dispatches: { build: number }[]; next: string | null } = await list(
        `limit=2${next && `&before=${next}`}`,
      );
      pages.push(page.dispatches.map(({ build }) => build));
      next = page.next;
    }
    expect(pages).toEqual([
      [203, 201],
      [102, 101],
    ]);
  });
  it('lists those of a jobset’s turns, and of a machine', async () => {
    expect((await list('jobset=demo:main')).dispatches).toHaveLength(2);
    expect((await list('machine=localhost&jobset=demo:other')).dispatches).toHaveLength(2);
    expect((await list('machine=elsewhere')).dispatches).toEqual([]);
    expect((await api.anonymous.get('/api/scheduler/dispatches?jobset=demo:none')).status).toBe(404);
  });
});

describe('a jobset', () => {
  it('shows its part of the farm on its page', async () => {
    const { text } = await api.anonymous.page('/jobset/demo/main');
    expect(text).toContain('Its part of the farm');
    expect(text).toContain('1 of 2; 1 goes first');
  });
});

describe('the page /scheduler', () => {
  it('plots entitlement against use, with the same as numbers', async () => {
    const { status, text } = await api.anonymous.page('/scheduler');
    expect(status).toBe(200);
    expect(text.match(/<figure class="plot">/g)).toHaveLength(2);
    expect(text).toMatch(
      /role="img" aria-label="demo:other: from 0 % to 100 % of all use, at most 100 %; entitled to 50 % at the end"/,
    );
    expect(text).toContain('The same as numbers');
    expect(text).toMatch(/href="\/jobset\/demo\/main"/);
    expect(text.length).toBeLessThan(15_000);
  });
  it('shows a past moment as such', async () => {
    const at = new Date(begin - HOUR).toISOString();
    const { text } = await api.anonymous.page(`/scheduler?at=${at}`);
    expect(text).toContain(`Shares and use at ${at.slice(0, 10)} ${at.slice(11, 16)}`);
    expect(text).not.toContain('live.js');
  });
});

describe('GET /build/ID/why', () => {
  const drvPath = storePath(103, 'job-103.drv');
  const other = storePath(202, 'job-202.drv');
  const answering = async (handler: AnswerHandler, during: () => Promise<void>) => {
    const stop = new AbortController();
    const answered = createQuestions(api.database).answer('queue-runner', handler, stop.signal);
    try {
      await during();
    } finally {
      stop.abort();
      await answered;
    }
  };
  const explanation = (): BuildExplanation => ({
    buildId: 103,
    jobsetId: ids['main']!,
    atMs: clock(),
    policy: 'window',
    standing: { usedMs: 3000, shares: 100 },
    globalPriority: 0,
    localPriority: 100,
    counts: { running: 0, runnable: 1, delayed: 0, blocked: 1 },
    top: { drvPath, system: 'x86_64-linux', features: [], wait: { kind: 'dependency', inputs: [other], count: 3 } },
    steps: [
      {
        drvPath: `${drvPath}${HOSTILE}`,
        system: 'x86_64-linux',
        features: [],
        wait: {
          kind: 'ranked',
          rank: 2,
          freeSlots: 0,
          ahead: [
            { drvPath: other, jobsetId: ids['other']!, lowestBuildId: 202, rule: 'share', ours: 30, theirs: 1.5 },
          ],
        },
      },
    ],
  });

  it('tells which numbers chose a finished build’s steps, whoever leads', async () => {
    const { status, json } = await api.anonymous.get('/build/101/why');
    expect(status).toBe(200);
    expect(json).toMatchObject({
      build: 101,
      status: 'succeeded',
      waiting: null,
      steps: [{ attempt: 1, rule: 'only' }],
    });
    expect(json.steps[0].words).toContain(
      'Its jobset demo:main: it had used 0 s of machine time in the window, at 100 shares.',
    );
    expect((await api.anonymous.page('/build/101/why')).text).toContain('Nothing else could be started.');
  });
  it('says 503 about one that waits where no queue runner leads, and what is known all the same', async () => {
    const { status, json, headers } = await api.anonymous.get('/build/203/why');
    expect([status, json.error, headers.get('retry-after')]).toEqual([503, 'no queue runner leads at the moment', '2']);
    expect(json.steps).toMatchObject([{ attempt: 1, status: 'running' }]);
    const page = await api.anonymous.page('/build/203/why');
    expect(page.status).toBe(503);
    expect(page.text).toContain('What it waits for is not known: no queue runner leads at the moment.');
    expect(page.text).toContain('Why each attempt was chosen');
  });
  it('gives the queue runner’s answer about one that waits: what it waits for, and who is ahead by which rule', async () => {
    const asked: unknown[] = [];
    const handler: AnswerHandler = (question) => {
      asked.push(question);
      return explanation();
    };
    await answering(handler, async () => {
      const { status, json } = await api.anonymous.get('/build/103/why');
      expect(status).toBe(200);
      expect(json.waiting).toMatchObject({ buildId: 103, top: { wait: { kind: 'dependency', count: 3 } } });
      expect(json.waiting.words[0]).toBe('It waits for 3 derivations that it needs: job-202, ….');
      expect(json.jobsets).toContainEqual({ id: ids['other'], project: 'demo', name: 'other' });
      const { text } = await api.anonymous.page('/build/103/why');
      expect(text).toContain('1 step goes before it; no suitable slot is free.');
      expect(text).toContain('its jobset is further below its share');
      expect(text).toContain('href="/build/202"');
      expect(text).toContain('href="/jobset/demo/other"');
      expect(text).not.toContain('<script>alert');
      expect(text).not.toContain('<img src=x');
    });
    expect(asked[0]).toEqual({ kind: 'why', buildId: 103 });
  });
  it('tells of the scheduler’s own numbers', async () => {
    const scheduler = new Scheduler();
    const system = 'x86_64-linux';
    const about = { systems: [system], slots: 1, speedFactor: 1, features: [], mandatoryFeatures: [] };
    const configuration = { uri: 'localhost', ...about };
    scheduler.machines.apply({ type: 'MachineAdded', data: { name: 'localhost', source: 'default', configuration } });
    const queue = (buildId: number, jobsetId: number, path: string) =>
      scheduler.addBuild({ buildId, jobsetId, drvPath: path, globalPriority: 0, localPriority: 100 }, [
        { drvPath: path, system, features: [], preferLocalBuild: false, inputs: [], retryAtMs: 0 },
      ]);
    queue(103, ids['main']!, drvPath);
    queue(202, ids['other']!, other);
    scheduler.ledger.start('x#1', [ids['main']!], begin - 3000);
    scheduler.ledger.stop('x#1', begin - 1000);
    const handler: AnswerHandler = (question) =>
      explainBuild(scheduler, (question as { buildId: number }).buildId, clock()) ?? null;
    await answering(handler, async () => {
      const { json } = await api.anonymous.get('/build/103/why');
      expect(json.waiting.top.wait).toEqual({
        kind: 'ranked',
        rank: 2,
        freeSlots: 1,
        ahead: [{ drvPath: other, jobsetId: ids['other'], lowestBuildId: 202, rule: 'share', ours: 20, theirs: 0 }],
      });
      expect((await api.anonymous.get('/build/202/why')).json.waiting.words[0]).toBe(
        'It is ready to be built: it is the next to start; 1 suitable slot free.',
      );
      expect((await api.anonymous.page('/build/103/why')).text).toContain('20 ms per share');
    });
  });
  it('says so where the queue runner does not know the build yet, or cannot say', async () => {
    await answering(
      () => null,
      async () => {
        expect((await api.anonymous.get('/build/202/why')).json).toMatchObject({ waiting: null, steps: [] });
        expect((await api.anonymous.page('/build/202/why')).text).toContain('has not taken it up yet');
      },
    );
    const fails: AnswerHandler = () => {
      throw new Error('no graph');
    };
    await answering(fails, async () => {
      const { status, json } = await api.anonymous.get('/build/202/why');
      expect([status, json.error]).toEqual([503, 'the queue runner could not say: no graph']);
    });
    await answering(
      () => ({ form: 'of another version' }),
      async () => expect((await api.anonymous.get('/build/202/why')).status).toBe(503),
    );
  });
  it('is 404 where there is no such build', async () => {
    expect((await api.anonymous.get('/build/999/why')).status).toBe(404);
  });
  it('is linked from the build’s page', async () => {
    expect((await api.anonymous.page('/build/103')).text).toContain('href="/build/103/why"');
  });
});
