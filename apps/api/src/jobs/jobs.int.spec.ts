import { startApi, type TestApi } from '../../testing/api.js';
import { simulate, type SimulatedJob } from '../../testing/farm.js';
import { jobsetBody } from '../../testing/jobset-body.js';

const QUOTED = 'q"u\\o\nte';
const DAY = 86_400_000;

describe('a job', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await startApi();
    await api.admin.send('PUT', '/project/demo', {});
    await api.admin.send('PUT', '/jobset/demo/main', jobsetBody);
    const evaluation = (evaluationId: number, revision: string, jobs: readonly SimulatedJob[]) =>
      simulate(api, {
        ...{ project: 'demo', jobset: 'main', evaluationId, firstBuildId: evaluationId * 10, jobs },
        atMs: Date.parse('2026-01-01T00:00:00Z') + evaluationId * DAY,
        revision: revision.repeat(40),
        errors: evaluationId === 14 ? [{ job: 'dropped', message: 'attribute <qt7> missing' }] : [],
      });
    const all = { job: 'all', constituents: ['a', 'b'] };
    const metrics = [
      { name: 'coverage', value: 81.5, unit: '%' },
      { name: 'lines', value: 12, unit: '' },
    ];
    await evaluation(11, 'a', [
      { job: 'a', status: 'succeeded', measured: { tookMs: 2500, metrics } },
      { job: 'b', status: 'failed' },
      { ...all, status: 'dependency-failed' },
      { job: 'dropped', status: 'succeeded' },
      { job: QUOTED, status: 'failed' },
      { job: 'never', status: 'cancelled' },
    ]);
    await evaluation(12, 'b', [
      { job: 'a', status: 'succeeded', measured: { isCachedBuild: true, size: 2048 } },
      { job: 'b', status: 'succeeded' },
      { ...all, status: 'succeeded' },
    ]);
    await evaluation(13, 'c', [{ job: 'a', status: 'failed' }, { job: 'b' }, { ...all, status: 'dependency-failed' }]);
    await evaluation(14, 'd', [{ job: 'a', status: 'cancelled' }]);
  });
  afterAll(() => api.close());

  const job = (rest = '') => `/job/demo/main/a${rest}`;
  /** What a page says, without its markup. */
  const words = async (path: string) =>
    (await api.anonymous.page(path)).text.replace(/<[^>]*>/g, '').replace(/\s+/g, ' ');

  describe('says why it is red, and since when', () => {
    it('with its first bad and its last good build', async () => {
      const said = await words(job());
      expect(said).toMatch(/Failing since .* ago: build #130 was the first bad one \(failed\)/);
      expect(said).toMatch(/the last good one was #120, .* ago\./);
      expect(said).toContain('The newest, #140, was cancelled, which says nothing about the job.');
    });
    it('with the log of its newest failure', async () => {
      expect((await api.anonymous.page(job())).text).toContain('<a href="/build/130/log">Log of build #130</a>');
    });
    it('with the inputs that changed between their evaluations', async () => {
      expect(await words(job())).toContain(`src${'b'.repeat(10)} → ${'c'.repeat(10)}`);
      expect((await api.anonymous.page(job())).text).toContain('href="/eval/13?compare=12"');
    });
    it('or since when it is green', async () => {
      const said = await words('/job/demo/main/b');
      expect(said).toMatch(/Succeeding since .* ago, from build #121 on; the last bad one was #111 \(failed\)/);
      expect(said).toContain(`src${'a'.repeat(10)} → ${'b'.repeat(10)}`);
      expect(said).toContain('Waiting or running');
    });
    it('or that nothing is known of it', async () => {
      expect(await words('/job/demo/main/never')).toContain('No build of it has come to an end of its own yet.');
      expect(await words(`/job/demo/main/${encodeURIComponent(QUOTED)}`)).toContain('there is no good one before it.');
    });
    it('or that it could not be evaluated, in the words of the evaluator', async () => {
      expect(await words('/job/demo/main/dropped')).toContain('attribute &lt;qt7> missing');
    });
    it('or that the newest evaluation has no such job', async () => {
      expect(await words('/job/demo/main/all')).toContain(
        'not there any more The newest evaluation, #14, has no such job.',
      );
      for (const there of [job(), '/job/demo/main/dropped']) expect(await words(there)).not.toContain('no such job');
    });
    it('but no log where no step was started', async () => {
      const jobs = [
        { job: 'a', status: 'cancelled' },
        { job: 'foreign', status: 'unsupported' },
      ] as const;
      await api.admin.send('PUT', '/jobset/demo/other', jobsetBody);
      await simulate(api, { project: 'demo', jobset: 'other', evaluationId: 15, firstBuildId: 150, jobs });
      const { text } = await api.anonymous.page('/job/demo/other/foreign');
      expect(text).toContain('Failing since');
      expect(text).not.toContain('/log"');
    });
    it('with its newest builds as a row of links that have words', async () => {
      const { text } = await api.anonymous.page(job());
      expect(text).toMatch(
        /<a href="\/build\/130" class="status bad turn" [^>]*aria-label="#130 failed, [^"]*, the first so"/,
      );
      expect(text).toMatch(/<a href="\/build\/140" class="status warn" [^>]*aria-label="#140 cancelled, [^"]*"/);
    });
  });

  it('that is an aggregate shows its constituents, what is not well first', async () => {
    const { text } = await api.anonymous.page('/job/demo/main/all');
    const matrix = /<table class="striped matrix">.*?<\/table>/s.exec(text)![0];
    expect([...matrix.matchAll(/job\/demo\/main\/(\w+)"/g)].map(([, name]) => name)).toEqual(['a', 'b']);
    expect(matrix).toContain('aria-label="#130 failed"');
    expect(matrix).toContain('aria-label="#131 queued"');
    expect((await api.anonymous.page(job())).text).not.toContain('matrix');
  });

  it('that is a large aggregate shows a part of them, and where all are', async () => {
    const many = Array.from({ length: 76 }, (_, i) => ({ job: `c${i}` }));
    const jobs = [...many, { job: 'large', constituents: many.map(({ job }) => job) }];
    await api.admin.send('PUT', '/jobset/demo/large', jobsetBody);
    await simulate(api, { project: 'demo', jobset: 'large', evaluationId: 20, firstBuildId: 2000, jobs });
    const said = await words('/job/demo/large/large');
    expect(said).toContain('75 of 76 constituents, those that are not well first. All are on the page of build #2076.');
  });

  it('has its finished builds by pages, newest first', async () => {
    const { json } = await api.anonymous.get(job('/all'));
    expect(json.map(({ id }: { id: number }) => id)).toEqual([140, 130, 120, 110]);
    expect((await api.anonymous.get(job('/all?before=130'))).json).toHaveLength(2);
    expect(await words(job('/all?before=110'))).toContain('There are no older builds.');
    expect(await words(job('/all'))).toContain('#110');
  });

  it('has series of what was measured, oldest first', async () => {
    const queued = (day: number) => Date.parse('2026-01-01T00:00:00Z') / 1000 + day * 86_400;
    const series = async (name: string) => (await api.anonymous.get(job(name))).json;
    expect(await series('/build-times')).toEqual([{ id: 110, timestamp: queued(11), value: 2.5 }]);
    expect(await series('/output-sizes')).toEqual([
      { id: 110, timestamp: queued(11), value: 1024 },
      { id: 120, timestamp: queued(12), value: 2048 },
    ]);
    expect((await series('/closure-sizes')).map(({ value }: { value: number }) => value)).toEqual([4096, 4096]);
    expect(await series('/metric/coverage')).toMatchObject([
      { id: 110, value: 81.5, unit: '%' },
      { id: 120, value: 81.5, unit: '%' },
    ]);
    expect(await series('/metric/lines')).toEqual([{ id: 110, timestamp: queued(11), value: 12 }]);
    expect((await series('/charts')).metrics).toHaveProperty('lines');
    expect((await api.anonymous.get('/job/demo/main/never/build-times')).json).toEqual([]);
  });

  it('plots them, says each plot in a sentence and all of it as a table', async () => {
    const { text } = await api.anonymous.page(job('/charts'));
    expect(text).toContain('aria-label="Output size: 2.0 KiB at last, 1.0 KiB to 2.0 KiB over 2 builds"');
    expect(text).toContain('aria-label="coverage: 81.5 % at last, 81.5 % to 81.5 % over 2 builds"');
    expect(text).toContain('id="metric-lines"');
    expect(text).toContain('The same as a table');
    expect(await words('/job/demo/main/never/charts')).toContain('nothing to measure');
    expect((await api.anonymous.page(job('/metric-tab'))).headers.get('location')).toBe(job('/charts'));
  });

  it('is watched by Prometheus, whatever its name', async () => {
    const { headers, text } = await api.anonymous.get(job('/prometheus'));
    expect(headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    const labels = '{project="demo",jobset="main",job="a"}';
    const completed = Date.parse('2026-01-15T00:00:02Z') / 1000;
    expect(text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))).toEqual([
      `hydra_job_completion_time${labels} ${completed}`,
      `hydra_job_failed${labels} 1`,
      `hydra_build_closure_size${labels} 0`,
      `hydra_build_output_size${labels} 0`,
    ]);
    expect(text).toContain('# TYPE hydra_job_failed gauge\n');
    const quoted = await api.anonymous.get(`/job/demo/main/${encodeURIComponent(QUOTED)}/prometheus`);
    expect(quoted.text).toContain('hydra_job_failed{project="demo",jobset="main",job="q\\"u\\\\o\\nte"} 1');
    expect((await api.anonymous.get('/job/demo/main/b/prometheus')).text).toContain(
      'hydra_job_failed{project="demo",jobset="main",job="b"} 0',
    );
  });

  it.each([
    '',
    '/all',
    '/latest',
    '/latest/download/1',
    '/charts',
    '/build-times',
    '/closure-sizes',
    '/output-sizes',
    '/metric/x',
    '/metric-tab',
    '/prometheus',
  ])('that is not there is not found: %s', async (rest) => {
    const status = async (of: string, field: string) =>
      expect(await api.anonymous.get(`/job/demo/${of}${rest}`)).toMatchObject({ status: 404, json: { field } });
    await status('main/none', 'job');
    await status('none/a', 'jobset');
  });
  it.each([
    ['/all?before=0', 400, 'before'],
    ['/all?before=x', 400, 'before'],
    ['/all?page=2', 400, 'page'],
    ['/metric/%3Cb%3E', 400, 'name'],
    ['/metric/none', 404, 'name'],
  ])('refuses %s and names what is wrong', async (rest, status, field) =>
    expect(await api.anonymous.get(job(rest))).toMatchObject({ status, json: { field } }),
  );

  it('is found where its jobset went', async () => {
    await api.admin.send('PUT', '/jobset/demo/old', jobsetBody);
    const jobs = [{ job: 'a', status: 'succeeded' }] as const;
    await simulate(api, { project: 'demo', jobset: 'old', evaluationId: 16, firstBuildId: 160, jobs });
    await api.admin.send('PUT', '/jobset/demo/old', { ...jobsetBody, name: 'new' });
    const moved = async (rest: string) => {
      const { status, headers } = await api.anonymous.get(`/job/demo/old/a${rest}`);
      return [status, headers.get('location')];
    };
    expect(await moved('')).toEqual([301, '/job/demo/new/a']);
    expect(await moved('/latest/download/1')).toEqual([301, '/job/demo/new/a/latest/download/1']);
    expect(await moved('/latest-for/a%20b/c%20d')).toEqual([301, '/job/demo/new/a/latest-for/a%20b/c%20d']);
    for (const route of ['/prometheus', '/shield'])
      expect(await moved(route)).toEqual([301, `/job/demo/new/a${route}`]);
  });
});
