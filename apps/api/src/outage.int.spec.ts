import { acquireLeadership } from '#coordination';
import { sleep } from '#runtime';
import { type OwnPostgres, startPostgres } from '../../../test/stack/postgres.js';
import { startApi, type TestApi } from '../testing/api.js';

let server: OwnPostgres;
let api: TestApi;
beforeAll(async () => {
  server = await startPostgres();
  api = await startApi({ database: { url: server.url, drop: () => server.stop() } });
});
afterAll(() => api.close());

/** Asks until the answer is as wanted, for at most 15 s. */
const eventually = async (path: string, status: number) => {
  let answer = await api.admin.get(path);
  for (let i = 0; i < 150 && answer.status !== status; i++, await sleep(100)) answer = await api.admin.get(path);
  return answer;
};

describe('the health of the farm', () => {
  it('is 503 and names the worker while none is at work, and 200 once one is', async () => {
    const without = await eventually('/healthz', 503);
    expect([without.status, without.json.missing]).toEqual([503, ['worker']]);
    const leadership = await acquireLeadership({
      database: api.database,
      name: 'queue-runner',
      signal: api.stop.signal,
    });
    const whole = await eventually('/healthz', 200);
    expect(whole.json).toMatchObject({
      ok: true,
      parts: { api: { ok: true }, log: { ok: true }, projector: { ok: true }, worker: { ok: true } },
    });
    await leadership.release();
    expect((await eventually('/healthz', 503)).json.missing).toEqual(['worker']);
  });
});

describe('a PostgreSQL that was killed', () => {
  it('makes every answer a 503 with the time to try again, and is found again by itself', async () => {
    expect((await api.admin.send('PUT', '/project/before', {})).status).toBe(201);
    await server.kill();
    for (const [method, path] of [
      ['GET', '/project/before'],
      ['PUT', '/project/during'],
      ['POST', '/login'],
      ['GET', '/queue'],
    ] as const) {
      const answer = await api.admin.send(
        method,
        path,
        method === 'GET' ? undefined : path === '/login' ? { username: 'admin', password: 'secret' } : {},
      );
      expect([path, answer.status, answer.headers.get('retry-after')]).toEqual([path, 503, '2']);
    }
    expect((await api.admin.get('/healthz')).json.missing).toEqual(['log', 'projector', 'worker']);
    await server.start();
    await eventually('/queue', 200);
    expect((await api.admin.send('PUT', '/project/after', {})).status).toBe(201);
    expect((await eventually('/project/before', 200)).json.name).toBe('before');
    expect((await eventually('/project/after', 200)).json.name).toBe('after');
  });
});
