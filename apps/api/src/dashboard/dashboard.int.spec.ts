import { startApi, type TestApi } from '../../testing/api.js';
import type { Client } from '../../testing/client.js';
import { caughtUp, simulate, startStep, storePath } from '../../testing/farm.js';
import { jobsetBody } from '../../testing/jobset-body.js';

describe('the dashboard of a user', () => {
  let api: TestApi;
  let ada: Client & { id: string };
  let bob: Client & { id: string };
  beforeAll(async () => {
    api = await startApi();
    ada = await api.signIn('ada', 'create-projects');
    bob = await api.signIn('bob');
    await ada.send('PUT', '/project/demo', { members: ['bob'] });
    await ada.send('POST', '/project/demo/members', { members: ['bob'] });
    await ada.send('PUT', '/jobset/demo/main', jobsetBody);
    await ada.send('PUT', '/jobset/demo/once', { ...jobsetBody, enabled: 2 });
    const mine = { maintainers: ['x@example.org', 'ada@example.org'] };
    const jobs = [
      { job: 'good', status: 'succeeded', description: mine },
      { job: 'bad', status: 'failed', description: mine },
      { job: 'waiting', description: mine },
      { job: 'near', status: 'failed', description: { maintainers: ['not-ada@example.org'] } },
    ] as const;
    const of = { project: 'demo', jobset: 'main', jobs };
    await simulate(api, { ...of, evaluationId: 500, firstBuildId: 500, atMs: Date.parse('2026-01-02T00:00:00Z') });
    await simulate(api, { ...of, evaluationId: 501, firstBuildId: 510, atMs: Date.parse('2026-01-03T00:00:00Z') });
    await api.admin.send('POST', '/user/ada', { emailaddress: 'ada@example.org' });
  });
  afterAll(() => api.close());

  it('has the jobs that the user starred, with their newest builds, failing first', async () => {
    expect(await ada.send('POST', '/job/demo/main/good/star')).toMatchObject({ status: 200, json: { star: true } });
    expect(await ada.send('POST', '/job/demo/main/bad/star', { star: true })).toMatchObject({ status: 200 });
    const { json } = await ada.get('/dashboard/ada');
    expect(json).toMatchObject([
      { job: 'bad', builds: [{ id: 511 }, { id: 501 }] },
      { job: 'good', builds: [{ id: 510 }, { id: 500 }] },
    ]);
    expect((await ada.page('/job/demo/main/bad')).text).toContain('★ Starred');
    await ada.send('POST', '/job/demo/main/bad/star', { star: false });
    expect((await ada.get('/dashboard/ada')).json).toHaveLength(1);
    expect((await ada.page('/job/demo/main/bad')).text).toContain('☆ Star');
    expect((await api.anonymous.page('/job/demo/main/bad')).text).not.toContain('Star');
    expect(await api.anonymous.send('POST', '/job/demo/main/good/star')).toMatchObject({ status: 401 });
    expect(await ada.send('POST', '/job/demo/main/none/star')).toMatchObject({ status: 404 });
    expect(await ada.send('POST', '/job/demo/main/good/star', { star: 'x' })).toMatchObject({ status: 400 });
    // It is no event, and so there is nothing to answer that would be appended.
    const dry = await ada.send('POST', '/job/demo/main/bad/star?dry-run=1');
    expect(dry).toMatchObject({ status: 400, json: { field: 'dry-run' } });
    expect((await ada.get('/dashboard/ada')).json).toHaveLength(1);
  });

  it('keeps a star when the jobset is renamed', async () => {
    await ada.send('PUT', '/jobset/demo/main', { ...jobsetBody, name: 'trunk' });
    expect((await ada.get('/dashboard/ada')).json).toMatchObject([{ jobset: 'trunk', job: 'good' }]);
    await ada.send('PUT', '/jobset/demo/trunk', { ...jobsetBody, name: 'main' });
  });

  it('has the jobs whose maintainers have exactly the user’s address, failing first, with since when', async () => {
    const { json } = await ada.get('/dashboard/ada/my-jobs');
    expect(json).toMatchObject([
      { job: 'bad', status: 'failed', failingSince: Date.parse('2026-01-02T00:00:02.500Z') },
      { job: 'waiting', status: 'queued', failingSince: null },
      { job: 'good', status: 'succeeded', failingSince: null },
    ]);
    expect(json).toHaveLength(3);
    await startStep(api, 512, storePath(512, 'job-512.drv'), 1, Date.parse('2026-01-03T00:00:00Z'));
    await caughtUp(api);
    expect((await ada.get('/dashboard/ada/my-jobs')).json[1]).toMatchObject({ job: 'waiting', status: 'running' });
    expect((await ada.page('/dashboard/ada/my-jobs')).text).toContain('▶');
    expect((await bob.page('/dashboard/bob/my-jobs')).text).toContain('has none');
  });

  it('has the jobsets of the projects that the user owns or is a member of, failing first', async () => {
    const names = async (as: Client, user: string) =>
      (await as.get(`/dashboard/${user}/my-jobsets`)).json.map(({ name }: { name: string }) => name);
    expect(await names(ada, 'ada')).toEqual(['main', 'once']);
    expect(await names(bob, 'bob')).toEqual(['main', 'once']);
    expect(await names(api.admin, 'admin')).toEqual([]);
    // Whoever hid one finds it here, as in Hydra.
    await ada.send('PUT', '/jobset/demo/once', { ...jobsetBody, enabled: 2, visible: false });
    expect(await names(ada, 'ada')).toEqual(['main', 'once']);
    expect((await ada.page('/dashboard/ada/my-jobsets')).text).toMatch(/once<\/a><span class="muted"> hidden/);
  });

  it('has its parts at the addresses that Hydra gives them too', async () => {
    for (const part of ['my-jobs', 'my-jobsets'])
      expect((await ada.get(`/dashboard/ada/${part}-tab`)).json).toEqual(
        (await ada.get(`/dashboard/ada/${part}`)).json,
      );
  });

  it('is nobody else’s business until its user publishes it', async () => {
    for (const part of ['', '/my-jobs', '/my-jobsets', '/my-jobs-tab', '/my-jobsets-tab']) {
      expect(await bob.get(`/dashboard/ada${part}`)).toMatchObject({ status: 404 });
      expect(await api.anonymous.get(`/dashboard/ada${part}`)).toMatchObject({ status: 401 });
    }
    expect(await bob.send('POST', '/dashboard/ada/publish', { public: true })).toMatchObject({ status: 403 });
    expect(await ada.send('POST', '/dashboard/ada/publish', { public: true })).toMatchObject({ status: 200 });
    expect((await api.anonymous.page('/dashboard/ada')).text).toContain('good');
    expect((await api.anonymous.page('/dashboard/ada')).text).not.toContain('Publish');
    await ada.send('POST', '/dashboard/ada/publish', { public: false });
    expect(await bob.get('/dashboard/ada')).toMatchObject({ status: 404 });
    expect(await api.admin.get('/dashboard/ada')).toMatchObject({ status: 200 });
    expect(await api.anonymous.get('/dashboard/nobody')).toMatchObject({ status: 401 });
  });
});
