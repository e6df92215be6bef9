import { logKey } from '#binary-cache';
import { startApi, type TestApi } from '../../testing/api.js';
import { caughtUp, completeStep, simulate, startStep, storePath } from '../../testing/farm.js';
import { jobsetBody } from '../../testing/jobset-body.js';

let api: TestApi;

const LINES = 30_000;
/** Longer than a page; what went wrong stands near its begin, and more of it at the end. */
const LONG = Array.from({ length: LINES }, (_, index) =>
  index === 119 ? 'x.c:1:1: error: <b>expected</b> ;' : index === LINES - 1 ? 'make: *** Error 2' : `line ${index + 1}`,
).join('\n');

beforeAll(async () => {
  api = await startApi();
  await api.admin.send('PUT', '/project/demo', {});
  await api.admin.send('PUT', '/jobset/demo/main', jobsetBody);
  await simulate(api, {
    ...{ project: 'demo', jobset: 'main', evaluationId: 1, firstBuildId: 1 },
    jobs: [
      { job: 'short', status: 'failed', log: 'one\nfatal: <script>alert(1)</script>\nthree' },
      { job: 'long', status: 'failed', log: `${LONG}\n` },
      { job: 'good', status: 'succeeded', log: 'error: not this time\n' },
      { job: 'wide', status: 'failed', log: 'x'.repeat(600_000) },
      { job: 'many', status: 'failed', log: '\n'.repeat(500_000) },
      { job: 'waiting' },
      { job: 'foreign', status: 'unsupported' },
      { job: 'silent', status: 'failed-with-output', log: '' },
      { job: 'gone', status: 'failed' },
    ],
  });
  // Its log was there once.
  const drv = storePath(9, 'job-9.drv');
  await startStep(api, 9, drv, 1, 0);
  const log = { key: logKey(drv, 1), bytes: 12, sha256: 'a'.repeat(64), truncated: false };
  await completeStep(api, 9, drv, log, 'failed', 0);
  await caughtUp(api);
});
afterAll(() => api.close());

describe('the page of a log', () => {
  it('has an address for every line, and marks the first error', async () => {
    const { text } = await api.anonymous.page('/build/1/log');
    expect(text).toContain('<a id="L3" href="#L3"');
    expect(text).toContain('aria-label="Line 2, first error"');
    expect(text).toMatch(/id="first-error"[^>]*href="#L2"/);
    expect(text).not.toContain('<script>alert');
  });
  it('finds no error in what succeeded', async () => {
    const { text } = await api.anonymous.page('/build/3/log');
    expect(text).toMatch(/id="first-error"[^>]* hidden/);
    expect((await api.anonymous.get('/build/3/log')).json.firsterror).toBeNull();
  });
  it('of a long one shows its end with the numbers of its lines, and leads to the first error', async () => {
    const { text } = await api.anonymous.page('/build/2/log');
    expect(text).toContain(`<a id="L${LINES}"`);
    expect(text).not.toContain('<a id="L120"');
    expect(text).toMatch(/id="first-error"[^>]*href="\/build\/2\/log\?line=120#L120"/);
    expect(text).toMatch(new RegExp(`<a id="L${LINES - 1}"[^]*?<span>line ${LINES - 1}\n</span>`));
  });
  it('shows what stands around a line that is asked for', async () => {
    const { text } = await api.anonymous.page('/build/2/log?line=120');
    expect(text).toContain('<a id="L110"');
    expect(text).not.toContain('<a id="L109"');
    expect(text).toContain('x.c:1:1: error: &lt;b>expected&lt;/b> ;');
    expect(text).toContain('Last lines');
    expect((await api.anonymous.page(`/build/2/log?line=999999`)).text).toContain(`<a id="L${LINES}"`);
  });
  it('has no more lines than can be read, however short they are', async () => {
    for (const [path, from, to] of [
      ['/build/5/log', 490_001, 500_000],
      ['/build/5/log?line=1', 1, 10_000],
      ['/build/5/log?line=499999', 490_001, 500_000],
    ] as const) {
      const { text } = await api.anonymous.page(path);
      expect(text.match(/<a id="L/g)).toHaveLength(10_000);
      expect(text).toContain(`<a id="L${from}"`);
      expect(text).toContain(`<a id="L${to}"`);
    }
  });
  it('finds lines of the whole log, by address too', async () => {
    const { text } = await api.anonymous.page('/build/2/log?search=ERROR');
    expect(text).toContain('2 lines with “ERROR”:');
    expect(text).toContain('href="/build/2/log?line=120#L120"');
    expect(text).toContain(`href="#L${LINES}"`);
    const none = await api.anonymous.page(`/build/2/log?search=${encodeURIComponent('<b>no</b>')}`);
    expect(none.text).toContain('No line holds “&lt;b>no&lt;/b>”.');
  });
  it('of one that is a single line longer than a page shows its end', async () => {
    const { status, text } = await api.anonymous.page('/build/4/log');
    expect([status, text.includes('x'.repeat(200_000))]).toEqual([200, true]);
  });
  it.each([
    [6, 'There is no log yet: it begins with the first step.'],
    [7, 'There is no log: no step of it was started.'],
  ])('of build %i, which has none, says so among the other parts of the build', async (id, said) => {
    const { status, text } = await api.anonymous.page(`/build/${id}/log`);
    expect(status).toBe(404);
    expect(text).toContain(said);
    expect(text).toMatch(/aria-label="Parts of the build"[^]*aria-current="page"[^>]*>Log</);
    expect(await api.anonymous.get(`/build/${id}/log`)).toMatchObject({
      status: 404,
      json: { error: 'there is no log of this yet' },
    });
  });
  it('that is empty, or not there any more, says so, on the page of the build too', async () => {
    expect((await api.anonymous.page('/build/8/log')).text).toContain('Nothing was written to the log.');
    expect((await api.anonymous.page('/build/9/log')).text).toContain('The log is not here any more.');
    expect((await api.anonymous.page('/build/8')).text).toMatch(
      /<h2>Last lines of the log<[^]*Nothing was written to it./,
    );
    expect((await api.anonymous.page('/build/9')).text).toMatch(
      /<h2>Last lines of the log<[^]*It is not here any more./,
    );
  });
  it('says the same as JSON', async () => {
    expect((await api.anonymous.get('/build/2/step/1/log?search=error')).json).toMatchObject({
      build: 2,
      step: 1,
      finished: true,
      firsterror: { line: 120, text: 'x.c:1:1: error: <b>expected</b> ;' },
      matches: [{ line: 120 }, { line: LINES, text: 'make: *** Error 2' }],
      morematches: false,
    });
  });
  it.each([
    ['/build/1/log?line=0', 'line'],
    ['/build/1/log?line=1e3', 'line'],
    ['/build/1/log?search=', 'search'],
    [`/build/1/log?search=${'x'.repeat(201)}`, 'search'],
    ['/build/1/log?from=1', 'from'],
    ['/build/1/step/1/log?line=x', 'line'],
  ])('%s is refused, naming %s', async (path, field) => {
    const { status, json } = await api.anonymous.get(path);
    expect([status, json.field]).toEqual([400, field]);
  });
});
