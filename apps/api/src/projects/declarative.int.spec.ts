import { startApi, type TestApi } from '../../testing/api.js';
import type { Client } from '../../testing/client.js';
import { jobsetBody } from '../../testing/jobset-body.js';

describe('a declarative project, by REST', () => {
  let api: TestApi;
  let ada: Client;
  const declarative = { file: 'spec.json', type: 'git', value: 'https://example.org/spec.git main' };
  beforeAll(async () => {
    api = await startApi();
    ada = await api.signIn('ada', 'create-projects');
    await ada.send('PUT', '/project/declared', {});
    await ada.send('PUT', '/jobset/declared/main', jobsetBody);
    await ada.send('PUT', '/project/free', {});
    await ada.send('PUT', '/jobset/free/other', jobsetBody);
    await ada.send('PUT', '/project/declared', { declarative });
  });
  afterAll(() => api.close());

  it.each([
    ['PUT', '/jobset/declared/main', jobsetBody],
    ['PUT', '/jobset/declared/new', jobsetBody],
    ['PUT', '/jobset/declared/main', { ...jobsetBody, name: 'renamed' }],
    ['PUT', '/jobset/free/other', { ...jobsetBody, project: 'declared' }],
    ['POST', '/jobset/free/other/clone', { name: 'copy', project: 'declared' }],
    ['POST', '/jobset/declared/main/delete', {}],
    ['DELETE', '/jobset/declared/main', {}],
  ])('%s %s is refused, and says where to change it', async (method, path, body) => {
    const by = path.endsWith('delete') || method === 'DELETE' ? api.admin : ada;
    const { status, json } = await by.send(method, path, body);
    expect([status, json.error]).toEqual([403, expect.stringContaining("what 'spec.json' says")]);
    expect((await ada.get('/jobset/declared/main')).status).toBe(200);
    expect((await ada.get('/jobset/declared/new')).status).toBe(404);
  });

  it('offers none of that, but what has to be done at once', async () => {
    expect((await ada.get('/jobset/declared/main/edit')).status).toBe(403);
    const { text } = await ada.page('/jobset/declared/main');
    expect(text).toContain('href="/jobset/declared/.jobsets"');
    for (const path of ['edit', 'clone', 'delete']) expect(text).not.toContain(`/jobset/declared/main/${path}"`);
    for (const path of ['disable', 'share', 'evaluate']) expect(text).toContain(`"/jobset/declared/main/${path}"`);
    expect((await ada.page('/project/declared')).text).not.toContain('create-jobset');
    expect((await ada.page('/jobset/free/other')).text).toContain('/jobset/free/other/edit"');
    expect((await ada.send('POST', '/jobset/declared/main/disable', { reason: 'it eats the farm' })).status).toBe(200);
    expect((await ada.send('POST', '/jobset/free/other/clone', { name: 'copy' })).status).toBe(201);
  });

  it.each([
    [{ ...declarative, file: '../x' }, 'declarative.file'],
    [{ ...declarative, type: 'svn' }, 'declarative.type'],
    [{ ...declarative, value: ' ' }, 'declarative.value'],
  ])('takes no declaration that cannot be read: %j', async (wrong, field) => {
    for (const name of ['declared', 'another'])
      expect(await ada.send('PUT', `/project/${name}`, { declarative: wrong })).toMatchObject({
        status: 400,
        json: { field },
      });
    expect((await ada.get('/project/declared')).json.declarative).toEqual(declarative);
  });

  it('is free again once it declares nothing', async () => {
    await ada.send('PUT', '/project/declared', {});
    expect((await ada.send('PUT', '/jobset/declared/main', jobsetBody)).status).toBe(200);
  });
});
