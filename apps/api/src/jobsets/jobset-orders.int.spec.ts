import { jobset, jobsetStream } from '#domain';
import { commandHandler } from '#event-store';
import { movingJobsets } from '#read-model';
import { until } from '../../../../test/acceptance/until.js';
import { startApi, type TestApi } from '../../testing/api.js';
import type { Client } from '../../testing/client.js';
import { jobsetBody } from '../../testing/jobset-body.js';
import { JobsetOrders } from './jobset-orders.js';

describe('a jobset', () => {
  let api: TestApi;
  let ada: Client & { id: string };
  let bob: Client & { id: string };
  beforeAll(async () => {
    api = await startApi();
    ada = await api.signIn('ada', 'create-projects');
    bob = await api.signIn('bob', 'create-projects');
    for (const name of ['demo', 'other']) await ada.send('PUT', `/project/${name}`, {});
    await bob.send('PUT', '/project/bobs', {});
  });
  afterAll(() => api.close());

  const eventsOf = async (name: string) => {
    const events = [];
    for await (const event of api.store.readStream(jobsetStream('demo', name))) events.push(event);
    return events;
  };
  const typesOf = async (name: string) => (await eventsOf(name)).map(({ type }) => type);
  const put = (path: string, body: object = {}, headers?: Record<string, string>) =>
    ada.send('PUT', path, { ...jobsetBody, ...body }, headers);

  it('is created under the name in the body of a PUT to .new', async () => {
    const made = await put('/jobset/demo/.new', { name: 'fresh' });
    expect([made.status, made.json.name]).toEqual([201, 'fresh']);
    expect(await typesOf('fresh')).toContain('JobsetCreated');
    expect((await put('/jobset/demo/.new')).json.field).toBe('name');
    expect((await put('/jobset/demo/.new', { name: 'fresh' })).status).toBe(409);
    expect((await put('/jobset/demo/.new', { name: 'a/b' })).json.field).toBe('name');
  });

  it('is made as a clone where the body says of which one, at the revision that was copied', async () => {
    await put('/jobset/demo/source');
    const revision = (await eventsOf('source')).at(-1)!.revision;
    await put('/jobset/demo/source', { description: 'changed since' });
    const clonedfrom = { project: 'demo', jobset: 'source', revision };
    expect((await put('/jobset/demo/.new', { name: 'copy', clonedfrom })).status).toBe(201);
    const [cloned] = await eventsOf('copy');
    expect(cloned).toMatchObject({
      type: 'JobsetCloned',
      data: { source: { project: 'demo', name: 'source', revision } },
    });
    const late = { ...clonedfrom, revision: 99 };
    expect((await put('/jobset/demo/.new', { name: 'late', clonedfrom: late })).json.field).toBe('clonedfrom.revision');
    const gone = { project: 'demo', jobset: 'gone' };
    expect((await put('/jobset/demo/.new', { name: 'late', clonedfrom: gone })).json.field).toBe('clonedfrom');
    expect((await put('/jobset/demo/copy', { clonedfrom })).json.field).toBe('clonedfrom');
    const [key, other] = ['a', 'b'].map((one) => ({ 'idempotency-key': one }));
    const named = await put('/jobset/demo/named', { clonedfrom }, key);
    expect(await put('/jobset/demo/named', { clonedfrom }, key)).toMatchObject({ status: 201, json: named.json });
    expect((await put('/jobset/demo/named', { clonedfrom }, other)).status).toBe(409);
    // Also when what it copied is gone by then.
    const post = (headers: Record<string, string> = {}) =>
      ada.send('POST', '/jobset/demo/source/clone', { name: 'posted', changes: { description: 'p' } }, headers);
    const posted = await post(key);
    expect(posted.status).toBe(201);
    await api.admin.send('DELETE', '/jobset/demo/source');
    expect(await put('/jobset/demo/named', { clonedfrom }, key)).toMatchObject({ status: 201, json: named.json });
    expect(await post(key)).toMatchObject({ status: 201, json: posted.json });
    expect((await post(other)).status).toBe(404);
    expect(await eventsOf('posted')).toHaveLength(1);
    await put('/jobset/demo/source');
  });

  it('is renamed by a PUT with another name, configuration and pending evaluation with it', async () => {
    await put('/jobset/demo/old', { checkinterval: 300 });
    const before = (await api.anonymous.get('/jobset/demo/old')).json;
    const dry = await put('/jobset/demo/old?dry-run=1', { name: 'new' });
    expect(dry.json.events).toHaveLength(2);
    const renamed = await put('/jobset/demo/old', { name: 'new', description: 'with it' });
    expect(renamed.status).toBe(200);
    expect((await api.anonymous.get('/jobset/demo/new')).json).toMatchObject({
      description: 'with it',
      triggertime: before.triggertime,
    });
    expect(before.triggertime).not.toBeNull();
    const old = await api.anonymous.get('/jobset/demo/old');
    expect([old.status, old.headers.get('location')]).toEqual([301, '/jobset/demo/new']);
    for (const form of ['edit', 'clone']) {
      const { status, headers } = await ada.get(`/jobset/demo/old/${form}`);
      expect([status, headers.get('location')]).toEqual([301, `/jobset/demo/new/${form}`]);
    }
    expect((await put('/jobset/demo/old', { name: 'new' })).status).toBe(200);
    expect((await put('/jobset/demo/new', { name: 'source' })).json.rejected).toBe('jobset-exists');
    expect((await put('/jobset/demo/new', { name: 'a/b' })).json.field).toBe('name');
    expect((await put('/jobset/demo/new', { keepnr: -1, name: 'c' })).json.field).toBe('keepnr');
    expect((await api.anonymous.get('/jobset/demo/new')).status).toBe(200);
  });

  it('moves to another project only with a say in both', async () => {
    await put('/jobset/demo/moving');
    expect((await put('/jobset/demo/moving', { project: 'bobs' })).status).toBe(403);
    expect((await bob.send('PUT', '/jobset/demo/moving', { ...jobsetBody, project: 'bobs' })).status).toBe(403);
    expect((await put('/jobset/demo/moving', { project: 'nowhere' })).status).toBe(404);
    expect((await put('/jobset/demo/moving', { project: 'other' })).status).toBe(200);
    expect((await api.anonymous.get('/jobset/other/moving')).status).toBe(200);
  });

  it('changed by two at once with the revision they saw, is changed by one; the other gets 409', async () => {
    for (const [round, second] of ['configured', 'renamed'].entries()) {
      const name = `raced${round}`;
      await put(`/jobset/demo/${name}`);
      const etag = { 'if-match': (await api.anonymous.get(`/jobset/demo/${name}`)).headers.get('etag')! };
      const answers = await Promise.all([
        put(`/jobset/demo/${name}`, { name: `${name}-a` }, etag),
        put(`/jobset/demo/${name}`, second === 'renamed' ? { name: `${name}-b` } : { description: 'b' }, etag),
      ]);
      expect(answers.map(({ status }) => status).filter((status) => status === 200)).toHaveLength(1);
      const loser = answers.find(({ status }) => status !== 200)!;
      expect([404, 409]).toContain(loser.status);
      const there = await Promise.all(
        [name, `${name}-a`, `${name}-b`].map(async (one) => (await api.anonymous.get(`/jobset/demo/${one}`)).status),
      );
      expect(there.filter((status) => status === 200)).toHaveLength(1);
    }
  });

  it('whose rename stopped in the middle has its new name soon', async () => {
    await put('/jobset/demo/halfway');
    const handle = commandHandler(api.store, jobset);
    const id = '0190a0a0-0000-7000-8000-000000000021';
    const context = {
      commandId: id,
      actor: { kind: 'system', id: 't' },
      via: 't',
      correlationId: id,
      causationId: id,
    } as const;
    const at = '2026-01-01T00:00:00.000Z';
    const data = { to: { project: 'demo', name: 'arrived' } };
    await handle(jobsetStream('demo', 'halfway'), { type: 'RenameJobset', data, at }, context);
    await until('the rename is half done', async () => (await movingJobsets(api.database)).at(0));
    const orders = api.part(JobsetOrders);
    await orders.settle();
    await until(
      'the new name',
      async () => (await api.anonymous.get('/jobset/demo/arrived')).status === 200 || undefined,
    );
    expect((await api.anonymous.get('/jobset/demo/halfway')).status).toBe(301);
    await orders.settle();
    expect(await typesOf('arrived')).toEqual(['JobsetRenamed']);
  });
});
