import { jobsetStream } from '#domain';
import { startApi, type TestApi } from '../../testing/api.js';
import type { Client } from '../../testing/client.js';
import { jobsetBody } from '../../testing/jobset-body.js';

describe('orders about a jobset', () => {
  let api: TestApi;
  let ada: Client & { id: string };
  let bob: Client & { id: string };
  beforeAll(async () => {
    api = await startApi();
    ada = await api.signIn('ada', 'create-projects');
    bob = await api.signIn('bob');
    await ada.send('PUT', '/project/demo', {});
    await ada.send('PUT', '/project/other', {});
    await ada.send('PUT', '/jobset/demo/main', jobsetBody);
  });
  afterAll(() => api.close());

  const read = async (path: string) => (await api.anonymous.get(path)).json;
  const newest = async (name: string) => {
    for await (const event of api.store.readStream(jobsetStream('demo', name), { direction: 'backward', maxCount: 1 }))
      return event;
    throw new Error('no such stream');
  };

  it('disable it and enable it in each mode, with who and why', async () => {
    const off = await ada.send('POST', '/jobset/demo/main/disable', { reason: 'broken for a week' });
    expect(off).toMatchObject({ status: 200, json: { events: [{ type: 'JobsetDisabled' }] } });
    expect(await read('/jobset/demo/main')).toMatchObject({ enabled: 0 });
    expect((await newest('main')).metadata).toMatchObject({ actor: { id: ada.id }, reason: 'broken for a week' });
    const said = async () => (await api.anonymous.page('/jobset/demo/main')).text;
    expect(await said()).toContain('It is disabled: nothing of it is evaluated.');
    const words = { 'one-shot': 'A one-shot, armed', 'one-at-a-time': 'One at a time' };
    const modes = { enabled: 1, 'one-shot': 2, 'one-at-a-time': 3 };
    for (const [mode, enabled] of Object.entries(modes)) {
      expect((await ada.send('POST', '/jobset/demo/main/enable', { mode, reason: 'again' })).status).toBe(200);
      expect(await read('/jobset/demo/main')).toMatchObject({ enabled });
      for (const [of, word] of Object.entries(words))
        expect([mode, of, (await said()).includes(word)]).toEqual([mode, of, of === mode]);
    }
    expect((await ada.send('POST', '/jobset/demo/main/enable', {})).status).toBe(200);
    expect((await ada.send('POST', '/jobset/demo/main/enable', {})).json.events).toEqual([]);
  });

  it('change its shares, and refuse what is no share', async () => {
    const { json } = await ada.send('POST', '/jobset/demo/main/share', { shares: 250, reason: 'release week' });
    expect(json.events).toMatchObject([{ type: 'ShareChanged' }]);
    expect((await newest('main')).data).toMatchObject({ shares: 250, before: 100 });
    for (const shares of [0, -1, 1.5, 'many', undefined]) {
      const refused = await ada.send('POST', '/jobset/demo/main/share', { shares });
      expect(refused).toMatchObject({ status: 400, json: { field: 'shares' } });
    }
    expect(await read('/jobset/demo/main')).toMatchObject({ schedulingshares: 250 });
  });

  it('clone it as it is now, in another project too, and name what was copied', async () => {
    const source = await newest('main');
    const changes = { enabled: 2, inputs: { src: { type: 'git', value: 'https://example.org/demo.git v1' } } };
    const made = await ada.send('POST', '/jobset/demo/main/clone', { name: 'v1', changes, reason: 'release 1' });
    expect(made).toMatchObject({ status: 201, json: { name: 'v1', type: 'jobset' } });
    const cloned = await newest('v1');
    expect(cloned).toMatchObject({
      type: 'JobsetCloned',
      data: { source: { project: 'demo', name: 'main', revision: source.revision } },
    });
    expect(await read('/jobset/demo/v1')).toMatchObject({
      enabled: 2,
      schedulingshares: 250,
      nixexprpath: 'release.nix',
      inputs: { src: { value: 'https://example.org/demo.git v1' } },
    });
    expect(Object.keys((await read('/jobset/demo/v1')).inputs)).toEqual(['src']);
    await ada.send('POST', '/jobset/demo/main/clone', { name: 'main', project: 'other' });
    const [first, second] = [await read('/jobset/demo/main'), await read('/jobset/other/main')];
    expect({ ...second, project: 'demo' }).toEqual({
      ...first,
      lastcheckedtime: null,
      triggertime: second.triggertime,
    });
    const flake = { name: 'flake', changes: { flake: 'github:example/demo' } };
    expect((await ada.send('POST', '/jobset/demo/main/clone', flake)).status).toBe(201);
    expect(await read('/jobset/demo/flake')).toMatchObject({ type: 1, flake: 'github:example/demo', nixexprpath: '' });
  });

  it('refuse a clone that would not be one, name the field, and leave everything as it was', async () => {
    const clone = (body: object, as: Client = ada) => as.send('POST', '/jobset/demo/main/clone', body);
    expect(await clone({ name: 'v1' })).toMatchObject({ status: 409 });
    expect(await clone({})).toMatchObject({ status: 400, json: { field: 'name' } });
    for (const [field, value] of Object.entries({ name: 'w', project: 'other', clonedfrom: {}, reason: 'r' }))
      expect(await clone({ name: 'v2', changes: { [field]: value } })).toMatchObject({
        status: 400,
        json: { field: `changes.${field}` },
      });
    expect(await clone({ name: 'a/b' })).toMatchObject({ status: 400, json: { field: 'name' } });
    expect(await clone({ name: 'x', project: 'nowhere' })).toMatchObject({ status: 404 });
    const wrong = { inputs: { src: { type: 'gti', value: 'x' } } };
    const named = await clone({ name: 'x', changes: wrong });
    expect(named).toMatchObject({ status: 400, json: { field: expect.stringContaining('changes.inputs.src') } });
    expect(await clone({ name: 'x', changes: { checkintervall: 1 } })).toMatchObject({ status: 400 });
    expect((await clone({ name: 'x' }, bob)).status).toBe(403);
    expect((await api.anonymous.get('/jobset/demo/x')).status).toBe(404);
  });

  it('are only the owner’s, are tried without being done, and know whose revision they are about', async () => {
    for (const order of ['enable', 'disable', 'share'])
      expect(
        (await bob.send('POST', `/jobset/demo/main/${order}`, order === 'share' ? { shares: 1 } : {})).status,
      ).toBe(403);
    const before = await newest('main');
    const tried = await ada.send('POST', '/jobset/demo/main/share?dry-run=1', { shares: 7 });
    expect(tried.json).toMatchObject({ dryRun: true, events: [{ type: 'ShareChanged', data: { shares: 7 } }] });
    expect((await newest('main')).id).toBe(before.id);
    const headers = { 'if-match': `"${before.revision}"` };
    const both = await Promise.all(
      [11, 12].map((shares) => ada.send('POST', '/jobset/demo/main/share', { shares }, headers)),
    );
    expect(both.map(({ status }) => status).sort()).toEqual([200, 409]);
    expect((await newest('main')).revision).toBe(before.revision + 1);
    expect((await ada.send('POST', '/jobset/demo/nothing/disable', {})).status).toBe(404);
  });
});
