import { userStream } from '#domain';
import { caughtUp } from '../../testing/farm.js';
import { startApi, type TestApi } from '../../testing/api.js';

const FORM = { accept: 'text/html', 'content-type': 'application/x-www-form-urlencoded' };

describe('an account', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await startApi();
  });
  afterAll(() => api.close());

  const rowsAbout = async (id: string): Promise<number> => {
    const { rows } = await api.database.query(
      `select (select count(*) from accounts.users where id = $1) + (select count(*) from accounts.sessions where user_id = $1)
         + (select count(*) from accounts.tokens where user_id = $1) + (select count(*) from accounts.stars where user_id = $1)
         + (select count(*) from accounts.login_failures where key like '%' || $2 || '%') as found`,
      [id, 'ada'],
    );
    return Number(rows[0].found);
  };

  it('is erased by its user: the log knows an id, the audit a deleted user, and nothing lets anybody in', async () => {
    const ada = await api.signIn('ada', 'create-projects');
    await ada.send('PUT', '/project/adas', {});
    await api.admin.send('PUT', '/project/adas', { owner: 'admin', members: ['ada'] });
    const { json: made } = await ada.send('POST', '/user/ada/tokens', { name: 'CI' });
    await api.anonymous.send('POST', '/login', { username: 'ada', password: 'wrong' });
    expect(await rowsAbout(ada.id)).toBeGreaterThan(3);

    const tried = await ada.send('DELETE', '/user/ada?dry-run=1');
    expect(tried.json.events).toMatchObject([{ type: 'ProjectMembersChanged' }, { type: 'UserDeleted' }]);
    const gone = await ada.send('DELETE', '/user/ada', { reason: 'moving on' });
    expect([gone.status, gone.json]).toMatchObject([
      200,
      { deleted: 'ada', events: [{ type: 'ProjectMembersChanged' }, { type: 'UserDeleted' }] },
    ]);

    expect(await rowsAbout(ada.id)).toBe(0);
    expect((await ada.get('/current-user')).status).toBe(401);
    const bearer = { authorization: `Bearer ${made.token}` };
    expect((await api.anonymous.get('/', bearer)).status).toBe(401);
    expect((await api.anonymous.send('POST', '/login', { username: 'ada', password: 'secret' })).status).toBe(403);
    expect((await api.admin.get('/user/ada')).status).toBe(404);
    expect((await api.anonymous.get('/project/adas')).json).not.toHaveProperty('members');

    const { json, text } = await api.admin.get('/api/audit?action=UserDeleted');
    expect(json.events[0]).toMatchObject({
      actor: { kind: 'user', id: ada.id, name: 'deleted user' },
      role: 'self',
      reason: 'moving on',
    });
    // As a word: ids are made of hexadecimal digits, which may spell it.
    expect(text).not.toMatch(/\bada\b/);
    expect((await api.admin.page('/audit?action=UserDeleted')).text).toContain('deleted the own account');
    expect((await api.admin.page('/audit?action=ProjectCreated')).text).toContain('deleted user');
  });

  it('whose name is free again is another one: it has nothing of the first', async () => {
    const { status } = await api.admin.send('POST', '/users', { username: 'ada', password: 'correct horse' });
    expect(status).toBe(201);
    expect((await api.admin.get('/user/ada')).json).toMatchObject({ userroles: [], tokens: [] });
  });

  it('is deleted by administrators, by a form too; others may not', async () => {
    await api.signIn('bob');
    const eve = await api.signIn('eve');
    expect((await eve.send('DELETE', '/user/bob')).status).toBe(403);
    expect((await api.anonymous.send('DELETE', '/user/bob')).status).toBe(401);
    const gone = await api.admin.send('POST', '/user/bob/delete', 'reason=left', FORM);
    expect([gone.status, gone.headers.get('location')]).toEqual([303, '/users']);
    const again = await api.admin.send('DELETE', '/user/bob');
    expect([again.status, again.json.field]).toEqual([404, 'name']);
  });

  it('is not deleted while it owns a project, nor by a token of its own', async () => {
    const cleo = await api.signIn('cleo', 'create-projects');
    await cleo.send('PUT', '/project/cleos', {});
    const refused = await cleo.send('DELETE', '/user/cleo');
    expect([refused.status, refused.json]).toMatchObject([
      409,
      { field: 'name', rule: 'must own no project', projects: ['cleos'] },
    ]);
    await api.admin.send('PUT', '/project/cleos', { owner: 'admin' });
    const { json: made } = await cleo.send('POST', '/user/cleo/tokens', { name: 'CI' });
    const byToken = await fetch(`${api.url}/user/cleo`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${made.token}` },
    });
    expect(byToken.status).toBe(403);
    expect((await cleo.send('DELETE', '/user/cleo')).status).toBe(200);
  });

  it('is not deleted, nor loses its role, where it is the only administrator’s', async () => {
    const lone = await startApi();
    const demoted = await lone.admin.send('POST', '/user/admin/roles', { roles: ['restart-jobs'] });
    expect([demoted.status, demoted.json.rule]).toEqual([409, 'must not be the only administrator']);
    const refused = await lone.admin.send('DELETE', '/user/admin');
    expect([refused.status, refused.json.rule]).toEqual([409, 'must not be the only administrator']);
    await lone.signIn('second', 'admin');
    await caughtUp(lone);
    expect((await lone.admin.send('DELETE', '/user/admin', { reason: 'two are enough' })).status).toBe(200);
    await lone.close();
  });

  it('whose deletion a crash cut short is erased by the same request once more', async () => {
    const { id } = await api.signIn('dora');
    const before = await api.admin.send('DELETE', '/user/dora?dry-run=1');
    const [event] = before.json.events;
    const { ok } = await api.store.append(userStream(id), 0, [
      {
        id: '0b8ff4c2-6b0e-4d6c-9d0b-00000000abcd',
        type: event.type,
        data: event.data,
        metadata: {
          v: 1,
          at: '2026-01-02T03:04:05.000Z',
          actor: { kind: 'user', id },
          via: 'rest',
          correlationId: '0b8ff4c2-6b0e-4d6c-9d0b-00000000abce',
          causationId: '0b8ff4c2-6b0e-4d6c-9d0b-00000000abce',
        },
      },
    ]);
    expect([ok, (await api.admin.get('/user/dora')).status]).toEqual([true, 200]);
    const gone = await api.admin.send('DELETE', '/user/dora');
    expect([gone.status, gone.json.events]).toEqual([200, []]);
    expect((await api.admin.get('/user/dora')).status).toBe(404);
  });
});
