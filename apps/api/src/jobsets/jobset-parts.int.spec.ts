import { jobset, jobsetStream } from '#domain';
import { commandHandler } from '#event-store';
import { uuidv4 } from '#runtime';
import { startApi, type TestApi } from '../../testing/api.js';
import type { Client } from '../../testing/client.js';
import { caughtUp, gitInput, simulate } from '../../testing/farm.js';
import { jobsetBody } from '../../testing/jobset-body.js';

describe('the parts of a jobset', () => {
  let api: TestApi;
  let ada: Client & { id: string };
  beforeAll(async () => {
    api = await startApi();
    ada = await api.signIn('ada', 'create-projects');
    await ada.send('PUT', '/project/demo', {});
    await ada.send('PUT', '/jobset/demo/main', jobsetBody);
    await ada.send('POST', '/jobset/demo/main/clone', { name: 'release', changes: { enabled: 2 }, reason: 'for 1.0' });
    const jobs = ['tests.one', 'tests.two', 'docs'].map((job) => ({ job, status: 'succeeded' as const }));
    await simulate(api, { project: 'demo', jobset: 'main', evaluationId: 300, firstBuildId: 300, jobs });
  });
  afterAll(() => api.close());

  it('its jobs are found by a part of their name', async () => {
    const names = async (query: string) =>
      (await api.anonymous.get(`/jobset/demo/main/jobs${query}`)).json.map(({ job }: { job: string }) => job);
    expect(await names('')).toEqual(['docs', 'tests.one', 'tests.two']);
    expect(await names('?filter=TESTS.')).toEqual(['tests.one', 'tests.two']);
    expect((await api.anonymous.page('/jobset/demo/main/jobs?filter=%3Cb%3E')).text).toContain('There is no such job');
    expect((await api.anonymous.get('/jobset/demo/release/jobs')).json).toEqual([]);
    const none = (await api.anonymous.page('/jobset/demo/release/jobs')).text;
    expect(none).toContain('There is no evaluation with new builds yet.');
    const one = (await api.anonymous.page('/jobset/demo/main/jobs')).text;
    expect(one).toContain('3 jobs in the newest evaluation with new builds');
  });

  it('its jobs are a matrix of the newest evaluations; those that are gone stand in it where wanted', async () => {
    const jobs = [{ job: 'tests.one', status: 'failed' as const }, { job: 'fresh' }];
    await simulate(api, { project: 'demo', jobset: 'main', evaluationId: 310, firstBuildId: 310, jobs });
    const page = async (query: string) => (await api.anonymous.page(`/jobset/demo/main/jobs${query}`)).text;
    const shown = await page('');
    expect(shown).toContain('2 jobs in the newest 2 evaluations with new builds');
    expect(shown).toContain('<a href="/build/310" class="status bad" title="failed" aria-label="failed">✗</a>');
    expect(shown).toContain('<a href="/build/300" class="status good" title="succeeded" aria-label="succeeded">✓</a>');
    expect(shown).not.toContain('docs');
    expect(await page('?showInactive=1&filter=DO')).toContain('not any more');
    const names = async (query: string) =>
      (await api.anonymous.get(`/jobset/demo/main/jobs${query}`)).json.map(({ id }: { id: number }) => id);
    expect(await names('')).toEqual([311, 310]);
    expect(await names('?showInactive=1')).toEqual([302, 311, 310, 301]);
    expect(await api.anonymous.get('/jobset/demo/main/jobs?showInactive=maybe')).toMatchObject({
      status: 400,
      json: { field: 'showInactive' },
    });
  });

  it('Hydra’s address of its jobs leads to them', async () => {
    const to = async (query: string) =>
      (await api.anonymous.page(`/jobset/demo/main/jobs-tab${query}`)).headers.get('location');
    expect(await to('')).toBe('/jobset/demo/main/jobs');
    expect(await to('?filter=a%26b&showInactive=1')).toBe('/jobset/demo/main/jobs?filter=a%26b&showInactive=1');
    expect((await api.anonymous.page('/jobset/demo/none/jobs-tab')).status).toBe(404);
  });

  it('how it developed is a plot with its numbers, and each evaluation shows what changed since the one before', async () => {
    const { text } = await api.anonymous.page('/jobset/demo/main');
    expect(text).toContain('Failing jobs of the newest 2 evaluations, #300 to #310: 0 at first, 1 at last, at most 1');
    expect(text).toContain('Time of evaluation of the newest 2 evaluations');
    expect(text).toContain('The plots as numbers');
    expect(text).toContain('not built yet');
    await simulate(api, {
      ...{ project: 'demo', jobset: 'main', evaluationId: 320, firstBuildId: 320 },
      inputs: [gitInput('src', 'https://example.org/demo.git', 'b'.repeat(40))],
      jobs: [{ job: 'tests.one', status: 'succeeded' }],
    });
    await api.admin.send('POST', '/build/311/cancel');
    await caughtUp(api);
    const later = (await api.anonymous.page('/jobset/demo/main')).text;
    expect(later).toContain('aaaaaaaaaa → bbbbbbbbbb');
    expect(later).toContain('✓ +1');
    expect(later).toContain('✗ −2');
    const project = (await api.anonymous.page('/project/demo')).text;
    expect(project).toContain('aria-label="Failing in the newest 3 evaluations, oldest first: 0, 2, 0"');
  });

  it('its jobs are found by the search, but for those of hidden jobsets', async () => {
    const found = async () => (await api.anonymous.get('/search?query=tests.')).json.jobs;
    expect(await found()).toEqual([
      { project: 'demo', jobset: 'main', job: 'tests.one' },
      { project: 'demo', jobset: 'main', job: 'tests.two' },
    ]);
    expect((await api.anonymous.page('/search?query=TESTS.')).text).toContain('/job/demo/main/tests.one');
    // As pages say where a job is, and as shells say where a path is.
    const search = async (words: string) =>
      (await api.anonymous.get(`/search?query=${encodeURIComponent(words)}`)).json;
    expect((await search('demo:main:tests.t')).jobs).toEqual([{ project: 'demo', jobset: 'main', job: 'tests.two' }]);
    expect((await search('Demo:Main')).jobsets).toMatchObject([{ project: 'demo', name: 'main' }]);
    expect((await search('nothing:main')).jobsets).toEqual([]);
    const build = (await api.anonymous.get('/job/demo/main/tests.one')).json[0];
    for (const path of [build.drvpath, build.drvpath.split('/').at(-1), build.buildoutputs.out.path])
      expect(JSON.stringify(await search(path))).toContain(`"id":${build.id},`);
    expect((await search(`${build.buildoutputs.out.path}/bin/x`)).builds).toMatchObject([{ id: build.id }]);
    // The hash alone, of a derivation and of an output.
    const hashOf = (path: string) => path.split('/').at(-1)!.slice(0, 32);
    expect((await search(hashOf(build.drvpath))).buildsdrv).toMatchObject([{ id: build.id }]);
    expect((await search(hashOf(build.buildoutputs.out.path))).builds).toMatchObject([{ id: build.id }]);
    const refused = await api.anonymous.page('/search?query=%3Cb%3E');
    expect([refused.status, refused.text.includes('value="<b>"')]).toEqual([400, true]);
    expect(refused.text).toMatch(/aria-invalid="true"[^]*id="query-rule"><small class="problem">✗ must hold only/);
    await ada.send('POST', '/project/demo/hide', { reason: 'r' });
    expect(await found()).toBeUndefined();
    await ada.send('POST', '/project/demo/unhide', { reason: 'r' });
  });

  it('its evaluations are found by seven digits of a commit of theirs, but for those of hidden jobsets', async () => {
    const search = async (words: string) => (await api.anonymous.get(`/search?query=${words}`)).json;
    expect((await search('bbbbbbb')).evals).toEqual([
      { id: 320, project: 'demo', jobset: 'main', timestamp: expect.any(Number), revision: 'b'.repeat(40) },
    ]);
    expect((await search('B'.repeat(40))).evals).toMatchObject([{ id: 320 }]);
    expect((await search('aaaaaaa')).evals.map(({ id }: { id: number }) => id)).toEqual([310, 300]);
    expect((await search('aaaaaaa&limit=1')).evals).toMatchObject([{ id: 310 }]);
    expect(await search('bbbbbb')).not.toHaveProperty('evals');
    const { text } = await api.anonymous.page('/search?query=bbbbbbbb');
    expect(text).toContain('Evaluations of this commit');
    expect(text).toContain('href="/eval/320"');
    await ada.send('POST', '/project/demo/hide', { reason: 'r' });
    expect(await search('bbbbbbb')).not.toHaveProperty('evals');
    await ada.send('POST', '/project/demo/unhide', { reason: 'r' });
  });

  it('says when its newest evaluation came to nothing, whatever that was', async () => {
    await ada.send('PUT', '/jobset/demo/broken', jobsetBody);
    const at = '2026-01-02T03:04:05.000Z';
    const tell = async (type: string, data: object) => {
      const commandId = uuidv4();
      const actor = { kind: 'system', id: 'evaluator' } as const;
      const context = { commandId, actor, via: 'test', correlationId: commandId, causationId: commandId };
      await commandHandler(api.store, jobset)(jobsetStream('demo', 'broken'), { type, at, data } as never, context);
    };
    for (const [evaluationId, kind, head] of [
      [320, 'fetch', 'An input could not be fetched'],
      [321, 'evaluation', 'The evaluation failed'],
    ] as const) {
      await tell('TriggerEvaluation', { force: true, cause: 'push' });
      await tell('StartEvaluation', { evaluationId, cause: 'trigger' });
      await tell('ReportEvaluationFailure', { evaluationId, kind, error: 'no <b>such</b> thing' });
      await caughtUp(api);
      const time = `, <time datetime="${at}"`;
      expect((await api.anonymous.page('/jobset/demo/broken')).text).toContain(`came to nothing</span>${time}`);
      expect((await api.anonymous.page('/jobset/demo/broken/errors')).text).toContain(`<h2>${head}${time}`);
    }
  });

  it('says how it is evaluated, where that is not whenever its inputs change', async () => {
    const said = async () => (await api.anonymous.page('/jobset/demo/release')).text;
    expect(await said()).toContain(
      'A one-shot, armed: it is not polled, and evaluated once somebody asks for it; that disables it.',
    );
    await ada.send('POST', '/jobset/demo/release/evaluate', {});
    expect(await said()).toContain('A one-shot, armed: it is evaluated soon; that disables it.');
    expect((await api.anonymous.page('/jobset/demo/main')).text).not.toContain('that disables it');
  });

  it('a clone says in what it differs from its source as that was', async () => {
    await ada.send('PUT', '/jobset/demo/main', { ...jobsetBody, description: 'changed since' });
    const { json } = await api.anonymous.get('/jobset/demo/release/configuration');
    expect(json.differences).toEqual([{ field: 'mode', before: 'enabled', after: 'one-shot' }]);
    const { text } = await api.anonymous.page('/jobset/demo/release/configuration');
    expect(text).toContain('How it differs');
    expect((await api.anonymous.get('/jobset/demo/main/configuration')).json.differences).toBeUndefined();
  });

  it('its history says who changed what, to everybody', async () => {
    const { json } = await api.anonymous.get('/jobset/demo/release/history');
    expect(json.events.map(({ type }: { type: string }) => type)).toContain('JobsetCloned');
    const { text } = await api.anonymous.page('/jobset/demo/release/history');
    expect(text).toContain('for 1.0');
    // That they are about this jobset goes without saying.
    expect(/<tbody>.*<\/tbody>/s.exec(text)![0]).not.toContain('>demo:release<');
  });

  it('offers what the viewer may do, and no more', async () => {
    const menu = async (as: Client) => (await as.page('/jobset/demo/release')).text;
    expect(await menu(api.anonymous)).not.toContain('Actions');
    expect(await menu(ada)).toContain('Clone this jobset');
    expect(await menu(ada)).not.toContain('Delete this jobset');
    expect(await menu(api.admin)).toContain('Delete this jobset');
  });

  it('is deleted by a form, by administrators, and keeps its history in the log', async () => {
    const address = '/jobset/demo/release/delete';
    expect(await ada.send('POST', address, { reason: 'r' })).toMatchObject({ status: 403 });
    expect((await api.admin.send('POST', `${address}?dry-run=1`, {})).json.events).toHaveLength(1);
    expect(await api.admin.send('POST', address, { reason: 'done' })).toMatchObject({ status: 200 });
    expect(await api.anonymous.get('/jobset/demo/release')).toMatchObject({ status: 404 });
    const { json } = await api.admin.get('/api/audit?jobset=demo:release&action=JobsetDeleted');
    expect(json.events).toMatchObject([{ actor: { name: 'admin' }, reason: 'done' }]);
    for (const part of ['jobs', 'configuration', 'history'])
      expect(await api.anonymous.get(`/jobset/demo/release/${part}`)).toMatchObject({ status: 404 });
  });
});
