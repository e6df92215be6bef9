import { userStream } from '#domain';
import { startApi, type TestApi } from '../../testing/api.js';
import type { Client } from '../../testing/client.js';

const FORM = { accept: 'text/html', 'content-type': 'application/x-www-form-urlencoded' };
const HOSTILE = '<script>alert(1)</script>';

describe('users', () => {
  let api: TestApi;
  let ada: Client & { id: string };
  beforeAll(async () => {
    api = await startApi({ trustedProxies: ['127.0.0.0/8'] });
    ada = await api.signIn('ada', 'restart-jobs', 'create-projects');
  });
  afterAll(() => api.close());

  const login = (username: string, password: string, headers = {}) =>
    api.anonymous.send('POST', '/login', { username, password }, headers);
  const events = async (id: string) => {
    const found = [];
    for await (const event of api.store.readStream(userStream(id))) found.push(event);
    return found;
  };
  /** A client that shows a bearer token, and neither cookie nor origin. */
  const bearer = (token: string) => async (method: string, path: string, body?: unknown) => {
    const response = await fetch(`${api.url}${path}`, {
      method,
      redirect: 'manual',
      headers: {
        authorization: `Bearer ${token}`,
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, headers: response.headers, text: await response.text() };
  };
  const makeToken = async (body: object): Promise<{ id: string; token: string }> => {
    const made = await ada.send('POST', '/user/ada/tokens', body);
    expect(made.status).toBe(201);
    return made.json;
  };

  it('are listed, created and given roles by administrators, each grant an event with its reason', async () => {
    const body = {
      username: 'bob',
      password: 'correct horse',
      fullname: HOSTILE,
      roles: ['eval-jobset'],
      reason: 'new',
    };
    const made = await api.admin.send('POST', '/users', body);
    expect([made.status, made.json.userroles]).toEqual([201, ['eval-jobset']]);
    expect((await login('bob', 'correct horse')).json).toMatchObject({ username: 'bob', userroles: ['eval-jobset'] });
    expect((await api.admin.send('POST', '/users', body)).json).toMatchObject({ field: 'username' });
    const again = await api.admin.send('POST', '/user/bob/roles', { roles: ['cancel-build'], reason: 'moved' });
    expect(again.json.events).toMatchObject([{ type: 'RolesChanged' }]);
    const { json } = await api.admin.get('/users');
    expect(json.find(({ username }: { username: string }) => username === 'bob').userroles).toEqual(['cancel-build']);
    const page = await api.admin.page('/users');
    expect(page.text).toContain('&lt;script>');
    expect(page.text).not.toContain(HOSTILE);
    const id = /user-(\w+)/.exec(again.json.events[0].stream)![1]!;
    expect((await events(id)).map(({ type, metadata }) => [type, metadata.role, metadata.reason])).toEqual([
      ['UserCreated', 'admin', 'new'],
      ['RolesChanged', 'admin', 'new'],
      ['RolesChanged', 'admin', 'moved'],
    ]);
  });

  it('are given roles by a form, what is not ticked being taken', async () => {
    const cleo = await api.signIn('cleo', 'restart-jobs');
    const set = await api.admin.send('POST', '/user/cleo/roles', 'roles=&role.eval-jobset=1&reason=x', FORM);
    expect([set.status, set.headers.get('location')]).toEqual([303, '/user/cleo']);
    expect((await cleo.get('/current-user')).json.userroles).toEqual(['eval-jobset']);
    expect((await api.admin.send('POST', '/user/cleo/roles', {})).json.field).toBe('roles');
    expect((await api.admin.send('POST', '/user/cleo/roles', { roles: ['root'] })).status).toBe(400);
  });

  it('see and change themselves, and nobody else', async () => {
    const put = await ada.send('PUT', '/user/ada', { fullname: 'Ada L.' });
    expect(put.json).toMatchObject({ username: 'ada', fullname: 'Ada L.', emailaddress: '' });
    for (const [method, path, body] of [
      ['GET', '/users', undefined],
      ['POST', '/users', { username: 'mallory', password: 'correct horse' }],
      ['GET', '/user/admin', undefined],
      ['GET', '/user/nosuch', undefined],
      ['PUT', '/user/admin', { fullname: 'x' }],
      ['POST', '/user/admin/password', { password: 'correct horse' }],
      ['POST', '/user/ada/roles', { roles: ['admin'] }],
      ['POST', '/user/admin/tokens', { name: 'x' }],
    ] as const) {
      expect([path, (await ada.send(method, path, body)).status]).toEqual([path, 403]);
      expect([path, (await api.anonymous.send(method, path, body)).status]).toEqual([path, 401]);
    }
    expect((await api.admin.get('/user/nosuch')).status).toBe(404);
    expect((await ada.page('/user/ada')).text).toContain('Present password');
  });

  it('have their address set by administrators only, for it decides whose jobs are whose', async () => {
    const address = { emailaddress: 'ada@example.org' };
    expect((await ada.send('PUT', '/user/ada', address)).status).toBe(403);
    expect((await api.admin.send('PUT', '/user/ada', { emailaddress: 'no address' })).json.field).toBe('emailaddress');
    expect((await api.admin.send('PUT', '/user/ada', address)).json).toMatchObject(address);
    // What a client got and sends back unchanged is no change.
    const back = await ada.send('PUT', '/user/ada', { fullname: 'Ada', ...address });
    expect([back.status, back.json]).toMatchObject([200, { fullname: 'Ada', ...address }]);
    expect((await ada.page('/user/ada')).text).toMatch(/<input type="email" value="ada@example.org"[^>]* readonly/);
    expect((await api.admin.page('/user/ada')).text).toContain('name="emailaddress"');
  });

  it('are tried without a trace where an event would come of it, and where none would a dry run is refused', async () => {
    const made = await makeToken({ name: 'tried' });
    const before = await events(ada.id);
    const id = ada.id;
    const tries = [
      [api.admin, '/user/ada/roles', { roles: ['admin'] }, [{ type: 'RolesChanged', data: { userId: id } }]],
      [api.admin, '/user/ada/password', { password: 'correct horse' }, [{ type: 'PasswordChanged' }]],
      [ada, '/user/ada/tokens', { name: 'never' }, [{ type: 'TokenCreated', data: { scope: 'all' } }]],
      [ada, `/user/ada/tokens/${made.id}/revoke`, {}, [{ type: 'TokenRevoked', data: { tokenId: made.id } }]],
      [
        api.admin,
        '/users',
        { username: 'fresh', password: 'correct horse', roles: ['cancel-build'] },
        [{ type: 'UserCreated' }, { type: 'RolesChanged', data: { roles: ['cancel-build'] } }],
      ],
    ] as const;
    for (const [client, path, body, wanted] of tries) {
      const { status, json } = await client.send('POST', `${path}?dry-run=1`, body);
      expect([path, status < 300, json]).toMatchObject([path, true, { dryRun: true, events: wanted }]);
    }
    expect(await events(id)).toEqual(before);
    expect((await login('ada', 'secret')).status).toBe(200);
    expect((await api.admin.get('/user/fresh')).status).toBe(404);
    expect((await bearer(made.token)('GET', '/current-user')).status).toBe(200);
    const tokens = (await ada.get('/user/ada')).json.tokens as { name: string }[];
    expect(tokens.map(({ name }) => name)).not.toContain('never');
    await ada.send('DELETE', `/user/ada/tokens/${made.id}`);
    const taken = await api.admin.send('POST', '/users?dry-run=1', { username: 'ada', password: 'correct horse' });
    expect([taken.status, taken.json.field]).toEqual([409, 'username']);
    for (const path of ['/user/ada', '/dashboard/ada/publish']) {
      const { status, json } = await ada.send('POST', `${path}?dry-run=1`, { public: true });
      expect([path, status, json]).toMatchObject([
        path,
        400,
        { field: 'dry-run', rule: 'is of no use here: no event would come of it' },
      ]);
    }
  });

  it('find their dashboard at Hydra’s address of it', async () => {
    const { status, headers } = await ada.page('/user/ada/dashboard');
    expect([status, headers.get('location')]).toEqual([302, '/dashboard/ada']);
    expect((await ada.page('/user/admin/dashboard')).status).toBe(403);
    expect((await api.anonymous.page('/user/ada/dashboard')).status).toBe(401);
  });

  it('change their password by the present one, which ends their other sessions', async () => {
    const dora = await api.signIn('dora');
    const other = await login('dora', 'secret');
    const cookie = other.headers.get('set-cookie')!.split(';')[0]!;
    const body = { currentpassword: 'wrong', password: 'correct horse' };
    expect((await dora.send('POST', '/user/dora/password', body)).status).toBe(403);
    expect((await dora.send('POST', '/user/dora/password', { password: 'correct horse' })).json.field).toBe(
      'currentpassword',
    );
    const short = await dora.send('POST', '/user/dora/password', { currentpassword: 'secret', password: 'short' });
    expect([short.status, short.json.field]).toEqual([400, 'password']);
    const done = await dora.send('POST', '/user/dora/password', { ...body, currentpassword: 'secret' });
    expect(done.status).toBe(200);
    expect((await dora.get('/current-user')).status).toBe(200);
    expect((await api.anonymous.get('/current-user', { cookie })).status).toBe(401);
    expect((await login('dora', 'secret')).status).toBe(403);
    expect((await login('dora', 'correct horse')).status).toBe(200);
    const reset = await api.admin.send('POST', '/user/dora/password', { password: 'battery staple' });
    expect(reset.status).toBe(200);
    expect((await dora.get('/current-user')).status).toBe(401);
    const said = JSON.stringify(await events(dora.id), (_, value: unknown) =>
      typeof value === 'bigint' ? String(value) : value,
    );
    expect(said).toContain('PasswordChanged');
    expect(said).not.toMatch(/correct horse|battery staple/);
  });

  it('keep their tokens when they change their password, unless they have them revoked with it', async () => {
    const fay = await api.signIn('fay');
    const made = async (name: string) => (await fay.send('POST', '/user/fay/tokens', { name })).json;
    const [first, second] = [await made('one'), await made('two')];
    const opens = async ({ token }: { token: string }) => (await bearer(token)('GET', '/current-user')).status;
    const change = (body: object, query = '') =>
      fay.send('POST', `/user/fay/password${query}`, { currentpassword: 'secret', password: 'correct horse', ...body });
    expect((await change({ password: 'secret secret' })).json).toEqual({ changed: true });
    expect([await opens(first), await opens(second)]).toEqual([200, 200]);

    const now = { currentpassword: 'secret secret', revokeTokens: true, reason: 'the laptop was stolen' };
    const tried = await change(now, '?dry-run=1');
    const wanted = [
      { type: 'PasswordChanged' },
      { type: 'TokenRevoked', data: { tokenId: first.id } },
      { type: 'TokenRevoked', data: { tokenId: second.id } },
    ];
    expect([tried.json, await opens(first)]).toMatchObject([{ dryRun: true, events: wanted }, 200]);
    expect((await change({ ...now, revokeTokens: 'perhaps' })).json.field).toBe('revokeTokens');
    expect((await change(now)).json).toEqual({ changed: true, revoked: [first.id, second.id] });
    expect([await opens(first), await opens(second)]).toEqual([401, 401]);
    expect((await fay.get('/user/fay')).json.tokens).toEqual([]);
    const { json } = await api.admin.get('/api/audit?action=TokenRevoked&actor=fay');
    expect(json.events).toMatchObject([
      { reason: 'the laptop was stolen', role: 'self', data: { tokenId: second.id } },
      { reason: 'the laptop was stolen', role: 'self', data: { tokenId: first.id } },
    ]);
  });

  it('lose their tokens where an administrator resets their password and has them revoked, by the form', async () => {
    const gil = await api.signIn('gil');
    const { json: token } = await gil.send('POST', '/user/gil/tokens', { name: 'CI' });
    expect((await api.admin.page('/user/gil')).text).toContain(
      '<input type="checkbox" name="revokeTokens" value="1"/>',
    );
    const opens = async () => (await bearer(token.token)('GET', '/current-user')).status;
    await api.admin.send('POST', '/user/gil/password', 'password=battery+staple', FORM);
    expect(await opens()).toBe(200);
    const reset = 'password=correct+horse&revokeTokens=1&reason=left';
    expect((await api.admin.send('POST', '/user/gil/password', reset, FORM)).headers.get('location')).toBe('/user/gil');
    expect(await opens()).toBe(401);
    const { json } = await api.admin.get('/api/audit?action=TokenRevoked&actor=admin');
    expect(json.events[0]).toMatchObject({ role: 'admin', reason: 'left', data: { tokenId: token.id } });
  });

  it('that sign in get a new session, whatever cookie they came with', async () => {
    const planted = 'iolaus_session=plantedplantedplantedplantedplanted';
    const went = await login('ada', 'secret', { cookie: planted });
    expect(went.headers.get('set-cookie')).not.toContain('planted');
    expect((await api.anonymous.get('/current-user', { cookie: planted })).status).toBe(401);
  });

  it('are throttled by the address that a trusted proxy tells', async () => {
    await api.signIn('erik');
    const from = (address: string) => ({ 'x-forwarded-for': address });
    for (let i = 0; i < 5; i++) expect((await login('erik', 'wrong', from('192.0.2.1'))).status).toBe(403);
    expect((await login('erik', 'secret', from('192.0.2.1'))).status).toBe(429);
    // The last hop before the proxy counts, not what a client wrote in front of it.
    expect((await login('erik', 'secret', from('192.0.2.9, 192.0.2.1'))).status).toBe(429);
    expect((await login('erik', 'secret', from('192.0.2.2'))).status).toBe(200);
  });

  describe('by a bearer token', () => {
    it('do what the user may, without cookie and origin, until it is revoked', async () => {
      const { id, token } = await makeToken({ name: 'CI', days: 1 });
      const call = bearer(token);
      expect((await call('PUT', '/project/by-token', {})).status).toBe(201);
      expect(JSON.parse((await call('GET', '/current-user')).text).userroles).toEqual([
        'create-projects',
        'restart-jobs',
      ]);
      const shown = await ada.get('/user/ada');
      expect(shown.json.tokens).toMatchObject([{ id, name: 'CI', scope: 'all', lastused: expect.any(Number) }]);
      expect(shown.text).not.toContain(token);
      expect((await call('POST', '/user/ada/tokens', { name: 'more' })).status).toBe(403);
      expect((await ada.send('DELETE', `/user/ada/tokens/${id}`)).json).toEqual({ revoked: id });
      const after = await call('GET', '/current-user');
      expect([after.status, after.headers.get('www-authenticate')]).toEqual([401, 'Bearer error="invalid_token"']);
      expect((await ada.send('DELETE', `/user/ada/tokens/${id}`)).status).toBe(404);
      const types = (await events(ada.id)).map(({ type }) => type).filter((type) => type.startsWith('Token'));
      expect(types.slice(-2)).toEqual(['TokenCreated', 'TokenRevoked']);
    });

    it('change nothing where it is for reading', async () => {
      const call = bearer((await makeToken({ name: 'r', scope: 'read-only' })).token);
      expect((await call('GET', '/current-user')).status).toBe(200);
      expect((await call('PUT', '/project/by-reader', {})).status).toBe(403);
      expect((await call('POST', '/logout')).status).toBe(403);
      const last = (await events(ada.id)).slice(-2);
      expect(
        last.map((event) => [
          event.type,
          ...['command', 'rejection'].map((key) => (event.data as Record<string, unknown>)[key]),
        ]),
      ).toEqual([
        ['CommandRejected', 'PUT /project/by-reader', 'not-allowed'],
        ['CommandRejected', 'POST /logout', 'not-allowed'],
      ]);
    });

    it('have only the rights that its scope names', async () => {
      const restarts = bearer((await makeToken({ name: 's', scope: ['restart-jobs', 'admin'] })).token);
      expect(JSON.parse((await restarts('GET', '/current-user')).text).userroles).toEqual(['restart-jobs']);
      expect((await restarts('PUT', '/project/by-scope', {})).status).toBe(403);
      expect((await restarts('PUT', '/project/by-token', {})).status).toBe(403);
      expect((await restarts('PUT', '/user/ada', { fullname: 'x' })).status).toBe(403);
      expect((await restarts('POST', '/dashboard/ada/publish', { public: true })).status).toBe(403);
      expect((await restarts('POST', '/job/p/j/a/star', {})).status).toBe(403);
      const owner = bearer((await makeToken({ name: 'o', scope: 'owner' })).token);
      expect((await owner('PUT', '/project/by-token', {})).status).toBe(200);
      const none = await ada.send('POST', '/user/ada/tokens', { name: 'x', scope: '' });
      expect([none.status, none.json.field]).toEqual([400, 'scope']);
    });

    it('are not let in by one that is made up', async () => {
      for (const token of ['x', `iolaus_${'a'.repeat(43)}`])
        expect((await bearer(token)('GET', '/project/by-token')).status).toBe(401);
    });

    it('see its secret once, on the page that answers the form', async () => {
      const page = await ada.send('POST', '/user/ada/tokens', 'name=form&scope=&role.owner=1&days=7', FORM);
      expect([page.status, page.headers.get('cache-control')]).toEqual([201, 'no-store']);
      const secret = /iolaus_[\w-]{43}/.exec(page.text)![0];
      expect((await bearer(secret)('GET', '/current-user')).status).toBe(200);
      const listed = await ada.page('/user/ada');
      expect(listed.text).not.toContain(secret);
      const action = /\/user\/ada\/tokens\/[\w-]+\/revoke/.exec(listed.text)![0];
      expect((await ada.send('POST', action, '', FORM)).headers.get('location')).toBe('/user/ada');
    });
  });
});
