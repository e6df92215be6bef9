import { createNotices } from '#coordination';
import { machine, type MachineCommand, machineStream } from '#domain';
import { commandHandler } from '#event-store';
import { uuidv4 } from '#runtime';
import { startApi, type TestApi } from '../../testing/api.js';
import type { Client } from '../../testing/client.js';
import { caughtUp } from '../../testing/farm.js';

const NAME = 'root@mac1.example:2222';
const PATH = `/machine/${encodeURIComponent(NAME)}`;
const body = {
  uri: 'ssh://root@mac1.example:2222?remote-program=/nix/bin/nix-store',
  systemTypes: ['aarch64-darwin', 'x86_64-darwin'],
  sshKey: '/etc/nix/key',
  maxJobs: 4,
  speedFactor: 2.5,
  supportedFeatures: ['big-parallel'],
};
const HOSTILE = `<script>alert(1)</script>`;

describe('machines', () => {
  let api: TestApi;
  let nobody: Client;
  beforeAll(async () => {
    api = await startApi();
    nobody = await api.signIn('eve', 'bump-to-front', 'restart-jobs');
  });
  afterAll(() => api.close());

  /** As the queue runner says it. */
  const say = async (name: string, command: Omit<MachineCommand, 'at'>): Promise<void> => {
    const commandId = uuidv4();
    const by = { actor: { kind: 'system', id: 'queue-runner' }, via: 'queue-runner' } as const;
    const context = { commandId, ...by, correlationId: commandId, causationId: commandId };
    const at = '2026-01-02T03:04:05.000Z';
    const done = await commandHandler(api.store, machine)(
      machineStream(name),
      { ...command, at } as MachineCommand,
      context,
    );
    expect(done).toHaveProperty('events');
    await caughtUp(api);
  };
  const eventTypes = async (name: string): Promise<string[]> => {
    const types: string[] = [];
    for await (const { type } of api.store.readStream(machineStream(name))) types.push(type);
    return types;
  };

  it('are added by administrators, shown as Hydra shows them, and named by their address', async () => {
    expect((await api.anonymous.get('/machines')).json).toEqual({});
    const dry = await api.admin.send('POST', '/machines?dry-run=1', body);
    expect([dry.status, dry.json.events[0].type]).toEqual([200, 'MachineAdded']);
    expect(await eventTypes(NAME)).toEqual([]);
    const added = await api.admin.send('POST', '/machines', { ...body, reason: 'a new one' });
    expect(added.json.events).toMatchObject([{ type: 'MachineAdded' }]);
    expect([added.status, added.json.name, added.json.uri]).toEqual([201, NAME, expect.stringContaining(PATH)]);
    expect(added.headers.get('etag')).toBe('"0"');
    const { json } = await api.anonymous.get('/machines');
    expect(json[NAME]).toMatchObject({
      systemTypes: ['aarch64-darwin', 'x86_64-darwin'],
      primarySystemType: 'aarch64-darwin',
      maxJobs: 4,
      speedFactor: 2.5,
      supportedFeatures: ['big-parallel'],
      mandatoryFeatures: [],
      hasCapacity: true,
      source: 'rest',
      enabled: true,
      state: 'idle',
      currentJobs: 0,
      running: [],
    });
    expect(json[NAME]).not.toHaveProperty('sshKey');
    expect((await api.admin.get(PATH)).json).toMatchObject({ sshKey: '/etc/nix/key', revision: 0 });
    const again = await api.admin.send('POST', '/machines', body);
    expect([again.status, again.json.rejected, again.json.field]).toEqual([409, 'machine-exists', 'name']);
  });

  it.each([
    ['POST', '/machines'],
    ['PUT', PATH],
    ['DELETE', PATH],
    ['POST', `${PATH}/disable`],
    ['POST', `${PATH}/enable`],
  ])('%s %s is for administrators', async (method, path) => {
    const sent = path.includes('able') || method === 'DELETE' ? {} : body;
    expect((await api.anonymous.send(method, path, sent)).status).toBe(401);
    expect((await nobody.send(method, path, sent)).status).toBe(403);
  });

  it.each([
    ['uri', 'https://cache.example'],
    ['uri', '-oProxyCommand=x'],
    ['systemTypes', []],
    ['systemTypes', 7],
    ['maxJobs', 0],
    ['maxJobs', 1.5],
    ['maxJobs', 'many'],
    ['speedFactor', 0],
    ['sshKey', 'key'],
    ['publicHostKey', 'nokey'],
    ['mandatoryFeatures', ['a b']],
    ['colour', 'red'],
  ])('with a bad %s (%j) are refused by that name', async (field, value) => {
    const answer = await api.admin.send('POST', '/machines', { ...body, uri: 'other.example', [field]: value });
    expect([answer.status, answer.json.field]).toEqual([400, field]);
  });

  it('are changed at the revision that was seen, once for each key', async () => {
    const changed = { ...body, maxJobs: 8 };
    const stale = await api.admin.send('PUT', PATH, changed, { 'if-match': '"7"' });
    expect([stale.status, stale.json.field]).toEqual([409, 'If-Match']);
    const headers = { 'if-match': '"0"', 'idempotency-key': 'eight' };
    for (let times = 0; times < 2; times++)
      expect((await api.admin.send('PUT', PATH, changed, headers)).status).toBe(200);
    expect((await api.anonymous.get(PATH)).json).toMatchObject({ maxJobs: 8, revision: 1 });
    const absent = await api.admin.send('PUT', '/machine/nobody', body);
    expect([absent.status, absent.json.field]).toEqual([404, 'name']);
  });

  it('are disabled and enabled with a reason, which everybody sees', async () => {
    await api.admin.send('POST', `${PATH}/disable`, { reason: `no space ${HOSTILE}` });
    expect((await api.anonymous.get(PATH)).json).toMatchObject({
      enabled: false,
      state: 'disabled',
      hasCapacity: false,
      disabled: { by: 'admin', reason: `no space ${HOSTILE}`, time: expect.any(Number) },
    });
    for (const path of ['/machines', PATH]) {
      const { text } = await api.anonymous.page(path);
      expect(text).toContain('Disabled by admin');
      expect(text).toContain('no space &lt;script>');
      expect(text).not.toContain(HOSTILE);
      expect(text).not.toContain('<form method="post" action="/machine');
    }
    const { text } = await api.admin.page(PATH);
    expect(text).toContain(`action="${PATH}/enable"`);
    const form = { 'content-type': 'application/x-www-form-urlencoded', accept: 'text/html' };
    const enabled = await api.admin.send('POST', `${PATH}/enable`, 'reason=cleaned', form);
    expect([enabled.status, enabled.headers.get('location')]).toEqual([303, PATH]);
    expect((await api.anonymous.get(PATH)).json).toMatchObject({ enabled: true, reenabled: { reason: 'cleaned' } });
  });

  it('that failed show when they are tried again, and why', async () => {
    const failedAtMs = Date.now();
    await say(NAME, { type: 'FailMachine', data: { name: NAME, error: `cannot connect ${HOSTILE}`, failedAtMs } });
    expect((await api.anonymous.get(PATH)).json).toMatchObject({
      state: 'resting',
      consecutiveFailures: 1,
      disabledUntil: Math.floor((failedAtMs + 60_000) / 1000),
      lastFailure: { error: `cannot connect ${HOSTILE}` },
    });
    const { text } = await api.anonymous.page('/machines');
    expect(text).toContain('left alone after a failure');
    expect(text).toContain('cannot connect &lt;script>');
  });

  it('of the machines file are changed there only; a broken file is shown until it is mended', async () => {
    const configuration = {
      uri: 'localhost',
      systems: ['x86_64-linux'],
      slots: 2,
      speedFactor: 1,
      features: [],
      mandatoryFeatures: [],
    };
    await say('localhost', { type: 'AddMachine', data: { name: 'localhost', source: 'file', configuration } });
    for (const [method, sent] of [
      ['PUT', { uri: 'localhost', systemTypes: ['x'] }],
      ['DELETE', {}],
    ] as const) {
      const answer = await api.admin.send(method, '/machine/localhost', sent);
      expect([answer.status, answer.json.rejected]).toEqual([409, 'machine-in-file']);
    }
    const notices = createNotices(api.database);
    await notices.set('machines-file', `/etc/machines line 3: MAXJOBS ${HOSTILE}`);
    expect((await api.anonymous.page('/machines')).text).toContain('line 3: MAXJOBS &lt;script>');
    expect((await api.anonymous.get('/api/machines')).json).toMatchObject({
      machines: [{ name: 'localhost' }, { name: NAME }],
      machinesFileProblem: { message: expect.stringContaining('line 3') },
    });
    await notices.clear('machines-file');
    expect((await api.anonymous.page('/machines')).text).not.toContain('MAXJOBS');
  });

  it('are added by a form, and removed', async () => {
    const form = { 'content-type': 'application/x-www-form-urlencoded', accept: 'text/html' };
    const fields =
      'uri=ssh%3A%2F%2Fb.example&systemTypes=x86_64-linux%2C+i686-linux&maxJobs=2&speedFactor=1&supportedFeatures=&mandatoryFeatures=&sshKey=&publicHostKey=&reason=';
    const added = await api.admin.send('POST', '/machines', fields, form);
    expect([added.status, added.headers.get('location')]).toEqual([303, '/machine/b.example']);
    expect((await api.anonymous.get('/machine/b.example')).json).toMatchObject({
      systemTypes: ['x86_64-linux', 'i686-linux'],
      maxJobs: 2,
      supportedFeatures: [],
    });
    expect((await api.admin.send('DELETE', '/machine/b.example', { reason: 'sold' })).status).toBe(200);
    expect((await api.anonymous.get('/machines')).json).not.toHaveProperty('b.example');
    expect((await api.anonymous.get('/machine/b.example')).json.state).toBe('removed');
    expect((await api.anonymous.get('/machine/never')).status).toBe(404);
    expect(await eventTypes('b.example')).toEqual(['MachineAdded', 'MachineRemoved']);
  });

  it('have a queue runner, which says how it is, or that it is away', async () => {
    expect((await api.anonymous.get('/queue-runner-status')).json).toEqual({ status: 'unreachable' });
  });
});
