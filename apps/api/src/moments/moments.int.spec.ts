import { startApi, type TestApi } from '../../testing/api.js';
import { simulate } from '../../testing/farm.js';
import { jobsetBody } from '../../testing/jobset-body.js';
import { sleep } from '#runtime';

describe('?at=', () => {
  let api: TestApi;
  const marks: Record<string, string> = {};
  /** A moment after what was done before, and before what is done next. */
  const mark = async (name: string) => {
    await sleep(15);
    marks[name] = new Date(performance.timeOrigin + performance.now()).toISOString();
    await sleep(15);
  };
  beforeAll(async () => {
    api = await startApi();
    const { admin } = api;
    await mark('nothing');
    await admin.send('PUT', '/project/demo', { displayname: 'First' });
    await admin.send('PUT', '/jobset/demo/main', jobsetBody);
    await mark('created');
    await admin.send('PUT', '/project/demo', { displayname: 'Second' });
    await admin.send('PUT', '/jobset/demo/main', { ...jobsetBody, schedulingshares: 7 });
    await admin.send('PUT', '/jobset/demo/other', jobsetBody);
    const jobs = [{ job: 'a', status: 'succeeded' as const }, { job: 'b' }];
    await simulate(api, {
      project: 'demo',
      jobset: 'main',
      evaluationId: 70,
      firstBuildId: 70,
      jobs,
      atMs: Math.floor(performance.timeOrigin + performance.now()),
    });
    // The simulated builder takes seconds of its own time.
    await sleep(3000);
    await mark('built');
    await admin.send('POST', '/build/70/restart');
    await admin.send('POST', '/build/71/bump');
    await admin.send('DELETE', '/jobset/demo/other');
    await mark('restarted');
    await admin.send('POST', '/build/71/cancel');
  });
  afterAll(() => api.close());

  const at = (path: string, name: string) => api.anonymous.get(`${path}?at=${encodeURIComponent(marks[name]!)}`);

  it('tells a project as it was, its jobsets too', async () => {
    expect(await at('/project/demo', 'nothing')).toMatchObject({ status: 404 });
    expect((await at('/project/demo', 'created')).json).toMatchObject({ displayname: 'First', jobsets: ['main'] });
    expect((await at('/project/demo', 'built')).json).toMatchObject({
      displayname: 'Second',
      jobsets: ['main', 'other'],
    });
    expect((await at('/project/demo', 'restarted')).json).toMatchObject({ jobsets: ['main'] });
  });

  it('tells a jobset as it was, one that is deleted now too', async () => {
    expect((await at('/jobset/demo/main', 'created')).json).toMatchObject({
      schedulingshares: 100,
      lastcheckedtime: null,
    });
    expect((await at('/jobset/demo/main', 'built')).json).toMatchObject({ schedulingshares: 7 });
    expect((await at('/jobset/demo/other', 'built')).json).toMatchObject({ name: 'other' });
    expect(await at('/jobset/demo/other', 'restarted')).toMatchObject({ status: 404 });
  });

  it('tells of now what is told without it', async () => {
    await mark('now');
    for (const path of ['/project/demo', '/jobset/demo/main', '/build/70', '/build/71'])
      expect([path, (await at(path, 'now')).json]).toEqual([path, (await api.anonymous.get(path)).json]);
  });

  it('leads on to the name of that time', async () => {
    await api.admin.send('PUT', '/project/former', {});
    await api.admin.send('PUT', '/jobset/former/one', jobsetBody);
    await mark('former');
    await api.admin.send('PUT', '/project/former', { name: 'present' });
    await mark('present');
    for (const [then, now] of [
      ['/project/former', '/project/present'],
      ['/jobset/former/one', '/jobset/present/one'],
    ] as const) {
      expect((await at(then, 'former')).status).toBe(200);
      const moved = await at(then, 'present');
      const query = `?at=${encodeURIComponent(marks['present']!)}`;
      expect([moved.status, moved.headers.get('location')]).toEqual([301, `${now}${query}`]);
    }
  });

  it('tells an evaluation as it was, by how its builds stood then', async () => {
    expect(await at('/eval/70', 'created')).toMatchObject({ status: 404 });
    expect((await at('/eval/70', 'built')).json.then).toMatchObject({
      succeeded: 1,
      failed: 0,
      queued: 1,
      running: false,
    });
    expect((await at('/eval/70', 'restarted')).json.then).toMatchObject({ succeeded: 0, queued: 2 });
  });

  it('tells a build as it was', async () => {
    expect(await at('/build/70', 'created')).toMatchObject({ status: 404 });
    expect((await at('/build/70', 'built')).json).toMatchObject({ finished: 1, buildstatus: 0, jobsetevals: [70] });
    expect((await at('/build/70', 'restarted')).json).toMatchObject({ finished: 0, buildstatus: null });
    expect((await at('/build/71', 'restarted')).json).toMatchObject({ finished: 0 });
    expect((await api.anonymous.get('/build/71')).json).toMatchObject({ finished: 1, buildstatus: 4 });
  });

  it('has a page, and refuses what is no moment of the past', async () => {
    const { text } = await api.anonymous.page(`/jobset/demo/main?at=${encodeURIComponent(marks['built']!)}`);
    expect(text).toContain('told from the log');
    for (const path of ['/project/demo', '/jobset/demo/main', '/eval/70', '/build/70']) {
      expect(await api.anonymous.get(`${path}?at=tomorrow`)).toMatchObject({ status: 400, json: { field: 'at' } });
      expect(await api.anonymous.get(`${path}?at=2026-02-30`)).toMatchObject({ status: 400, json: { field: 'at' } });
      expect(await api.anonymous.get(`${path}?at=2100-01-01`)).toMatchObject({ status: 400, json: { field: 'at' } });
    }
  });
});
