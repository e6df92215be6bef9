import { startApi, type TestApi } from '../testing/api.js';
import type { Client } from '../testing/client.js';
import { jobsetBody } from '../testing/jobset-body.js';

describe('the address of what was deleted', () => {
  let api: TestApi;
  let ada: Client & { id: string };
  let bob: Client & { id: string };
  const bare = { error: 'there is no such jobset', field: 'jobset', rule: 'must name something that exists' };
  beforeAll(async () => {
    api = await startApi();
    ada = await api.signIn('ada', 'create-projects');
    bob = await api.signIn('bob');
    await ada.send('PUT', '/project/demo', {});
    await ada.send('PUT', '/jobset/demo/old', jobsetBody);
    await api.admin.send('DELETE', '/jobset/demo/old', { reason: 'nobody <b>uses</b> it' });
    await ada.send('PUT', '/jobset/demo/secret', { ...jobsetBody, visible: false });
    await api.admin.send('DELETE', '/jobset/demo/secret');
    await ada.send('PUT', '/project/over', {});
    await ada.send('PUT', '/jobset/over/main', jobsetBody);
    await api.admin.send('DELETE', '/project/over', { reason: 'it is done' });
    await ada.send('PUT', '/project/quiet', { visible: false });
    await ada.send('PUT', '/jobset/quiet/main', jobsetBody);
    await api.admin.send('DELETE', '/project/quiet', { reason: 'it was a trial' });
  });
  afterAll(() => api.close());

  it('says when, by whom and why, as JSON', async () => {
    const { status, json } = await bob.get('/jobset/demo/old');
    expect([status, json]).toEqual([
      404,
      {
        error: 'there is no jobset demo:old any more: it was deleted',
        field: 'jobset',
        rule: 'must name something that exists',
        deleted: {
          at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
          by: 'admin',
          role: 'admin',
          reason: 'nobody <b>uses</b> it',
          event: expect.any(String),
        },
        audit: '/api/audit?jobset=demo%3Aold',
      },
    ]);
    const told = (await bob.get(json.audit)).json.events[0];
    expect(told).toMatchObject({ id: json.deleted.event, type: 'JobsetDeleted', at: json.deleted.at });
    for (const path of ['/jobset/demo/old/history', '/jobset/demo/old/evals', '/job/demo/old/a'])
      expect((await bob.get(path)).json.deleted).toEqual(json.deleted);
  });

  it('says so as a page, with the way to the audit and to what was there before', async () => {
    const { status, text } = await bob.page('/jobset/demo/old');
    expect([status, text]).toEqual([404, expect.stringContaining('There is no jobset demo:old any more')]);
    expect(text).toContain('nobody &lt;b>uses&lt;/b> it');
    expect(text).toContain('href="/audit?jobset=demo%3Aold"');
    const [, before] = /href="(\/jobset\/demo\/old\?at=[^"]+)"/.exec(text)!;
    expect((await api.anonymous.get(before!)).json).toMatchObject({ name: 'old', project: 'demo' });
  });

  it('says so of a project, and of the jobsets that went with it', async () => {
    const { status, json } = await bob.get('/project/over');
    expect([status, json]).toMatchObject([
      404,
      { field: 'project', deleted: { by: 'admin', reason: 'it is done' }, audit: '/api/audit?project=over' },
    ]);
    expect((await bob.get('/jobset/over/main')).json.deleted).toMatchObject({ by: 'admin', reason: 'it is done' });
    const [, before] = /href="(\/project\/over\?at=[^"]+)"/.exec((await bob.page('/project/over')).text)!;
    expect((await api.anonymous.get(before!)).json).toMatchObject({ name: 'over', jobsets: ['main'] });
  });

  it('says so under a name that it had before', async () => {
    await ada.send('PUT', '/jobset/demo/first', jobsetBody);
    await ada.send('PUT', '/jobset/demo/first', { ...jobsetBody, name: 'second' });
    await api.admin.send('DELETE', '/jobset/demo/second');
    const { status, json } = await bob.get('/jobset/demo/first');
    expect([status, json]).toMatchObject([
      404,
      { error: expect.stringContaining('demo:second'), deleted: { by: 'admin' } },
    ]);
    await ada.send('PUT', '/project/one', {});
    await ada.send('PUT', '/project/one', { name: 'two' });
    await api.admin.send('DELETE', '/project/two');
    expect((await bob.get('/project/one')).json).toMatchObject({ error: expect.stringContaining('project two') });
  });

  it('leads strangers to no audit that they may not see', async () => {
    const { json } = await api.anonymous.get('/jobset/demo/old');
    expect(json).toMatchObject({ deleted: { by: 'admin' } });
    expect(json).not.toHaveProperty('audit');
    expect((await api.anonymous.page('/jobset/demo/old')).text).not.toContain('/audit?');
  });

  it.each(['/jobset/demo/secret', '/jobset/quiet/main', '/project/quiet'])(
    'does not tell strangers that there was something in no list: %s',
    async (path) => {
      const never = await api.anonymous.get(path.replace(/\w+$/, 'never'));
      const { status, json } = await api.anonymous.get(path);
      expect([status, json]).toEqual([404, never.json]);
      const page = await api.anonymous.page(path);
      expect([page.status, page.text]).toEqual([404, expect.not.stringContaining('eleted')]);
      expect((await bob.get(path)).json).toMatchObject({ deleted: {} });
    },
  );

  it('is a bare 404 where there never was anything, and what it was before where it is made anew', async () => {
    expect((await bob.get('/jobset/demo/never')).json).toEqual(bare);
    expect((await bob.get('/project/never')).json).not.toHaveProperty('deleted');
    await ada.send('PUT', '/jobset/demo/old', jobsetBody);
    expect((await bob.get('/jobset/demo/old')).status).toBe(200);
  });
});
