import { BASE_URL, startApi, type TestApi } from '../testing/api.js';
import type { Client } from '../testing/client.js';
import { simulate } from '../testing/farm.js';
import { jobsetBody } from '../testing/jobset-body.js';

let api: TestApi;
let nobody: Client & { id: string };
let owner: Client & { id: string };
beforeAll(async () => {
  api = await startApi();
  [nobody, owner] = await Promise.all([api.signIn('eve'), api.signIn('ada', 'create-projects')]);
  await api.admin.send('PUT', '/project/demo', {});
});
afterAll(() => api.close());

const eventsOf = async (stream: string) => {
  const events = [];
  for await (const event of api.store.readStream(stream)) events.push(event);
  return events;
};
const typesOf = async (stream: string) => (await eventsOf(stream)).map(({ type }) => type);

describe('a project', () => {
  it('that is put is created with its defaults; put again it is replaced, and false means false', async () => {
    const uri = `${BASE_URL}/project/fresh`;
    const created = await owner.send('PUT', '/project/fresh', {});
    expect([created.status, created.json]).toEqual([
      201,
      {
        uri,
        name: 'fresh',
        redirect: uri,
        type: 'project',
        events: [expect.objectContaining({ type: 'ProjectCreated' })],
      },
    ]);
    const replaced = await owner.send('PUT', '/project/fresh', {
      displayname: 'Fresh',
      enabled: false,
      visible: false,
    });
    expect([replaced.status, replaced.json]).toMatchObject([
      200,
      { redirect: uri, events: [{ type: 'ProjectChanged', stream: 'project-fresh' }] },
    ]);
    expect((await api.anonymous.get('/project/fresh')).json).toMatchObject({
      displayname: 'Fresh',
      enabled: false,
      hidden: true,
      owner: 'ada',
    });
  });
  it('takes its jobsets along when it is deleted', async () => {
    await owner.send('PUT', '/project/gone', {});
    await owner.send('PUT', '/jobset/gone/main', jobsetBody);
    const deleted = await owner.send('DELETE', '/project/gone');
    expect([deleted.status, deleted.json]).toMatchObject([
      200,
      { redirect: `${BASE_URL}/`, events: [{ type: 'JobsetDeleted' }, { type: 'ProjectDeleted' }] },
    ]);
    expect((await api.anonymous.get('/project/gone')).status).toBe(404);
    expect((await api.anonymous.get('/jobset/gone/main')).status).toBe(404);
  });
});

describe('a jobset', () => {
  it('that is put is read back as it was put, defaults filled in', async () => {
    const uri = `${BASE_URL}/jobset/demo/main`;
    const created = await api.admin.send('PUT', '/jobset/demo/main', jobsetBody);
    expect([created.status, created.json]).toMatchObject([
      201,
      { uri, name: 'main', redirect: uri, type: 'jobset', events: [{ type: 'JobsetCreated' }] },
    ]);
    expect((await api.anonymous.get('/jobset/demo/main')).json).toMatchObject({
      nixexprinput: 'src',
      nixexprpath: 'release.nix',
      type: 0,
      enabled: 1,
      visible: true,
      schedulingshares: 100,
      keepnr: 3,
      enableemail: false,
      inputs: {
        src: { name: 'src', type: 'git', value: 'https://example.org/demo.git main', emailresponsible: false },
      },
    });
  });
  it('has its inputs replaced whole, or not at all', async () => {
    const bad = await api.admin.send('PUT', '/jobset/demo/main', {
      ...jobsetBody,
      inputs: { src: { type: 'string', value: 'x' }, bad: { type: 'boolean', value: 'maybe' } },
    });
    expect([bad.status, bad.json.field]).toEqual([400, 'inputs.bad.value']);
    expect(Object.keys((await api.anonymous.get('/jobset/demo/main')).json.inputs)).toEqual(['src', 'officialRelease']);
    await api.admin.send('PUT', '/jobset/demo/main', {
      ...jobsetBody,
      inputs: { src: { type: 'string', value: ' x ' } },
    });
    expect((await api.anonymous.get('/jobset/demo/main')).json.inputs).toMatchObject({ src: { value: ' x ' } });
  });
  it('can be a flake', async () => {
    const put = await api.admin.send('PUT', '/jobset/demo/flake', { flake: 'github:example/demo', checkinterval: 0 });
    expect(put.status).toBe(201);
    expect((await api.anonymous.get('/jobset/demo/flake')).json).toMatchObject({
      type: 1,
      flake: 'github:example/demo',
    });
  });
});

describe('a command', () => {
  it('carries its whole envelope', async () => {
    await api.admin.send(
      'PUT',
      '/project/enveloped',
      { reason: 'a new line' },
      {
        'x-correlation-id': '0190a0a0-0000-7000-8000-000000000001',
      },
    );
    const [event] = await eventsOf('project-enveloped');
    expect(event!.metadata).toMatchObject({
      v: 1,
      actor: { kind: 'user', id: expect.stringMatching(/^u[0-9a-f]{24}$/) },
      via: 'rest',
      role: 'admin',
      reason: 'a new line',
      correlationId: '0190a0a0-0000-7000-8000-000000000001',
      requestId: expect.any(String),
      causationId: expect.any(String),
    });
    expect(JSON.stringify([event!.data, event!.metadata])).not.toContain('Administrator');
  });
  it('that changed nothing the first time changes nothing when it comes again with its key', async () => {
    await api.admin.send('PUT', '/jobset/demo/calm', jobsetBody);
    const enable = () => api.admin.send('POST', '/jobset/demo/calm/enable', {}, { 'idempotency-key': 'calm' });
    const first = await enable();
    expect(first.json).toEqual({ revision: 0, events: [] });
    await api.admin.send('POST', '/jobset/demo/calm/disable', {});
    expect((await enable()).json).toEqual(first.json);
    expect((await api.anonymous.get('/jobset/demo/calm')).json.enabled).toBe(0);
  });
  it('with a key that was used before is done once', async () => {
    const key = { 'idempotency-key': 'once-only' };
    const first = await api.admin.send('PUT', '/project/once', {}, key);
    const second = await api.admin.send('PUT', '/project/once', {}, key);
    expect([first.status, second.status]).toEqual([201, 201]);
    expect(await typesOf('project-once')).toEqual(['ProjectCreated']);
  });
  it('on another revision than the current one is refused with the current one', async () => {
    await api.admin.send('PUT', '/project/raced', {});
    const { headers } = await api.anonymous.get('/project/raced');
    expect(headers.get('etag')).toBe('"0"');
    const answers = await Promise.all(
      ['a', 'b'].map((displayname) => api.admin.send('PUT', '/project/raced', { displayname }, { 'if-match': '"0"' })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
    expect(answers.find(({ status }) => status === 409)!.json).toMatchObject({ field: 'If-Match', revision: 1 });
    expect(await typesOf('project-raced')).toEqual(['ProjectCreated', 'ProjectChanged']);
  });
  it('that is only tried writes nothing and tells what it would', async () => {
    const tried = await api.admin.send('PUT', '/project/tried?dry-run=1', { displayname: 'Tried' });
    expect(tried.json).toMatchObject({
      dryRun: true,
      events: [{ type: 'ProjectCreated', data: { configuration: { displayName: 'Tried' } } }],
    });
    expect(await typesOf('project-tried')).toEqual([]);
  });
  it('that is refused stands in the stream of who gave it', async () => {
    await owner.send('PUT', '/project/mine', {});
    await owner.send('PUT', '/jobset/mine/off', { ...jobsetBody, enabled: 0 });
    const refused = await owner.send('POST', '/jobset/mine/off/evaluate', {});
    expect([refused.status, refused.json.rejected]).toEqual([409, 'jobset-disabled']);
    const last = (await eventsOf(`user-${owner.id}`)).at(-1)!;
    expect([last.type, last.data]).toEqual([
      'CommandRejected',
      {
        userId: owner.id,
        command: 'TriggerEvaluation',
        stream: 'jobset-mine:off',
        rejection: 'jobset-disabled',
        revisionSeen: 0,
      },
    ]);
  });
  it('of nobody is 401, of somebody without the right 403, and neither changes anything', async () => {
    for (const [method, path, body] of [
      ['PUT', '/project/new', {}],
      ['PUT', '/project/demo', {}],
      ['DELETE', '/project/demo', undefined],
      ['PUT', '/jobset/demo/main', jobsetBody],
      ['DELETE', '/jobset/demo/main', undefined],
      ['POST', '/api/push?jobsets=demo:main', undefined],
    ] as const) {
      expect([path, (await api.anonymous.send(method, path, body)).status]).toEqual([path, 401]);
      expect([path, (await nobody.send(method, path, body)).status]).toEqual([path, 403]);
    }
    expect(await typesOf('project-demo')).toEqual(['ProjectCreated']);
  });
  it('counts only from our own pages', async () => {
    const put = (headers: Record<string, string>) =>
      fetch(`${api.url}/project/forged`, {
        method: 'PUT',
        body: '{}',
        headers: {
          cookie: api.admin.cookie,
          'content-type': 'application/json',
          accept: 'application/json',
          ...headers,
        },
      });
    for (const headers of [
      {},
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { referer: `https://evil.example/?${api.url}` },
      { origin: api.url, 'sec-fetch-site': 'cross-site' },
    ])
      expect([headers, (await put(headers as Record<string, string>)).status]).toEqual([headers, 403]);
    expect((await put({ referer: `${api.url}/project/demo` })).status).toBe(201);
    expect((await put({ origin: BASE_URL })).status).toBe(200);
  });
  it('of a user whose role was taken is refused from then on', async () => {
    const creator = await api.signIn('mallory', 'create-projects');
    expect((await creator.send('PUT', '/project/mallorys', {})).status).toBe(201);
    const { commandHandler } = await import('#event-store');
    const { user } = await import('#domain');
    await commandHandler(api.store, user)(
      `user-${creator.id}`,
      { type: 'ChangeRoles', data: { roles: [] }, at: '2026-01-01T00:00:00.000Z' },
      {
        commandId: '0190a0a0-0000-7000-8000-000000000002',
        actor: { kind: 'system', id: 't' },
        via: 't',
        correlationId: 'c',
        causationId: 'c',
      },
    );
    expect((await creator.send('PUT', '/project/mallorys2', {})).status).toBe(403);
  });
});

describe('a push', () => {
  beforeAll(async () => {
    await api.admin.send('PUT', '/project/pushed', {});
    for (const name of ['a', 'b']) await api.admin.send('PUT', `/jobset/pushed/${name}`, jobsetBody);
    await api.admin.send('PUT', '/jobset/pushed/off', { ...jobsetBody, enabled: 0 });
  });
  it('triggers the jobsets that it names, disabled ones only by force', async () => {
    const push = await api.admin.send('POST', '/api/push?jobsets=pushed:a,pushed:off');
    expect(push.json).toMatchObject({ jobsetsTriggered: ['pushed:a'], events: [{ type: 'EvaluationTriggered' }] });
    const forced = await api.admin.send('POST', '/api/push?jobsets=pushed:off&force=1');
    expect(forced.json).toMatchObject({ jobsetsTriggered: ['pushed:off'], events: [{ stream: 'jobset-pushed:off' }] });
    expect((await api.anonymous.get('/jobset/pushed/a')).json.triggertime).toEqual(expect.any(Number));
  });
  it('triggers nothing when one of them is unknown, and names it', async () => {
    const push = await api.admin.send('POST', '/api/push?jobsets=pushed:b,pushed:nosuch');
    expect([push.status, push.json.error]).toEqual([404, 'there is no jobset pushed:nosuch']);
    expect(await typesOf('jobset-pushed:b')).toEqual(['JobsetCreated']);
  });
  it('by repository triggers every jobset with that input', async () => {
    const push = await api.admin.send(
      'POST',
      `/api/push?repos=${encodeURIComponent('https://example.org/demo.git main')}`,
    );
    expect(push.json.jobsetsTriggered).toEqual(expect.arrayContaining(['pushed:a', 'pushed:b']));
    expect(push.json.jobsetsTriggered).not.toContain('pushed:off');
  });
});

describe('a build', () => {
  beforeAll(async () => {
    await api.admin.send('PUT', '/project/built', {});
    await api.admin.send('PUT', '/jobset/built/main', jobsetBody);
    await simulate(api, {
      project: 'built',
      jobset: 'main',
      evaluationId: 500,
      firstBuildId: 500,
      jobs: [{ job: 'good', status: 'succeeded' }, { job: 'waiting' }],
    });
  });
  const act = (id: number, verb: string, body: unknown = {}) => api.admin.send('POST', `/build/${id}/${verb}`, body);

  it('is bumped, cancelled with a reason, restarted and kept by commands', async () => {
    expect((await act(501, 'bump')).status).toBe(200);
    const cancelled = await act(501, 'cancel', { reason: 'superseded' });
    expect(cancelled.json).toMatchObject({ events: [{ type: 'BuildCancelled', id: expect.any(String) }] });
    expect((await eventsOf('build-501')).at(-1)!.metadata.reason).toBe('superseded');
    expect((await api.anonymous.get('/build/501')).json).toMatchObject({ finished: 1, buildstatus: 4 });
    expect((await act(501, 'restart')).status).toBe(200);
    expect((await api.anonymous.get('/build/501')).json).toMatchObject({ finished: 0, buildstatus: null });
    expect((await act(500, 'keep')).json.events).toHaveLength(1);
    expect((await act(500, 'keep', { keep: false })).json).toMatchObject({ events: [{ type: 'BuildUnkept' }] });
  });
  it('that is finished cannot be cancelled, one that waits cannot be restarted', async () => {
    expect((await act(500, 'cancel')).json).toMatchObject({ rejected: 'build-finished' });
    const waiting = await act(501, 'restart');
    expect([waiting.status, waiting.json.rejected]).toEqual([409, 'build-not-finished']);
  });
  it('is not changed by GET', async () => {
    const answer = await api.admin.get('/build/500/restart');
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST']);
  });
  it('is cancelled by a form as well, which comes back to its page', async () => {
    await api.admin.send('POST', '/build/501/bump');
    const form = await api.admin.send('POST', '/build/501/cancel', 'reason=by+hand', {
      accept: 'text/html',
      'content-type': 'application/x-www-form-urlencoded',
    });
    expect([form.status, form.headers.get('location')]).toEqual([303, '/build/501']);
    expect((await eventsOf('build-501')).at(-1)!.metadata).toMatchObject({ via: 'web', reason: 'by hand' });
  });
});

describe('the builds of an evaluation', () => {
  beforeAll(async () => {
    await api.admin.send('PUT', '/project/many', {});
    await api.admin.send('PUT', '/jobset/many/main', jobsetBody);
    await simulate(api, {
      project: 'many',
      jobset: 'main',
      evaluationId: 600,
      firstBuildId: 600,
      jobs: [
        { job: 'bad', status: 'failed', log: 'no' },
        { job: 'good', status: 'succeeded' },
        { job: 'waiting' },
        { job: 'wild' },
      ],
    });
  });
  const act = (verb: string, query = '') => api.admin.send('POST', `/eval/600/${verb}${query}`, { reason: 'r' });

  it('are bumped, cancelled and restarted together, each by an event of its own', async () => {
    expect((await act('bump')).json).toMatchObject({
      builds: 2,
      events: [{ type: 'BuildBumped' }, { type: 'BuildBumped' }],
    });
    expect((await act('cancel', '?dry-run=1')).json).toMatchObject({ dryRun: true, builds: 2 });
    expect((await act('cancel')).json).toMatchObject({ builds: 2 });
    expect((await act('cancel')).json).toMatchObject({ builds: 0, events: [] });
    expect((await act('restart-aborted')).json).toMatchObject({ builds: 2 });
    expect((await eventsOf('build-602')).at(-1)).toMatchObject({ type: 'BuildRestarted', metadata: { reason: 'r' } });
  });
  it('are restarted with the failures of their steps forgotten, or they would fail again at once', async () => {
    const { json } = await act('restart-failed');
    expect(json.builds).toBe(1);
    expect(json.events.map(({ type }: { type: string }) => type)).toEqual(['CachedFailureCleared', 'BuildRestarted']);
  });
  it('are kept together, those that succeeded, and all let go', async () => {
    expect((await act('keep')).json).toMatchObject({ builds: 1, events: [{ stream: 'build-601', type: 'BuildKept' }] });
    expect((await act('keep')).json).toMatchObject({ builds: 0, events: [] });
    expect((await api.admin.send('POST', '/eval/600/keep', { keep: false })).json).toMatchObject({
      builds: 1,
      events: [{ type: 'BuildUnkept' }],
    });
    expect((await api.admin.send('POST', '/eval/600/keep', { keep: 'perhaps' })).json.field).toBe('keep');
  });
  it('are nobody else’s to order about', async () => {
    expect((await nobody.send('POST', '/eval/600/bump', {})).status).toBe(403);
    expect((await api.anonymous.send('POST', '/eval/600/bump', {})).status).toBe(401);
    expect((await api.admin.send('POST', '/eval/99999/bump', {})).status).toBe(404);
  });
});
