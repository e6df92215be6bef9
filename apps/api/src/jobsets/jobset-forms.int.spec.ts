import { jobsetStream } from '#domain';
import { gitInput, simulate, storePath } from '../../testing/farm.js';
import { BASE_URL, startApi, type TestApi } from '../../testing/api.js';
import type { Client } from '../../testing/client.js';
import { jobsetBody } from '../../testing/jobset-body.js';

describe('the forms of a jobset', () => {
  let api: TestApi;
  let ada: Client & { id: string };
  let bob: Client & { id: string };
  beforeAll(async () => {
    api = await startApi();
    ada = await api.signIn('ada', 'create-projects');
    bob = await api.signIn('bob');
    await ada.send('PUT', '/project/demo', {});
    await ada.send('PUT', '/jobset/demo/main', { ...jobsetBody, description: 'a "<b>bold</b>" one' });
  });
  afterAll(() => api.close());

  const page = (path: string, who: Client = ada) => who.get(path, { accept: 'text/html' });
  const typesOf = async (name: string) => {
    const types = [];
    for await (const { type } of api.store.readStream(jobsetStream('demo', name))) types.push(type);
    return types;
  };
  const fields = {
    name: 'made',
    enabled: '2',
    type: '0',
    nixexprinput: 'src',
    nixexprpath: 'release.nix',
    checkinterval: '0',
    'input-name[]': ['src', 'officialRelease', ''],
    'input-type[]': ['path', 'boolean', 'git'],
    'input-value[]': ['/tmp/x', 'true', ''],
    'input-emailresponsible[]': ['0', '1', '0'],
  };
  const submit = (path: string, form: Record<string, string | string[]>, who = ada) => {
    const body = new URLSearchParams();
    for (const [name, value] of Object.entries(form)) for (const one of [value].flat()) body.append(name, one);
    return who.send('POST', path, body.toString(), {
      'content-type': 'application/x-www-form-urlencoded',
      accept: 'text/html',
      origin: BASE_URL,
    });
  };

  it('create one with its inputs; an empty row is none', async () => {
    expect((await page('/project/demo/create-jobset')).status).toBe(200);
    const made = await submit('/project/demo/create-jobset', { ...fields, reason: 'a release' });
    expect([made.status, made.headers.get('location')]).toEqual([303, '/jobset/demo/made']);
    expect((await api.anonymous.get('/jobset/demo/made')).json).toMatchObject({
      enabled: 2,
      inputs: { src: { type: 'path' }, officialRelease: { type: 'boolean', value: 'true', emailresponsible: true } },
    });
  });

  it('show what was sent again, with the field that was wrong, and change nothing', async () => {
    const bad = { ...fields, name: 'bad', 'input-value[]': ['/tmp/x', 'maybe', ''] };
    const refused = await submit('/project/demo/create-jobset', bad);
    expect(refused.status).toBe(400);
    expect(refused.text).toContain('inputs.officialRelease.value must be');
    expect(refused.text).toMatch(/<textarea name="input-value\[\]"[^>]*aria-invalid="true"[^>]*>maybe<\/textarea>/);
    const twice = { ...fields, name: 'bad', 'input-name[]': ['src', 'src', ''] };
    expect((await submit('/project/demo/create-jobset', twice)).text).toContain('inputs.src must stand there once');
    const taken = await submit('/project/demo/create-jobset', { ...fields, reason: 'once more' });
    expect([taken.status, taken.text]).toEqual([409, expect.stringContaining('value="once more"')]);
    const field = await submit('/project/demo/create-jobset', { ...fields, name: 'bad', keepnr: '-1' });
    expect(field.text).toMatch(/name="keepnr" value="-1"[^>]*aria-invalid="true" aria-describedby="refused-rule"/);
    expect(await typesOf('bad')).toEqual([]);
  });

  it.each([
    [{ name: 'bad name' }, 'name', 'must start with a letter'],
    [{ name: 'main' }, 'name', 'a jobset of this name exists'],
    [{ schedulingshares: '0' }, 'schedulingshares', 'must be a whole number from 1'],
    [{ checkinterval: 'x' }, 'checkinterval', 'must be'],
    [{ nixexprinput: 'zz' }, 'nixexprinput', 'must name one of'],
    [{ nixexprpath: '../x' }, 'nixexprpath', 'must be a relative path'],
    [{ type: '1', flake: '', nixexprinput: '', nixexprpath: '' }, 'flake', 'is required'],
    [{ 'input-value[]': ['/tmp/x', 'maybe', ''] }, 'input-value[]', 'must be'],
    [{ 'input-name[]': ['src', 'src', ''] }, 'input-name[]', 'must stand there once'],
    [{ 'input-name[]': ['src', '', ''] }, 'input-name[]', 'is required'],
    [{ 'input-type[]': ['path', 'svn', ''] }, 'input-type[]', 'must be'],
  ])('say what is wrong at the field: %j', async (wrong, field, rule) => {
    const { status, text } = await submit('/project/demo/create-jobset', { ...fields, name: 'bad', ...wrong });
    expect([400, 409]).toContain(status);
    const invalid = text.match(/<(input|textarea|select)[^>]*aria-invalid="true"[^>]*>/g) ?? [];
    expect(invalid).toHaveLength(1);
    for (const one of invalid) {
      expect(one).toContain(`name="${field}"`);
      expect(one).toContain('aria-describedby="refused-rule"');
    }
    expect(text).toMatch(/<small id="refused-rule"[^>]*>(<span>)?✗ /);
    expect(text).toContain(`✗ ${rule}`);
  });

  it('keep the lines of a value, as a browser sends them', async () => {
    const value = '\n{ a = "<b>"; }\n';
    const inputs = { src: { type: 'path', value: '/tmp/x' }, args: { type: 'string', value } };
    await ada.send('PUT', '/jobset/demo/lines', { ...jobsetBody, inputs, description: 'one\ntwo' });
    const { text } = await page('/jobset/demo/lines/edit');
    expect(text).toContain('>\n\n{ a = &#34;&lt;b>&#34;; }\n</textarea>');
    expect(text).toContain('>one\ntwo</textarea>');
    const sent = {
      ...fields,
      name: 'lines',
      description: 'one\r\ntwo',
      'input-name[]': ['src', 'args'],
      'input-type[]': ['path', 'string'],
      'input-value[]': ['/tmp/x', value.replaceAll('\n', '\r\n')],
      'input-emailresponsible[]': ['0', '0'],
    };
    expect((await submit('/jobset/demo/lines/edit', sent)).status).toBe(303);
    expect((await api.anonymous.get('/jobset/demo/lines')).json).toMatchObject({
      description: 'one\ntwo',
      inputs: { args: { value } },
    });
  });

  it('are filled from the jobset, markup as text, and tell whoever is too late', async () => {
    const shown = await page('/jobset/demo/main/edit');
    expect(shown.text).toContain('value="a &#34;<b>bold</b>&#34; one"');
    const [, revision] = /name="revision" value="(\d+)"/.exec(shown.text)!;
    const change = { ...fields, name: 'main', description: 'changed', revision: revision! };
    expect((await submit('/jobset/demo/main/edit', change)).status).toBe(303);
    const late = await submit('/jobset/demo/main/edit', { ...change, description: 'mine' });
    expect([late.status, late.text.includes('value="mine"')]).toEqual([409, true]);
    expect((await submit('/jobset/demo/none/edit', fields)).status).toBe(404);
  });

  it('rename by another name', async () => {
    expect((await submit('/jobset/demo/made/edit', { ...fields, name: 'called' })).headers.get('location')).toBe(
      '/jobset/demo/called',
    );
    expect((await api.anonymous.get('/jobset/demo/made')).status).toBe(301);
  });

  it('clone: filled from the source without a name, and the clone says of what', async () => {
    for (const path of ['/jobset/demo/main/clone', '/jobset/demo/main/edit?cloneJobset=1']) {
      const shown = await page(path);
      expect(shown.text).toContain('name="clonedfrom-jobset" value="main"');
      expect(shown.text).toContain('name="name" value=""');
    }
    const clone = { 'clonedfrom-project': 'demo', 'clonedfrom-jobset': 'main', 'clonedfrom-revision': '0' };
    expect((await submit('/project/demo/create-jobset', { ...fields, ...clone, name: 'copy' })).status).toBe(303);
    expect(await typesOf('copy')).toContain('JobsetCloned');
    expect((await page('/jobset/demo/copy')).text).toContain('A clone of');
  });

  it('from an evaluation have its inputs as they were then', async () => {
    await simulate(api, {
      project: 'demo',
      jobset: 'main',
      evaluationId: 900,
      firstBuildId: 900,
      jobs: [{ job: 'a' }],
    });
    const shown = await page('/eval/900/create-jobset');
    expect([shown.status, shown.text.includes('Inputs of evaluation 900 of demo:main')]).toEqual([200, true]);
    expect(shown.text).not.toContain('Not pinned');
    expect((await page('/eval/901/create-jobset')).status).toBe(404);
  });

  it('from an evaluation say which of its inputs no value can pin', async () => {
    const path = (name: string, value: string) => ({
      name,
      type: 'path' as const,
      value,
      revision: '20260102030405:ab',
    });
    await simulate(api, {
      ...{ project: 'demo', jobset: 'copy', evaluationId: 910, firstBuildId: 910, jobs: [{ job: 'b' }] },
      inputs: [
        gitInput('src', 'https://example.org/demo.git', 'c'.repeat(40)),
        path('data', '/srv/data'),
        path('fixed', storePath(1, 'fixed')),
        { name: 'branch', type: 'git', value: 'https://example.org/x.git main' },
        { name: 'long', type: 'string', value: 'long…' },
        { name: 'short', type: 'string', value: 'short' },
      ],
    });
    const { text } = await page('/eval/910/create-jobset');
    const said = [...text.matchAll(/<li><code>([^<]*)<\/code><span>: ([^<]*)<\/span>/g)].map(([, name, why]) => [
      name,
      why,
    ]);
    expect(said).toEqual([
      ['data', 'a path is what it holds when it is evaluated'],
      ['branch', 'its commit was not recorded'],
      ['long', 'its value was recorded only in part'],
    ]);
    expect(text).toContain('⚠ Not pinned');
  });

  it('are not for whoever may not', async () => {
    for (const path of ['/project/demo/create-jobset', '/jobset/demo/main/edit', '/jobset/demo/main/clone'])
      expect([(await page(path, bob)).status, (await page(path, api.anonymous)).status]).toEqual([403, 401]);
    expect((await submit('/project/demo/create-jobset', { ...fields, name: 'x' }, bob)).status).toBe(403);
  });
});
