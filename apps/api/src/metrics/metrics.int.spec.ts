import { systemClock } from '#runtime';
import { startApi, type TestApi } from '../../testing/api.js';
import { caughtUp, simulate, startStep, storePath } from '../../testing/farm.js';
import { jobsetBody } from '../../testing/jobset-body.js';

const samplesOf = (text: string): Map<string, number> =>
  new Map(
    text
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
  );

describe('Prometheus', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await startApi();
    await api.admin.send('PUT', '/project/demo', {});
    await api.admin.send('PUT', '/jobset/demo/main', { ...jobsetBody, schedulingshares: 30 });
    await api.admin.send('PUT', '/jobset/demo/side', { ...jobsetBody, schedulingshares: 10 });
  });
  afterAll(() => api.close());

  it('is told of an empty farm without inventing a machine or a build', async () => {
    const { status, headers, text } = await api.anonymous.get('/prometheus');
    expect([status, headers.get('content-type')]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8']);
    const samples = samplesOf(text);
    expect([...samples.keys()].filter((key) => /machine|queue|finished/.test(key))).toEqual([]);
    expect(text).toContain('# TYPE hydra_machine_build_duration histogram\n');
    expect(samples.get('iolaus_worker_leads')).toBe(0);
    expect(samples.get('iolaus_log_position')).toBeGreaterThan(0);
  });

  it('is told what waits, what runs and for how long, what finished, and whose the farm is', async () => {
    await api.admin.send('POST', '/machines', { uri: 'localhost', systemTypes: ['x86_64-linux'], maxJobs: 4 });
    await api.admin.send('POST', '/machines', { uri: 'ssh://broken', systemTypes: ['x86_64-linux'], maxJobs: 2 });
    await api.admin.send('POST', '/machine/broken/disable', { reason: 'smoke' });
    await simulate(api, {
      ...{ project: 'demo', jobset: 'main', evaluationId: 51, firstBuildId: 2000 },
      jobs: [{ job: 'a' }, { job: 'b', description: { system: 'aarch64-linux' } }, { job: 'c' }],
    });
    await startStep(api, 2002, storePath(2002, 'job-2002.drv'), 2, systemClock.now() - 700_000);
    await caughtUp(api);
    const samples = samplesOf((await api.anonymous.get('/prometheus')).text);
    const ofInterest = Object.fromEntries(
      [...samples].filter(([key]) => /queued|running|usable|slots|entitled|le="(60|600|1800)"/.test(key)),
    );
    expect(ofInterest).toEqual({
      'hydra_machine_build_duration_bucket{le="60",machine="localhost"}': 0,
      'hydra_machine_build_duration_bucket{le="600",machine="localhost"}': 0,
      'hydra_machine_build_duration_bucket{le="1800",machine="localhost"}': 1,
      'hydra_machine_build_duration_bucket{le="60",machine="broken"}': 0,
      'hydra_machine_build_duration_bucket{le="600",machine="broken"}': 0,
      'hydra_machine_build_duration_bucket{le="1800",machine="broken"}': 0,
      'iolaus_queued_builds{system="x86_64-linux"}': 2,
      'iolaus_queued_builds{system="aarch64-linux"}': 1,
      'iolaus_machine_slots{machine="localhost"}': 4,
      'iolaus_machine_slots{machine="broken"}': 2,
      'iolaus_machine_running_steps{machine="localhost"}': 1,
      'iolaus_machine_running_steps{machine="broken"}': 0,
      'iolaus_machine_usable{machine="localhost"}': 1,
      'iolaus_machine_usable{machine="broken"}': 0,
      'iolaus_jobset_entitled_ratio{project="demo",jobset="main"}': 0.75,
      'iolaus_jobset_entitled_ratio{project="demo",jobset="side"}': 0.25,
    });
    expect(samples.get('iolaus_queue_oldest_timestamp_seconds')).toBeGreaterThan(0);
  });

  it('is told what the web server answered: by route, never by the address that was asked for', async () => {
    for (const path of ['/build/2000', '/build/2001', '/build/999999', '/no/such/address', '/no/other'])
      await api.anonymous.get(path);
    const { text } = await api.anonymous.get('/metrics');
    const samples = samplesOf(text);
    expect(samples.get('http_requests_total{method="GET",route="/build/:id",code="200"}')).toBe(2);
    expect(samples.get('http_requests_total{method="GET",route="/build/:id",code="404"}')).toBe(1);
    expect(samples.get('http_requests_total{method="GET",route="none",code="404"}')).toBe(2);
    expect(samples.get('http_request_duration_seconds_count{method="GET",route="/build/:id"}')).toBe(3);
    expect(samples.get('process_resident_memory_bytes')).toBeGreaterThan(1e6);
    // Of the names alone: a value such as 0.0999999 is a duration and no address.
    expect([...samples.keys()].filter((name) => /999999|such|other/.test(name))).toEqual([]);
  });

  it('refuses what no parameter is', async () => {
    for (const path of ['/metrics?x=1', '/prometheus?x=1'])
      expect((await api.anonymous.get(path)).json).toMatchObject({ field: 'x' });
  });
});
