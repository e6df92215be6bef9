import { jobset, jobsetStream, project, projectStream } from '#domain';
import { commandHandler } from '#event-store';
import { halfRenames } from '#read-model';
import { BASE_URL, startApi, type TestApi } from '../../testing/api.js';
import type { Client } from '../../testing/client.js';
import { caughtUp, simulate } from '../../testing/farm.js';
import { jobsetBody } from '../../testing/jobset-body.js';
import { loadState } from '../commands/state.js';
import { HalfRenames } from './half-renames.js';

const FORM = { accept: 'text/html', 'content-type': 'application/x-www-form-urlencoded' };

describe('a project', () => {
  let api: TestApi;
  let ada: Client & { id: string };
  let bob: Client & { id: string };
  beforeAll(async () => {
    api = await startApi();
    ada = await api.signIn('ada', 'create-projects');
    bob = await api.signIn('bob');
  });
  afterAll(() => api.close());

  const eventsOf = async (stream: string) => {
    const events = [];
    for await (const event of api.store.readStream(stream)) events.push(event);
    return events;
  };
  const typesOf = async (stream: string) => (await eventsOf(stream)).map(({ type }) => type);

  it('has members, who may what its owner may for as long as they are', async () => {
    await ada.send('PUT', '/project/shared', {});
    expect((await bob.send('PUT', '/jobset/shared/main', jobsetBody)).status).toBe(403);
    const put = await ada.send('PUT', '/project/shared', { members: ['bob'], reason: 'a hand' });
    expect(put.status).toBe(200);
    expect((await api.anonymous.get('/project/shared')).json).toMatchObject({ owner: 'ada', members: ['bob'] });
    expect((await bob.send('PUT', '/jobset/shared/main', jobsetBody)).status).toBe(201);
    expect((await bob.send('POST', '/api/push?jobsets=shared:main')).json.jobsetsTriggered).toEqual(['shared:main']);
    expect((await bob.page('/project/shared')).text).toContain('/project/shared/edit');
    expect((await bob.send('PUT', '/project/shared', { owner: 'bob' })).status).toBe(403);
    // A body that says nothing of members leaves them, and who owns it.
    expect((await bob.send('PUT', '/project/shared', { displayname: 'Shared' })).status).toBe(200);
    expect((await api.anonymous.get('/project/shared')).json).toMatchObject({ owner: 'ada', members: ['bob'] });
    expect((await ada.send('PUT', '/project/shared', { members: ['nobody'] })).json.field).toBe('members');
    const set = await ada.send('POST', '/project/shared/members', { members: 'bob ada', reason: 'more' });
    expect(set.json.events).toMatchObject([{ type: 'ProjectMembersChanged' }]);
    expect((await ada.send('POST', '/project/shared/members', {})).json.field).toBe('members');
    await ada.send('PUT', '/project/shared', { members: [] });
    expect((await bob.send('PUT', '/project/shared', {})).status).toBe(403);
    expect((await bob.send('DELETE', '/project/shared')).status).toBe(403);
  });

  it('is renamed with its jobsets, members and builds, and its old addresses lead to the new ones', async () => {
    await ada.send('PUT', '/project/before', { members: ['bob'] });
    await ada.send('PUT', '/jobset/before/main', jobsetBody);
    await simulate(api, {
      project: 'before',
      jobset: 'main',
      evaluationId: 700,
      firstBuildId: 700,
      jobs: [{ job: 'waiting' }],
    });
    const tried = await ada.send('PUT', '/project/before?dry-run=1', { name: 'after' });
    expect(tried.json.events.map(({ type }: { type: string }) => type)).toEqual([
      'ProjectChanged',
      'ProjectRenamed',
      'JobsetRenamed',
      'JobsetRenamed',
      'ProjectRenamed',
    ]);
    expect((await ada.send('PUT', '/project/before', { name: 'shared' })).status).toBe(409);
    expect((await ada.send('PUT', '/project/before', { name: 'a/b' })).json.field).toBe('name');
    expect(await typesOf(projectStream('before'))).toEqual(['ProjectCreated', 'ProjectMembersChanged']);
    const renamed = await ada.send('PUT', '/project/before', { name: 'after', displayname: 'After' });
    expect([renamed.status, renamed.json]).toMatchObject([200, { redirect: `${BASE_URL}/project/after` }]);
    expect(renamed.json.events).toHaveLength(5);
    expect((await api.anonymous.get('/project/after')).json).toMatchObject({
      displayname: 'After',
      members: ['bob'],
      jobsets: ['main'],
    });
    for (const [from, to] of [
      ['/project/before', '/project/after'],
      ['/project/before/edit', '/project/after/edit'],
      ['/project/before/create-jobset', '/project/after/create-jobset'],
      ['/project/before/all', '/project/after/all'],
      ['/releases?project=before', '/releases?project=after'],
      ['/jobset/before/main', '/jobset/after/main'],
    ] as const) {
      const old = await ada.get(from);
      expect([old.status, old.headers.get('location')]).toEqual([301, to]);
    }
    expect((await api.anonymous.get('/build/700')).json).toMatchObject({ project: 'after' });
    expect((await bob.send('POST', '/build/700/bump', {})).status).toBe(200);
    expect((await bob.send('PUT', '/jobset/after/main', jobsetBody)).status).toBe(200);
    expect(await typesOf(jobsetStream('before', 'main'))).toContain('JobsetRenamed');
    expect((await ada.send('PUT', '/project/before', {})).status).toBe(201);
  });

  it('whose rename stopped in the middle has its new name, with its jobsets, soon', async () => {
    await ada.send('PUT', '/project/halfway', {});
    await ada.send('PUT', '/jobset/halfway/main', jobsetBody);
    const state = await loadState(api.store, project, projectStream('halfway'));
    if (state.status !== 'present') throw new Error('it was just made');
    const { projectId, configuration } = state;
    const data = { projectId, from: 'halfway', to: 'arrived', configuration };
    const id = '0190a0a0-0000-7000-8000-000000000031';
    const by = { actor: { kind: 'user', id: 'ada' }, via: 'rest', correlationId: id, causationId: id } as const;
    const take = { type: 'ReceiveRenamedProject', data, at: '2026-01-01T00:00:00.000Z' } as const;
    await commandHandler(api.store, project)(projectStream('arrived'), take, { ...by, commandId: id });
    await caughtUp(api);
    expect(await halfRenames(api.database)).toMatchObject([{ from: 'halfway', to: 'arrived' }]);

    // Whoever renames at this moment needs no help.
    const renames = api.part(HalfRenames);
    await renames.look();
    expect(await typesOf(projectStream('halfway'))).toEqual(['ProjectCreated']);
    expect(await typesOf(jobsetStream('halfway', 'main'))).not.toContain('JobsetRenamed');
    // Somebody takes the name of its jobset there: it keeps the one that it has until they are told apart.
    await ada.send('PUT', '/jobset/arrived/main', jobsetBody);
    await renames.look();
    expect(await typesOf(jobsetStream('halfway', 'main'))).not.toContain('JobsetRenamed');
    await api.admin.send('DELETE', '/jobset/arrived/main');
    expect(await typesOf(projectStream('halfway'))).toEqual(['ProjectCreated']);
    await renames.look();
    await caughtUp(api);
    expect((await api.anonymous.get('/project/arrived')).json).toMatchObject({ jobsets: ['main'] });
    expect((await api.anonymous.get('/jobset/arrived/main')).status).toBe(200);
    for (const path of ['/project/halfway', '/jobset/halfway/main'])
      expect((await api.anonymous.get(path)).status).toBe(301);
    expect(await halfRenames(api.database)).toEqual([]);
    expect((await eventsOf(projectStream('halfway'))).at(-1)).toMatchObject({
      type: 'ProjectRenamed',
      metadata: { correlationId: id, actor: { id: 'api' } },
    });
    await renames.look();
    expect((await typesOf(jobsetStream('arrived', 'main'))).filter((type) => type === 'JobsetRenamed')).toHaveLength(1);
  });

  it('is not renamed while a jobset of it is evaluated, and nothing is changed then', async () => {
    await ada.send('PUT', '/project/busy', {});
    await ada.send('PUT', '/jobset/busy/main', jobsetBody);
    const handle = commandHandler(api.store, jobset);
    const by = { actor: { kind: 'system', id: 't' }, via: 't', correlationId: 'c', causationId: 'c' } as const;
    const at = '2026-01-01T00:00:00.000Z';
    const give = (commandId: string, command: Parameters<typeof handle>[1]) =>
      handle(jobsetStream('busy', 'main'), command, { ...by, commandId });
    await give('0190a0a0-0000-7000-8000-000000000011', {
      type: 'TriggerEvaluation',
      data: { force: true, cause: 'command' },
      at,
    });
    await give('0190a0a0-0000-7000-8000-000000000012', {
      type: 'StartEvaluation',
      data: { evaluationId: 800, cause: 'trigger' },
      at,
    });
    const refused = await ada.send('PUT', '/project/busy', { name: 'idle', displayname: 'Idle' });
    expect([refused.status, refused.json.rejected]).toEqual([409, 'evaluation-running']);
    expect(await typesOf(projectStream('busy'))).toEqual(['ProjectCreated']);
    expect(await typesOf(projectStream('idle'))).toEqual([]);
  });

  it('is switched off and on, hidden and shown, each by one command', async () => {
    await ada.send('PUT', '/project/switched', { description: 'stays' });
    for (const [verb, state] of [
      ['disable', { enabled: false }],
      ['hide', { hidden: true }],
      ['enable', { enabled: true }],
      ['unhide', { hidden: false }],
    ] as const) {
      const done = await ada.send('POST', `/project/switched/${verb}`, { reason: 'r' });
      expect(done.json.events).toMatchObject([{ type: 'ProjectChanged' }]);
      expect((await ada.get('/project/switched')).json).toMatchObject({ ...state, description: 'stays' });
      expect((await bob.send('POST', `/project/switched/${verb}`, {})).status).toBe(403);
    }
    const stale = await ada.send('POST', '/project/switched/hide', {}, { 'if-match': '"0"' });
    expect([stale.status, stale.json.revision]).toEqual([409, 4]);
  });

  it.each([
    [{ name: '9to5' }, 'name', 400],
    [{ name: 'taken' }, 'name', 409],
    [{ homepage: 'ftp://example.org' }, 'homepage', 400],
    [{ owner: 'nobody' }, 'owner', 400],
    [{ members: 'bob nobody' }, 'members', 400],
    [{ declfile: '../spec.json', decltype: 'git', declvalue: 'https://x.test/ main' }, 'declfile', 400],
  ])('whose form is refused shows what was written, with the rule at its field: %j', async (wrong, field, status) => {
    await ada.send('PUT', '/project/taken', {});
    const sent = { name: 'fresh', displayname: 'Kept <b>', owner: 'ada', members: 'bob', visible: '0', reason: 'r1' };
    const form = new URLSearchParams({ ...sent, ...wrong }).toString();
    const refused = await ada.send('POST', '/create-project', form, FORM);
    expect([refused.status, refused.text]).toEqual([status, expect.stringContaining('✗ Nothing was changed')]);
    for (const [name, value] of Object.entries({ ...sent, ...wrong }).filter(
      ([name]) => !/visible|decltype/.test(name),
    ))
      expect(refused.text).toContain(`name="${name}" value="${value.replaceAll('"', '&#34;')}"`);
    expect(refused.text).toContain('<option value="0" selected>hidden</option>');
    const marked = [...refused.text.matchAll(/name="(\w+)"[^>]*aria-invalid="true"/g)].map(([, name]) => name);
    expect(marked).toEqual([field]);
    expect((await ada.get('/project/fresh')).status).toBe(404);
  });

  it('whose form is refused where it is changed keeps the revision that it was filled from', async () => {
    await ada.send('PUT', '/project/edited', { description: 'as it was' });
    const sent = new URLSearchParams({ name: 'edited', displayname: 'Mine', homepage: 'no address', revision: '0' });
    const refused = await ada.send('POST', '/project/edited/edit', sent.toString(), FORM);
    expect([refused.status, refused.text]).toEqual([400, expect.stringContaining('action="/project/edited/edit"')]);
    expect(refused.text).toContain('name="revision" value="0"');
    expect(refused.text).toMatch(/name="homepage" value="no address"[^>]*aria-invalid="true"/);
    const json = await ada.send('POST', '/project/edited/edit', sent.toString(), {
      ...FORM,
      accept: 'application/json',
    });
    expect([json.status, json.json]).toMatchObject([400, { field: 'homepage' }]);
    expect((await ada.get('/project/edited')).json).toMatchObject({ description: 'as it was' });
  });

  it('that is hidden, or has hidden jobsets, is found by whoever may show them again, and by nobody else', async () => {
    await ada.send('PUT', '/project/shy', { visible: false, displayname: 'The shy one' });
    await ada.send('PUT', '/jobset/shy/open', jobsetBody);
    await ada.send('PUT', '/jobset/shy/secret', { ...jobsetBody, visible: false });
    const link = 'href="/jobset/shy/secret"';
    for (const [as, sees] of [
      [ada, true],
      [api.admin, true],
      [bob, false],
      [api.anonymous, false],
    ] as const) {
      const [overview, project] = await Promise.all([as.page('/'), as.page('/project/shy')]);
      expect([overview.text.includes('The shy one'), project.text.includes(link)]).toEqual([sees, sees]);
      expect(project.text).toContain('href="/jobset/shy/open"');
    }
    expect((await ada.get('/')).text).not.toContain('shy');
  });

  it('is created, edited and deleted by forms that work without scripts', async () => {
    expect((await bob.page('/create-project')).status).toBe(403);
    expect((await api.anonymous.page('/create-project')).status).toBe(401);
    expect((await ada.page('/create-project')).text).toContain('action="/create-project"');
    const fields = {
      displayname: 'A <b>form</b>',
      homepage: '',
      owner: 'ada',
      members: 'bob',
      enabled: '1',
      visible: '1',
    };
    const body = (more: object) => new URLSearchParams({ ...fields, ...more }).toString();
    const made = await ada.send('POST', '/create-project', body({ name: 'formed' }), FORM);
    expect([made.status, made.headers.get('location')]).toEqual([303, '/project/formed']);
    expect((await ada.send('POST', '/create-project', body({ name: 'formed' }), FORM)).status).toBe(409);
    const form = await bob.page('/project/formed/edit');
    expect(form.text).toContain('value="A <b>form</b>"');
    expect(form.text).toContain('value="bob"');
    const declared = { declfile: 'spec.json', decltype: 'git', declvalue: 'https://example.org/ main' };
    const edited = await bob.send(
      'POST',
      '/project/formed/edit',
      body({ name: 'formed', enabled: '0', ...declared }),
      FORM,
    );
    expect([edited.status, edited.headers.get('location')]).toEqual([303, '/project/formed']);
    expect((await ada.get('/project/formed')).json).toMatchObject({
      enabled: false,
      declarative: { file: 'spec.json', type: 'git', value: 'https://example.org/ main' },
    });
    // Whoever still has the form from before is told so, and changes nothing.
    const revision = /name="revision" value="(\d+)"/.exec(form.text)![1]!;
    expect((await ada.send('POST', '/project/formed/edit', body({ name: 'formed', revision }), FORM)).status).toBe(409);
    expect((await ada.page('/project/formed')).text).not.toContain('<b>form</b>');
    const moved = await ada.send('POST', '/project/formed/edit', body({ name: 'reformed' }), FORM);
    expect(moved.headers.get('location')).toBe('/project/reformed');
    const gone = await ada.send('POST', '/project/reformed/delete', 'reason=done', FORM);
    expect([gone.status, gone.headers.get('location')]).toEqual([303, '/']);
    expect((await ada.get('/project/reformed')).status).toBe(404);
    expect((await ada.page('/project/nosuch/edit')).status).toBe(404);
  });
});
