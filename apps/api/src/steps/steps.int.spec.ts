import { startApi, type TestApi } from '../../testing/api.js';
import { caughtUp, simulate, startStep, storePath } from '../../testing/farm.js';
import { jobsetBody } from '../../testing/jobset-body.js';

let api: TestApi;
const AT = Date.parse('2026-01-02T03:04:05Z');

beforeAll(async () => {
  api = await startApi();
  await api.admin.send('PUT', '/project/demo', {});
  await api.admin.send('PUT', '/jobset/demo/main', jobsetBody);
  await simulate(api, {
    ...{ project: 'demo', jobset: 'main', evaluationId: 1, firstBuildId: 1, atMs: AT },
    jobs: Array.from({ length: 45 }, (_, index) => ({
      job: `job${index + 1}`,
      ...(index < 43
        ? { status: index === 0 ? ('failed' as const) : ('succeeded' as const), log: 'made\n<b>it</b>\n' }
        : {}),
    })),
  });
  await startStep(api, 44, storePath(44, 'job-44.drv'), 1, AT + 60_000);
  await caughtUp(api);
});
afterAll(() => api.close());

describe('a step', () => {
  it('says what ran where, how it ended, and where its log is', async () => {
    expect((await api.anonymous.get('/build/1/step/1')).json).toEqual({
      build: 1,
      stepnr: 1,
      drvpath: storePath(1, 'job-1.drv'),
      attempt: 1,
      system: 'x86_64-linux',
      machine: 'localhost',
      status: 'failed',
      starttime: AT / 1000,
      stoptime: AT / 1000 + 1,
      errormsg: null,
      propagatedfrom: null,
      log: '/build/1/step/1/log',
    });
    expect((await api.anonymous.get('/build/44/step/1')).json).toMatchObject({ status: 'running', stoptime: null });
  });
  it('has a page with the end of its log as text', async () => {
    const page = await api.anonymous.page('/build/1/step/1');
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(page.text).toContain('&lt;b>it&lt;/b>');
    expect(page.text).toContain('href="/build/1/step/1/log"');
  });
  it('that runs shows since when, for live.js to count on', async () => {
    const { text } = await api.anonymous.page('/build/44/step/1');
    expect(text).toMatch(/<time datetime="2026-01-02T03:05:05.000Z" data-elapsed="">/);
    expect(text).toContain('/assets/live.js');
  });
  it.each([
    ['/build/1/step/2', 404, 'nr'],
    ['/build/999/step/1', 404, 'id'],
    ['/build/1/step/0', 400, 'nr'],
    ['/build/1/step/1e3', 400, 'nr'],
    [`/build/1/step/${'9'.repeat(300)}`, 400, 'nr'],
    ['/build/1/step/..%2f..%2fetc%2fpasswd', 400, 'nr'],
    ['/build/1/nixlog/1/..%2fraw', 400, 'mode'],
    ['/build/1/nixlog/x', 400, 'nr'],
  ])('%s is answered %i, naming %s', async (path, status, field) => {
    const answer = await api.anonymous.get(path);
    expect([answer.status, answer.json.field]).toEqual([status, field]);
  });
});

it.each([
  ['/build/1/nixlog/1', 301, '/build/1/step/1/log'],
  ['/build/1/nixlog/1/raw', 301, '/build/1/step/1/log/raw'],
  ['/build/1/nixlog/1/tail', 301, '/build/1/step/1/log/tail'],
  ['/build/1/nixlog/1/pretty', 301, '/build/1/step/1/log/pretty'],
  ['/build/1/step/1/log/pretty', 302, '/build/1/step/1/log'],
  ['/build/1/log/pretty', 302, '/build/1/log'],
])('%s leads (%i) to %s', async (path, status, to) => {
  const answer = await api.anonymous.page(path);
  expect([answer.status, answer.headers.get('location')]).toEqual([status, to]);
});

it('a build says in short what it is', async () => {
  const { json } = await api.anonymous.get('/build/1/api/get-info');
  expect(json).toEqual({ buildId: 1, drvPath: storePath(1, 'job-1.drv'), outPath: storePath(5001, 'job-1') });
  expect((await api.anonymous.get('/build/999/api/get-info')).status).toBe(404);
});

/** Follows `next` to the end. */
const pagesOf = async (path: string, key: string): Promise<unknown[][]> => {
  const pages: unknown[][] = [];
  for (let next: unknown = null; pages.length === 0 || next !== null;) {
    const { json } = await api.anonymous.get(next === null ? path : `${path}?before=${String(next)}`);
    pages.push(json[key]);
    next = json.next;
  }
  return pages;
};

describe('the newest steps of the farm', () => {
  it('come twenty at a time, the last to begin first, none twice and none left out', async () => {
    const pages = (await pagesOf('/steps', 'steps')) as { build: number }[][];
    expect(pages.map(({ length }) => length)).toEqual([20, 20, 4]);
    expect(pages.flat().map(({ build }) => build)).toEqual([44, ...Array.from({ length: 43 }, (_, i) => 43 - i)]);
  });
  it('have pages that lead to older ones and back', async () => {
    const { text } = await api.anonymous.page('/steps');
    const [, older] = /href="(\/steps\?before=[\d-]+)"/.exec(text)!;
    expect((await api.anonymous.page(older!)).text).toContain('href="/steps"');
  });
  it.each(['1', 'x-y-z', '1-2-9999999999', '1-2-3-4'])('do not go on at %s', async (before) => {
    const answer = await api.anonymous.get(`/steps?before=${before}`);
    expect([answer.status, answer.json.field]).toEqual([400, 'before']);
  });
});

describe('the finished builds of the farm', () => {
  it('come twenty at a time, newest first, without those that wait', async () => {
    const pages = (await pagesOf('/all', 'builds')) as { id: number }[][];
    expect(pages.map(({ length }) => length)).toEqual([20, 20, 3]);
    expect(pages.flat().map(({ id }) => id)).toEqual(Array.from({ length: 43 }, (_, i) => 43 - i));
  });
  it('have a page', async () => {
    const { status, text } = await api.anonymous.page('/all');
    expect(status).toBe(200);
    expect(text).toContain('href="/all?before=24"');
  });
  it.each(['0', 'x', '99999999999'])('do not go on at %s', async (before) => {
    const answer = await api.anonymous.get(`/all?before=${before}`);
    expect([answer.status, answer.json.field]).toEqual([400, 'before']);
  });
});
