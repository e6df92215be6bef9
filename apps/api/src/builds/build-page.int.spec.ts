import { build, buildStream, isRejection } from '#domain';
import { commandHandler } from '#event-store';
import { uuidv4 } from '#runtime';
import { startApi, type TestApi } from '../../testing/api.js';
import { caughtUp, simulate, startStep, storePath } from '../../testing/farm.js';
import { jobsetBody } from '../../testing/jobset-body.js';

let api: TestApi;
const AT = Date.parse('2026-01-02T03:04:05Z');

beforeAll(async () => {
  api = await startApi();
  await api.admin.send('PUT', '/project/demo', {});
  await api.admin.send('PUT', '/jobset/demo/main', jobsetBody);
  const compilerLog = `${Array.from({ length: 50 }, (_, i) => `cc ${i + 1}`).join('\n')}\nx.c:1: error: <b>no</b>\nlast words\n`;
  await simulate(api, {
    ...{ project: 'demo', jobset: 'main', evaluationId: 1, firstBuildId: 1, atMs: AT },
    jobs: [
      { job: 'compiler', status: 'failed', log: compilerLog },
      { job: 'library', status: 'dependency-failed', failedBy: 'compiler' },
      { job: 'docs', status: 'succeeded', log: 'made\n' },
      { job: 'image' },
      {
        job: 'report',
        status: 'succeeded',
        products: [
          { type: 'nix-build', subtype: '', name: 'report-1', path: '/nix/store/x-report-1', defaultPath: '' },
          { type: 'doc', subtype: '', name: 'manual', path: '/nix/store/x-report-1/m', defaultPath: 'index.html' },
        ],
      },
      { job: 'judged', status: 'failed-with-output', log: 'made\n' },
    ],
  });
  await startStep(api, 4, storePath(4, 'job-4.drv'), 1, AT + 60_000);
  await caughtUp(api);
});
afterAll(() => api.close());

const page = async (id: number): Promise<string> => (await api.anonymous.page(`/build/${id}`)).text;

describe('the page of a build', () => {
  it('that failed ends with its log, and leads to the first error in it', async () => {
    const text = await page(1);
    expect(text).toContain('<h2>Last lines of the log</h2>');
    expect(text).toContain('x.c:1: error: &lt;b>no&lt;/b>');
    expect(text).toContain('href="/build/1/step/1/log?line=51#L51"');
  });
  it('whose dependency failed says who broke first, with the end of that log', async () => {
    const text = await page(2);
    expect(text).toContain('<h2>job-1 broke first</h2>');
    expect(text).toContain('step 1 of build #1');
    expect(text).toContain('last words');
    expect(text).toContain('href="/build/1/step/1/log?line=51#L51"');
  });
  it('that others needed names those that failed with it', async () => {
    expect(await page(1)).toMatch(/Needed it, and failed with it[^]*href="\/build\/2"/);
    expect(await page(3)).not.toContain('failed with it');
  });
  it('draws when its steps waited and ran, with a sentence that says the same', async () => {
    const text = await page(3);
    expect(text).toMatch(/<svg[^>]*role="img"[^>]*aria-label="One step: job-3 waited 0 s and ran 2 s\."/);
    expect(text).toContain('class="ran good"');
  });
  it('that runs counts on, and is told of changes', async () => {
    const text = await page(4);
    expect(text).toMatch(/Running for<\/dt><dd><time datetime="2026-01-02T03:05:05.000Z" data-elapsed="">/);
    expect(text).toContain('data-live=""');
    expect(text).toContain('/assets/live.js');
  });
  it('offers the archives of outputs only where there are any', async () => {
    expect(await page(3)).toContain('href="/build/3/output/out"');
    expect(await page(1)).not.toContain('/output/out');
    expect(await page(1)).toContain('Outputs that it did not come to');
    expect((await api.admin.page('/build/3')).text).toContain('action="/build/3/keep"');
    expect((await api.admin.page('/build/1')).text).not.toContain('action="/build/1/keep"');
  });
  it('shows sizes and whole hashes of products', async () => {
    expect(await page(3)).toContain('a'.repeat(64));
  });
  it('shows what is in an output that is a directory, and a product that has a page by that page', async () => {
    const text = await page(5);
    expect(text).toContain('<a href="/build/5/contents/1">report-1</a>');
    expect(text).toMatch(/<a href="\/build\/5\/download\/2\/manual\/?">manual<\/a>/);
  });
  it('that was built and judged bad says how long the build took, and not that it failed after that time', async () => {
    expect(await page(6)).toContain('It was built in 2 s, but its output says that it failed.');
  });
  it('that was restarted has every run, who wanted it and why', async () => {
    const { status } = await api.admin.send('POST', '/build/1/restart', { reason: 'a <b>flake</b>' });
    expect(status).toBe(200);
    await caughtUp(api);
    const text = await page(1);
    expect(text).toMatch(/Runs<\/caption>/);
    expect(text).toContain('a &lt;b>flake&lt;/b>');
    expect(text).toMatch(/<td class="words">by admin: a &lt;b>flake&lt;\/b><\/td>/);
    expect(text).toContain('It waits for its turn.');
    await api.admin.send('POST', '/machines', { uri: 'ssh://arm', systemTypes: ['aarch64-linux'] });
    const stuck = await page(1);
    expect(stuck).toContain('It waits in vain: no machine builds x86_64-linux.');
    expect(stuck).toContain('href="/build/1/why">What it would take</a>');
    await api.admin.send('DELETE', '/machine/arm', { reason: 'r' });
    // Nothing of the run before is drawn, but its steps are there.
    expect(text).not.toContain('class="ran');
    expect(text).toContain('href="/build/1/step/1"');
    const commandId = uuidv4();
    const outcome = await commandHandler(api.store, build)(
      buildStream(1),
      { type: 'CancelBuild', at: new Date(AT + 90_000).toISOString(), data: { buildId: 1 } } as never,
      { commandId, actor: { kind: 'system', id: 't' }, via: 'test', correlationId: commandId, causationId: commandId },
    );
    expect(isRejection(outcome)).toBe(false);
    await caughtUp(api);
    const cancelled = await page(1);
    expect(cancelled).toMatch(/<th scope="row" class="number">2<\/th><td>[^]{0,200}cancelled/);
    expect(cancelled).toContain('It was cancelled by t.');
    // It ends where it began: that is no length of a build.
    expect(cancelled).not.toContain('after 0 s');
  });
  it('that was cancelled says who did so, and why', async () => {
    expect((await api.admin.send('POST', '/build/4/cancel', { reason: 'wrong <i>version</i>' })).status).toBe(200);
    await caughtUp(api);
    expect(await page(4)).toContain('It was cancelled by admin: wrong &lt;i>version&lt;/i>.');
  });
});

it('a build is reproduced with what its evaluation was told of a build that it used', async () => {
  await api.admin.send('PUT', '/jobset/demo/user', jobsetBody);
  const { releasename, buildoutputs } = (await api.anonymous.get('/build/5')).json as {
    releasename: string;
    buildoutputs: { out: { path: string } };
  };
  const lib = { name: 'lib', type: 'build', value: 'demo:main:report', buildId: 5 } as const;
  await simulate(api, {
    ...{ project: 'demo', jobset: 'user', evaluationId: 9, firstBuildId: 90, atMs: AT },
    inputs: [{ ...lib, storePath: buildoutputs.out.path }],
    jobs: [{ job: 'uses', status: 'succeeded' }],
  });
  await caughtUp(api);
  const { text } = await api.anonymous.page('/build/90/reproduce');
  expect(text).toContain(`build_input 'lib' '${buildoutputs.out.path}' '${releasename}' 'out'`);
});
