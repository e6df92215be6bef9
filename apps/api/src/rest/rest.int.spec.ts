import { startApi, type TestApi } from '../../testing/api.js';
import { simulate } from '../../testing/farm.js';
import { jobsetBody } from '../../testing/jobset-body.js';

describe('GET /api/nrbuilds', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await startApi();
    await api.admin.send('PUT', '/project/demo', {});
    await api.admin.send('PUT', '/jobset/demo/main', jobsetBody);
    const jobs = [{ job: 'a', status: 'succeeded' as const }, { job: 'b', status: 'failed' as const }, { job: 'c' }];
    await simulate(api, { project: 'demo', jobset: 'main', evaluationId: 1, firstBuildId: 1, jobs });
  });
  afterAll(() => api.close());

  it('counts the finished builds of each day, oldest first, days without one too', async () => {
    const { status, json } = await api.anonymous.get('/api/nrbuilds?nr=10000&period=day');
    expect(status).toBe(200);
    expect(json).toHaveLength(10_000);
    expect(json.filter((builds: number) => builds > 0)).toEqual([2]);
  });

  it('is by the hour where nothing else is asked for', async () => {
    expect((await api.anonymous.get('/api/nrbuilds?nr=3')).json).toHaveLength(3);
  });
});
