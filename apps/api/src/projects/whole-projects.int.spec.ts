import { jobsetStream, projectStream } from '#domain';
import { startApi, type TestApi } from '../../testing/api.js';
import type { Client } from '../../testing/client.js';
import { jobsetBody } from '../../testing/jobset-body.js';

type Told = Readonly<{ id: string; stream: string; type: string; data: object }>;

describe('an order about a project and all its jobsets', () => {
  let api: TestApi;
  let ada: Client & { id: string };
  let bob: Client & { id: string };
  beforeAll(async () => {
    api = await startApi();
    ada = await api.signIn('ada', 'create-projects');
    bob = await api.signIn('bob');
  });
  afterAll(() => api.close());

  const typesOf = async (stream: string) => {
    const types = [];
    for await (const { type } of api.store.readStream(stream)) types.push(type);
    return types;
  };
  const make = async (project: string) => {
    await ada.send('PUT', `/project/${project}`, { members: ['bob'] });
    for (const jobset of ['one', 'two']) await ada.send('PUT', `/jobset/${project}/${jobset}`, jobsetBody);
  };

  it('deletes none of them for who knows an older revision of the project, or says none that can be', async () => {
    await make('kept');
    for (const [revision, status] of [
      ['"0"', 409],
      ['*', 400],
    ] as const) {
      const refused = await ada.send('DELETE', '/project/kept', {}, { 'if-match': revision });
      expect([refused.status, refused.json.field]).toEqual([status, 'If-Match']);
    }
    expect((await ada.get('/project/kept')).json.jobsets).toEqual(['one', 'two']);
    expect((await ada.send('DELETE', '/project/kept', {}, { 'if-match': '"1"' })).status).toBe(200);
    expect(await typesOf(jobsetStream('kept', 'two'))).toContain('JobsetDeleted');
  });

  it('that comes again by its key is answered as the first time: deleting', async () => {
    await make('gone');
    const remove = () => bob.send('DELETE', '/project/gone', {}, { 'idempotency-key': 'delete' });
    const first = await remove();
    expect(first.json.events).toMatchObject([
      { type: 'JobsetDeleted' },
      { type: 'JobsetDeleted' },
      { type: 'ProjectDeleted' },
    ]);
    expect(await remove()).toMatchObject({ status: 200, json: first.json });
  });

  it('that comes again by its key is answered as the first time: renaming, each event with an id of its own', async () => {
    await make('old');
    const rename = () =>
      bob.send('PUT', '/project/old', { name: 'new', members: ['bob'] }, { 'idempotency-key': 'name' });
    const first = await rename();
    const told: readonly Told[] = first.json.events;
    expect(told.map(({ type }) => type)).toEqual([
      'ProjectChanged',
      'ProjectRenamed',
      ...['one', 'two'].flatMap(() => ['JobsetRenamed', 'JobsetRenamed']),
      'ProjectRenamed',
    ]);
    expect(new Set(told.map(({ id }) => id)).size).toBe(told.length);
    expect(await rename()).toMatchObject({ status: 200, json: first.json });
  });

  it('tells in a dry run all that it would append, in the state that its own commands lead to', async () => {
    const create = { members: ['bob'], description: 'a' };
    const rename = { name: 'then', description: 'b', members: ['ada'] };
    for (const [body, path] of [
      [create, '/project/now'],
      [rename, '/project/now'],
    ] as const) {
      const dry = await ada.send('PUT', `${path}?dry-run=1`, body);
      const done = await ada.send('PUT', path, body);
      const events = [];
      for (const { id } of done.json.events as readonly Told[]) {
        const { stream, type, data } = (await ada.get(`/api/audit/${id}`)).json.event;
        events.push({
          stream,
          type,
          data: { ...data, ...('projectId' in data ? { projectId: expect.anything() } : {}) },
        });
      }
      expect(dry.json.events).toMatchObject(events);
    }
    expect(await typesOf(projectStream('now'))).toHaveLength(5);
  });

  it('is none where there was one: nobody but who had it is told so', async () => {
    await make('past');
    await bob.send('DELETE', '/project/past');
    expect(await bob.send('DELETE', '/project/past')).toMatchObject({ status: 200, json: { events: [] } });
    const eve = await api.signIn('eve');
    expect((await eve.send('DELETE', '/project/past')).status).toBe(403);
    expect((await bob.send('PUT', '/project/past', {})).status).toBe(403);
  });
});
