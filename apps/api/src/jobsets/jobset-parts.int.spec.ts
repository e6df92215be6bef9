import { startApi, type TestApi } from '../../testing/api.js';
import type { Client } from '../../testing/client.js';
import { simulate } from '../../testing/farm.js';
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
  });

  it('its jobs are found by the search, but for those of hidden jobsets', async () => {
    const found = async () => (await api.anonymous.get('/search?query=tests.')).json.jobs;
    expect(await found()).toEqual([
      { project: 'demo', jobset: 'main', job: 'tests.one' },
      { project: 'demo', jobset: 'main', job: 'tests.two' },
    ]);
    expect((await api.anonymous.page('/search?query=TESTS.')).text).toContain('/job/demo/main/tests.one');
    await ada.send('POST', '/project/demo/hide', { reason: 'r' });
    expect(await found()).toBeUndefined();
    await ada.send('POST', '/project/demo/unhide', { reason: 'r' });
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
    expect((await api.anonymous.page('/jobset/demo/release/history')).text).toContain('for 1.0');
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
