import { startApi, type TestApi } from '../../testing/api.js';
import { checkAnswer } from '../../testing/answers-checked.js';
import { SUMMARIES } from './summaries.js';
import { DEMO_PAGES, demoFarm } from '../../testing/demo.js';

describe('openapi.json', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await startApi();
    await demoFarm(api, Date.parse('2026-01-02T00:00:00Z'));
  });
  afterAll(() => api.close());

  it('is of version 3.1 and knows Hydra’s operations, what they take and what they answer', async () => {
    const { json } = await api.anonymous.get('/openapi.json');
    expect(json.openapi).toBe('3.1.0');
    const hydra = [
      'POST /login',
      'GET /',
      'POST /api/push',
      'GET /api/jobsets',
      'GET /search',
      'PUT /project/{project}',
      'GET /project/{project}',
      'DELETE /project/{project}',
      'PUT /jobset/{project}/{jobset}',
      'GET /jobset/{project}/{jobset}',
      'DELETE /jobset/{project}/{jobset}',
      'GET /jobset/{project}/{jobset}/evals',
      'GET /jobset/{project}/{jobset}/latest-eval',
      'GET /job/{project}/{jobset}/{job}/shield',
      'GET /job/{project}/{jobset}/{job}/latest',
      'GET /job/{project}/{jobset}/{job}/latest-for/{system}',
      'GET /job/{project}/{jobset}/{job}/latest-finished',
      'GET /build/{id}',
      'GET /build/{id}/constituents',
      'GET /eval/{id}',
      'GET /eval/{id}/builds',
    ];
    for (const one of hydra) {
      const [method, path] = one.split(' ') as [string, string];
      expect([one, json.paths[path]?.[method.toLowerCase()]?.operationId]).toEqual([one, expect.any(String)]);
    }
    const ids = Object.values(json.paths as Record<string, Record<string, { operationId: string }>>).flatMap((path) =>
      Object.values(path).map(({ operationId }) => operationId),
    );
    expect(new Set(ids).size).toBe(ids.length);
    const share = json.paths['/jobset/{project}/{jobset}/share'].post;
    expect(share.requestBody.content['application/json'].schema.properties).toHaveProperty('reason');
    expect(share.parameters.map(({ name }: { name: string }) => name)).toContain('Idempotency-Key');
  });

  it('says of each operation what it does, and of each part of its path what it is', async () => {
    type Described = { summary: string; operationId: string; parameters: { name: string; in: string }[] };
    const { json } = await api.anonymous.get('/openapi.json');
    const operations = Object.entries(json.paths as Record<string, Record<string, Described>>).flatMap(([path, of]) =>
      Object.entries(of).map(([method, operation]) => ({ path, method: method.toUpperCase(), ...operation })),
    );
    expect(operations.filter(({ summary, operationId }) => summary === operationId)).toEqual([]);
    const spelt = operations.map(({ method, path }) => `${method} ${path}`);
    expect(Object.keys(SUMMARIES).filter((one) => !spelt.includes(one))).toEqual([]);
    for (const { method, path, parameters } of operations) {
      const names = (where: string) => parameters.filter((one) => one.in === where).map(({ name }) => name);
      const braced = [...path.matchAll(/\{([^}]+)\}/g)].map(([, name]) => name!);
      expect([path, names('path').sort()]).toEqual([path, braced.sort()]);
      expect([method, path, names('header').length > 0]).toEqual([method, path, names('query').includes('dry-run')]);
    }
  });

  it.each(Object.entries(DEMO_PAGES))('describes the JSON of the page %s', async (_, path) => {
    // The client of the tests compares every answer with the document.
    const { status } = await api.admin.get(path);
    expect(status).toBeLessThan(500);
  });

  it('is not satisfied by any answer', async () => {
    await expect(checkAnswer(api.url, 'GET', '/build/202', 200, { id: 'x' })).rejects.toThrow(
      'must have required property',
    );
    await expect(checkAnswer(api.url, 'GET', '/build/202', 500, {})).rejects.toThrow('does not know');
    await expect(checkAnswer(api.url, 'GET', '/no/such', 200, {})).rejects.toThrow('no operation');
  });
});
