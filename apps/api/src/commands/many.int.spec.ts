import { startApi, type TestApi } from '../../testing/api.js';
import { simulate } from '../../testing/farm.js';
import { jobsetBody } from '../../testing/jobset-body.js';

describe('an order about many builds', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await startApi();
    await api.admin.send('PUT', '/project/demo', {});
    await api.admin.send('PUT', '/jobset/demo/main', jobsetBody);
    const log = 'no\n';
    await simulate(api, {
      ...{ project: 'demo', jobset: 'main', evaluationId: 1, firstBuildId: 10 },
      jobs: [{ job: 'a', status: 'succeeded' }, { job: 'b', status: 'failed', log }, { job: 'c' }, { job: 'd' }],
    });
  });
  afterAll(() => api.close());

  const post = (path: string, headers = {}, body: object = {}) => api.admin.send('POST', path, body, headers);
  const typesOf = async (stream: string) => {
    const types = [];
    for await (const { type } of api.store.readStream(stream)) types.push(type);
    return types;
  };

  it('that comes again with its idempotency key is answered as before, though nothing is left to do', async () => {
    for (const [order, builds] of [
      ['cancel', 2],
      ['restart-failed', 3],
      ['bump', 3],
      ['keep', 1],
    ] as const) {
      const key = { 'idempotency-key': order };
      const first = await post(`/eval/1/${order}`, key);
      expect([order, first.status, first.json.builds]).toEqual([order, 200, builds]);
      expect((await post(`/eval/1/${order}`, key)).json).toEqual(first.json);
    }
    expect(await typesOf('build-11')).toEqual(['BuildQueued', 'BuildFinished', 'BuildRestarted', 'BuildBumped']);
  });
  it('that comes again is not about what there is since: neither builds nor remembered failures', async () => {
    const key = { 'idempotency-key': 'once' };
    await post('/eval/1/cancel');
    const nothing = await post('/eval/1/cancel', key);
    expect(nothing.json).toEqual({ builds: 0, events: [] });
    await post('/build/12/restart');
    expect((await post('/eval/1/cancel', key)).json).toEqual(nothing.json);
    expect((await api.anonymous.get('/build/12')).json.finished).toBe(0);
  });
  it('with the key of another order is refused, even if there is nothing to do', async () => {
    const key = { 'idempotency-key': 'other' };
    await post('/eval/1/restart-aborted', key, { reason: 'a' });
    const again = await post('/eval/1/restart-aborted', key, { reason: 'b' });
    expect([again.status, again.json.field]).toEqual([422, 'Idempotency-Key']);
  });
  it('says that it is a dry run even if it would do nothing', async () => {
    await post('/eval/1/cancel');
    for (const path of ['/eval/1/cancel', '/admin/clear-queue-non-current', '/admin/clear-failed-cache'])
      expect([path, (await post(`${path}?dry-run=1`)).json]).toMatchObject([path, { dryRun: true, events: [] }]);
  });
  it('takes no revision, for it would be that of which of them?', async () => {
    for (const path of [
      '/eval/1/bump',
      '/admin/clear-queue-non-current',
      '/admin/clear-failed-cache',
      '/api/push?jobsets=demo:main',
    ]) {
      const { status, json } = await post(path, { 'if-match': '"0"' });
      expect([path, status, json.field]).toEqual([path, 400, 'If-Match']);
    }
  });
});
