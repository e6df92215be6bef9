import { startApi, type TestApi } from '../../testing/api.js';

const FORM = { accept: 'text/html', 'content-type': 'application/x-www-form-urlencoded' };
const HOSTILE = '<script>alert(1)</script>\nsecond line';

describe('news', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await startApi();
  });
  afterAll(() => api.close());

  const post = (contents: unknown, headers = {}, query = '') =>
    api.admin.send('POST', `/admin/news/submit${query}`, { contents, reason: 'to tell' }, headers);

  it('is posted by administrators and shown to everybody as the text that it is', async () => {
    const { status, json } = await post(HOSTILE);
    expect([status, json.events]).toMatchObject([201, [{ type: 'NewsPosted' }]]);
    const listed = await api.admin.get('/admin/news');
    expect(listed.json).toMatchObject([{ contents: HOSTILE, author: 'admin', createtime: expect.any(Number) }]);
    for (const page of [await api.anonymous.page('/'), await api.admin.page('/admin/news')]) {
      expect(page.text).toContain('&lt;script>alert(1)&lt;/script>\nsecond line');
      expect(page.text).not.toContain('<script>alert');
    }
  });

  it('is in the audit without its text, with who and why', async () => {
    await post('a secret slip of the tongue');
    const { json, text } = await api.admin.get('/api/audit?action=NewsPosted');
    expect(json.events[0]).toMatchObject({ actor: { name: 'admin' }, role: 'admin', reason: 'to tell' });
    expect(text).not.toContain('slip');
    expect((await api.admin.page('/audit?action=NewsPosted')).text).toMatch(/posted news \d+/);
  });

  it('is taken down for good, once', async () => {
    await post('soon gone');
    const [{ id }] = (await api.admin.get('/admin/news')).json;
    const tried = await api.admin.send('POST', `/admin/news/delete/${id}?dry-run=1`, {});
    expect(tried.json).toMatchObject({ dryRun: true, events: [{ type: 'NewsDeleted', data: { newsId: id } }] });
    const gone = await api.admin.send('POST', `/admin/news/delete/${id}`, 'reason=old', FORM);
    expect([gone.status, gone.headers.get('location')]).toEqual([303, '/admin/news']);
    expect((await api.anonymous.page('/')).text).not.toContain('soon gone');
    const again = await api.admin.send('POST', `/admin/news/delete/${id}`, {});
    expect([again.status, again.json.field]).toEqual([404, 'id']);
    await post('gone by a key');
    const [news] = (await api.admin.get('/admin/news')).json;
    const remove = () => api.admin.send('POST', `/admin/news/delete/${news.id}`, {}, { 'idempotency-key': 'gone' });
    const { json } = await remove();
    expect(await remove()).toMatchObject({ status: 200, json });
  });

  it('is posted once by an idempotency key, and not at all by a dry run', async () => {
    const before = (await api.admin.get('/admin/news')).json.length;
    const key = { 'idempotency-key': 'news-1' };
    await post('once', key);
    await post('once', key);
    const tried = await post('never', {}, '?dry-run=1');
    expect(tried.json.events).toMatchObject([{ type: 'NewsPosted' }]);
    const { json } = await api.admin.get('/admin/news');
    expect(json).toHaveLength(before + 1);
    expect(json[0].contents).toBe('once');
  });

  it.each([
    ['no text', undefined],
    ['blanks', ' \n '],
    ['too much', 'x'.repeat(10_001)],
    ['half a character', '\ud800'],
  ])('is refused where it is %s', async (_, contents) => {
    const { status, json } = await post(contents);
    expect([status, json.field]).toEqual([400, 'contents']);
  });

  it('takes no revision: it has none, and whoever expects one must not believe that it was looked at', async () => {
    const before = (await api.admin.get('/admin/news')).json;
    const stale = { 'if-match': '"0"' };
    const refused = [await post('never', stale), await api.admin.send('POST', '/admin/news/delete/1', {}, stale)];
    for (const { status, json } of refused)
      expect([status, json.field, json.rule]).toEqual([400, 'If-Match', 'must be left out: news has no revision']);
    expect((await api.admin.get('/admin/news')).json).toEqual(before);
  });

  it('is for administrators to keep', async () => {
    const ada = await api.signIn('ada', 'create-projects');
    for (const [method, path, body] of [
      ['GET', '/admin/news', undefined],
      ['POST', '/admin/news/submit', { contents: 'x' }],
      ['POST', '/admin/news/delete/1', {}],
    ] as const) {
      expect([path, (await ada.send(method, path, body)).status]).toEqual([path, 403]);
      expect([path, (await api.anonymous.send(method, path, body)).status]).toEqual([path, 401]);
    }
  });
});
