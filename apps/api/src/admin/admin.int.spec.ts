import { createQuestions } from '#coordination';
import { startApi, type TestApi } from '../../testing/api.js';
import { simulate } from '../../testing/farm.js';
import { jobsetBody } from '../../testing/jobset-body.js';

describe('administration', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await startApi({ requireReason: true });
    const { admin } = api;
    await admin.send('PUT', '/project/demo', { reason: 'r' });
    await admin.send('PUT', '/jobset/demo/main', { ...jobsetBody, reason: 'r' });
    const of = { project: 'demo', jobset: 'main' };
    await simulate(api, {
      ...of,
      evaluationId: 1,
      firstBuildId: 10,
      jobs: [{ job: 'old' }, { job: 'broken', status: 'failed', log: 'no\n' }],
    });
    await simulate(api, { ...of, evaluationId: 2, firstBuildId: 20, jobs: [{ job: 'new' }] });
  });
  afterAll(() => api.close());

  it('is the administrators’', async () => {
    const eve = await api.signIn('eve', 'cancel-build', 'restart-jobs');
    for (const verb of ['clear-queue-non-current', 'clear-failed-cache', 'clear-vcs-cache'])
      expect(await eve.send('POST', `/admin/${verb}`, { reason: 'r' })).toMatchObject({ status: 403 });
    expect(await eve.get('/admin')).toMatchObject({ status: 403 });
    expect(await api.anonymous.get('/admin')).toMatchObject({ status: 401 });
  });

  it('wants a reason where the farm is set up so, but for pushes', async () => {
    const nameless = await api.admin.send('POST', '/admin/clear-queue-non-current');
    expect(nameless).toMatchObject({ status: 400, json: { field: 'reason', rule: 'is required' } });
    expect(await api.admin.send('POST', '/build/20/bump', { reason: ' ' })).toMatchObject({ status: 400 });
    expect(await api.admin.send('POST', '/api/push?jobsets=demo:main')).toMatchObject({ status: 200 });
  });

  it('has a field for it in every form that orders something', async () => {
    await api.admin.send('POST', '/user/admin/tokens', { name: 'CI', reason: 'r' });
    await api.admin.send('POST', '/admin/news/submit', { contents: 'soon', reason: 'r' });
    await api.admin.send('POST', '/machines', { uri: 'localhost', systemTypes: ['x86_64-linux'], reason: 'r' });
    const pages = ['/user/admin', '/users', '/machines', '/admin', '/admin/news', '/create-project', '/project/demo'];
    for (const path of [...pages, '/project/demo/edit', '/jobset/demo/main', '/jobset/demo/main/edit', '/build/20']) {
      const { text } = await api.admin.page(path);
      const forms = text.match(/<form method="post".*?<\/form>/gs) ?? [];
      const without = forms.filter((form) => !form.includes('name="reason"'));
      const actions = without.map((form) => /action="([^"]*)"/.exec(form)![1]);
      expect([path, actions.filter((action) => action !== '/logout' && action !== '/user/admin')]).toEqual([path, []]);
    }
  });

  it('does not call it optional in its menus', async () => {
    for (const path of ['/', '/project/demo', '/jobset/demo/main', '/eval/2', '/build/20']) {
      const { text } = await api.admin.page(path);
      const [, menu] = /<details class="menu">(.*?)<\/ul><\/details>/s.exec(text)!;
      expect([path, menu]).toEqual([path, expect.not.stringContaining('optional')]);
      const fields = [...menu!.matchAll(/<input[^>]*name="reason"[^>]*>/g)];
      expect([path, fields.filter(([field]) => !field.includes('required'))]).toEqual([path, []]);
    }
  });

  it('cancels builds that are in no newest evaluation, and says first which', async () => {
    const address = '/admin/clear-queue-non-current';
    const dry = await api.admin.send('POST', `${address}?dry-run=1`, { reason: 'r' });
    expect(dry.json).toMatchObject({
      dryRun: true,
      builds: 1,
      events: [{ stream: 'build-10', type: 'BuildCancelled' }],
    });
    expect((await api.admin.get('/admin')).json).toMatchObject({ nonCurrentBuilds: 1 });
    const done = await api.admin.send('POST', address, { reason: 'nobody waits' });
    expect(done).toMatchObject({ status: 200, json: { builds: 1, events: [{ type: 'BuildCancelled' }] } });
    expect((await api.admin.get('/build/10')).json).toMatchObject({ finished: 1, buildstatus: 4 });
    expect((await api.admin.get('/build/20')).json).toMatchObject({ finished: 0 });
    expect((await api.admin.get('/admin')).json).toMatchObject({ nonCurrentBuilds: 0 });
  });

  it('forgets remembered failures', async () => {
    const { json } = await api.admin.get('/admin');
    expect(json.cachedFailures).toBe(1);
    expect(
      (await api.admin.send('POST', '/admin/clear-failed-cache', { drvPath: 'none', reason: 'r' })).json,
    ).toMatchObject({ derivations: 0 });
    const done = await api.admin.send('POST', '/admin/clear-failed-cache', { reason: 'the disk was full' });
    expect(done.json).toMatchObject({ derivations: 1, events: [{ type: 'CachedFailureCleared' }] });
    expect((await api.admin.get('/admin')).json).toMatchObject({ cachedFailures: 0 });
    expect((await api.admin.page('/admin')).text).toContain('Remembered failures');
  });

  it('refuses an idempotency key for another request than its first', async () => {
    const key = { 'idempotency-key': 'k1' };
    const share = (shares: number, headers = key) =>
      api.admin.send('POST', '/jobset/demo/main/share', { shares, reason: 'r' }, headers);
    const first = await share(7);
    expect(first).toMatchObject({ status: 200 });
    expect((await share(7)).json.events).toEqual(first.json.events);
    expect(await share(8)).toMatchObject({ status: 422, json: { field: 'Idempotency-Key' } });
    expect(await share(8, { 'idempotency-key': 'k2' })).toMatchObject({ status: 200 });
  });

  it('has the evaluator forget what it fetched, which is an event; a dry run counts', async () => {
    const asked: unknown[] = [];
    const stop = new AbortController();
    const handler = (question: unknown) => {
      asked.push(question);
      return { clones: 3, busy: 1 };
    };
    const answered = createQuestions(api.database).answer('evaluator', handler, stop.signal);
    expect(await api.admin.send('POST', '/admin/clear-vcs-cache', {})).toMatchObject({ status: 400 });
    const guarded = await api.admin.send('POST', '/admin/clear-vcs-cache', { reason: 'r' }, { 'if-match': '"1"' });
    expect(guarded).toMatchObject({ status: 400, json: { field: 'If-Match' } });
    const tried = await api.admin.send('POST', '/admin/clear-vcs-cache?dry-run=1', { reason: 'r' });
    expect(tried.json).toMatchObject({ dryRun: true, clones: 3, busy: 1, events: [{ type: 'FetchCacheCleared' }] });
    const key = { 'idempotency-key': 'clones' };
    const done = await api.admin.send('POST', '/admin/clear-vcs-cache', { reason: 'damaged' }, key);
    expect((await api.admin.send('POST', '/admin/clear-vcs-cache', { reason: 'damaged' }, key)).json).toEqual(
      done.json,
    );
    expect(done.json).toMatchObject({ clones: 3, busy: 1, events: [{ type: 'FetchCacheCleared' }] });
    expect(asked).toEqual([
      { kind: 'clear-clones', dryRun: true },
      { kind: 'clear-clones', dryRun: false },
    ]);
    expect((await api.admin.page('/audit?action=FetchCacheCleared')).text).toContain('forget 3 clones');
    stop.abort();
    await answered;
  });

  it('cannot have that done while no evaluator is at work', async () => {
    const { status, headers } = await api.admin.send('POST', '/admin/clear-vcs-cache', { reason: 'r' });
    expect([status, headers.get('retry-after')]).toEqual([503, '5']);
  });

  it('changes nothing of an account where the reason is missing that the farm wants', async () => {
    const body = { username: 'frank', password: 'correct horse' };
    expect((await api.admin.send('POST', '/users', body)).json).toMatchObject({ field: 'reason' });
    expect((await api.admin.send('POST', '/users', { ...body, reason: 'new' })).status).toBe(201);
    const { json: token } = await api.admin.send('POST', '/user/admin/tokens', { name: 'CI', reason: 'r' });
    const revoke = `/user/admin/tokens/${token.id}/revoke`;
    expect((await api.admin.send('POST', revoke, {})).json).toMatchObject({ field: 'reason' });
    expect((await api.admin.send('POST', revoke, { reason: 'r' })).status).toBe(200);
  });
});
