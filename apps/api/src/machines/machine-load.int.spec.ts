import { acquireLeadership, createQuestions, type Leadership } from '#coordination';
import { startApi, type TestApi } from '../../testing/api.js';
import { caughtUp, completeStep, simulate, startStep, storePath } from '../../testing/farm.js';
import { jobsetBody } from '../../testing/jobset-body.js';

const AT = Date.parse('2026-01-02T03:04:05Z');

describe('what a machine has to bear', () => {
  let api: TestApi;
  let queueRunner: Leadership;
  beforeAll(async () => {
    api = await startApi();
    const { signal } = api.stop;
    queueRunner = await acquireLeadership({ database: api.database, name: 'queue-runner', signal });
    const pressure = { cpu: 41.6, memory: 2, io: 0 };
    const status = { status: 'up', host: { processors: 4, load: [3.14, 2, 1], pressure } };
    void createQuestions(api.database).answer('queue-runner', () => status, signal);
    await api.admin.send('PUT', '/project/demo', {});
    await api.admin.send('PUT', '/jobset/demo/main', jobsetBody);
    await api.admin.send('POST', '/machines', { uri: 'localhost', systemTypes: ['x86_64-linux', 'i686-linux'] });
    await api.admin.send('POST', '/machines', { uri: 'ssh://arm', systemTypes: ['aarch64-linux'] });
    await simulate(api, {
      ...{ project: 'demo', jobset: 'main', evaluationId: 50, firstBuildId: 1000 },
      jobs: [{ job: 'a' }, { job: 'b' }, { job: 'c', description: { system: 'i686-linux' } }],
    });
    const drvPath = storePath(1000, 'job-1000.drv');
    await startStep(api, 1000, drvPath, 1, AT);
    const log = { key: 'k', bytes: 0, sha256: '0'.repeat(64), truncated: false };
    await completeStep(api, 1000, drvPath, log, 'aborted', AT);
    await caughtUp(api);
  });
  afterAll(async () => {
    await queueRunner?.release();
    await api.close();
  });

  it('is told of each: builds queued for its systems, its last aborted step, and the load of the queue runner’s host', async () => {
    const { json } = await api.anonymous.get('/machines');
    expect(json['localhost']).toMatchObject({
      queuedBuilds: 3,
      lastAbort: { build: 1000, stepnr: 1, time: AT / 1000 + 1, error: null },
      host: { processors: 4, load: [3.14, 2, 1] },
    });
    expect(json['arm']).toMatchObject({ queuedBuilds: 0, lastAbort: null, host: null });
  });

  it.each(['/machines', '/machine/localhost'])('stands on the page %s', async (path) => {
    const { text } = await api.anonymous.page(path);
    expect(text).toContain('3 builds queued');
    expect(text).toContain('load 3.1 on 4 processors');
    expect(text).toContain('pressure: processor 42 %, memory 2 %, disk 0 %');
    expect(text).toMatch(/Last aborted step .*href="\/build\/1000\/step\/1">job-1000</s);
  });
});
