import { startApi, type TestApi } from '../../testing/api.js';

let api: TestApi;
beforeAll(async () => {
  api = await startApi();
  await api.signIn('eve');
});
afterAll(() => api.close());

describe('a session', () => {
  it('is opened by a password and closed by a logout', async () => {
    const user = await api.signIn('bob', 'eval-jobset');
    expect((await user.get('/current-user')).json).toEqual({
      username: 'bob',
      fullname: '',
      emailaddress: '',
      userroles: ['eval-jobset'],
    });
    expect((await user.send('POST', '/logout')).status).toBe(204);
    expect((await user.get('/current-user')).status).toBe(401);
  });
  it('has a cookie that scripts and other sites cannot use', async () => {
    const { headers } = await api.anonymous.send('POST', '/login', { username: 'eve', password: 'secret' });
    expect(headers.get('set-cookie')).toMatch(
      /^iolaus_session=[\w-]{43}; Path=\/; Max-Age=604800; HttpOnly; SameSite=Lax$/,
    );
  });
  it('is refused alike for a wrong password and an unknown name, and throttled in the end', async () => {
    const login = (username: string) => api.anonymous.send('POST', '/login', { username, password: 'wrong' });
    const [wrong, unknown] = [await login('eve'), await login('nobody')];
    expect([wrong.status, wrong.json]).toEqual([unknown.status, unknown.json]);
    expect(wrong.status).toBe(403);
    for (let i = 0; i < 4; i++) await login('eve');
    const throttled = await api.anonymous.send('POST', '/login', { username: 'eve', password: 'secret' });
    expect(throttled.status).toBe(429);
    expect(Number(throttled.headers.get('retry-after'))).toBeGreaterThan(0);
  });
  it('is a new one whatever cookie came along, so that nobody can be made to use a known one', async () => {
    const planted = { cookie: `iolaus_session=${'A'.repeat(43)}` };
    const login = () => api.anonymous.send('POST', '/login', { username: 'admin', password: 'secret' }, planted);
    const [first, second] = [await login(), await login()].map(
      ({ headers }) => /^iolaus_session=([\w-]{43});/.exec(headers.get('set-cookie') ?? '')![1],
    );
    expect(new Set([first, second, 'A'.repeat(43)]).size).toBe(3);
    expect((await api.anonymous.get('/current-user', planted)).status).toBe(401);
  });
  it('is opened on the way: the form leads back to the page from which one came', async () => {
    for (const [path, leads] of [
      ['/queue?jobset=a%3Ab', '/login?next=%2Fqueue%3Fjobset%3Da%253Ab'],
      ['/audit', '/login?next=%2Faudit'],
      ['/', '/login'],
      ['/login', '/login'],
    ] as const)
      expect((await api.anonymous.page(path)).text).toContain(`<a href="${leads}">Sign in</a>`);
    const form = await api.anonymous.page('/login?next=%2Fqueue%3Fjobset%3Da%253Ab');
    expect(form.text).toContain('<input type="hidden" name="next" value="/queue?jobset=a%3Ab"/>');
    for (const elsewhere of ['//evil.example', 'https://evil.example', '/%5Cevil.example'])
      expect((await api.anonymous.get(`/login?next=${elsewhere}`)).status).toBe(400);
    const refused = await api.anonymous.send('POST', '/login', 'username=admin&password=wrong&next=%2Fqueue', {
      accept: 'text/html',
      'content-type': 'application/x-www-form-urlencoded',
    });
    expect([refused.status, refused.text.includes('name="next" value="/queue"')]).toEqual([403, true]);
  });
  it('that is missing for a form leads to the overview: what was sent is no page', async () => {
    const { status, text } = await api.anonymous.send('POST', '/build/1/restart', '', {
      accept: 'text/html',
      'content-type': 'application/x-www-form-urlencoded',
    });
    expect(status).toBeGreaterThanOrEqual(401);
    expect(text).toContain('<a href="/login">Sign in</a>');
  });
  it('is opened by a form, which goes on to a page of ours only', async () => {
    const form = (next: string) =>
      api.anonymous.send('POST', '/login', `username=admin&password=secret&next=${encodeURIComponent(next)}`, {
        accept: 'text/html',
        'content-type': 'application/x-www-form-urlencoded',
      });
    const went = await form('/queue');
    expect([went.status, went.headers.get('location')]).toEqual([303, '/queue']);
    for (const elsewhere of ['//evil.example', 'https://evil.example', '/\\evil.example', 'javascript:x'])
      expect((await form(elsewhere)).status).toBe(400);
  });
});
