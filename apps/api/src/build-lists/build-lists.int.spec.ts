import { startApi, type TestApi } from '../../testing/api.js';
import { simulate } from '../../testing/farm.js';
import { jobsetBody } from '../../testing/jobset-body.js';

describe('the builds of a jobset, and of a project', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await startApi();
    await api.admin.send('PUT', '/project/demo', {});
    await api.admin.send('PUT', '/project/empty', {});
    for (const name of ['main', 'side', 'quiet']) await api.admin.send('PUT', `/jobset/demo/${name}`, jobsetBody);
    const of = (jobset: string, evaluationId: number) =>
      ({ project: 'demo', jobset, evaluationId, firstBuildId: evaluationId * 100 }) as const;
    const many = Array.from(
      { length: 60 },
      (_, i) => ({ job: `j${i}`, status: i === 59 ? 'failed' : 'succeeded' }) as const,
    );
    await simulate(api, { ...of('main', 1), jobs: many });
    const arm = { system: 'aarch64-linux' };
    await simulate(api, { ...of('side', 2), jobs: [{ job: 'a', status: 'succeeded', description: arm }] });
    await simulate(api, { ...of('main', 3), jobs: [{ job: 'a', status: 'succeeded' }, { job: 'b' }] });
  });
  afterAll(() => api.close());

  const listed = async (path: string) => {
    const { json, headers } = await api.anonymous.get(path);
    return [json.map(({ id }: { id: number }) => id), headers.get('link')] as const;
  };
  const location = async (path: string) => {
    const { status, headers } = await api.anonymous.get(path);
    return status === 302 ? headers.get('location') : status;
  };

  it('are listed newest first, each page telling where the next begins', async () => {
    const [first, link] = await listed('/jobset/demo/main/all');
    expect([first.length, first[0], first.at(-1)]).toEqual([50, 300, 111]);
    expect(link).toBe('</jobset/demo/main/all?before=111>; rel="next"');
    const [second, end] = await listed('/jobset/demo/main/all?before=111');
    expect([second.length, second[0], second.at(-1), end]).toEqual([11, 110, 100, null]);
    expect((await listed('/project/demo/all'))[0].slice(0, 3)).toEqual([300, 200, 159]);
    expect((await listed('/project/empty/all'))[0]).toEqual([]);
  });

  it('are pages too, with the ways to the newest and to older ones', async () => {
    const jobset = (await api.anonymous.page('/jobset/demo/main/all')).text;
    expect(jobset).toContain('<a href="/jobset/demo/main/all?before=111" rel="next">');
    expect(jobset).toContain('<a href="/jobset/demo/main/all" aria-current="page"');
    const project = (await api.anonymous.page('/project/demo/all?before=150')).text;
    expect(project).toContain('<a href="/project/demo/all">← Newest</a>');
    expect(project).toContain('demo:main');
    expect((await api.anonymous.page('/jobset/demo/quiet/all')).text).toContain('No build is finished yet.');
    expect((await api.anonymous.page('/project/demo')).text).toContain('href="/project/demo/all"');
  });

  it.each([
    ['/jobset/demo/main/latest', '/build/300'],
    ['/jobset/demo/main/latest/download/1', '/build/300/download/1'],
    ['/jobset/demo/main/latest-for/x86_64-linux', '/build/300'],
    ['/jobset/demo/main/latest-for/x86_64-linux/log', '/build/300/log'],
    ['/jobset/demo/main/latest-for/aarch64-linux', 404],
    ['/jobset/demo/main/latest-finished', '/build/158'],
    ['/jobset/demo/main/latest-finished/download/1', '/build/158/download/1'],
    ['/jobset/demo/main/latest-eval/store-paths', '/eval/1/store-paths'],
    ['/jobset/demo/main/latest-eval/job/j1/..%2f..%2flogin', '/eval/1/job/j1/login'],
    ['/jobset/demo/quiet/latest', 404],
    ['/jobset/demo/quiet/latest-eval/builds', 404],
    ['/project/demo/latest', '/build/300'],
    ['/project/demo/latest/download/1', '/build/300/download/1'],
    ['/project/demo/latest-for/aarch64-linux', '/build/200'],
    ['/project/demo/latest-for/aarch64-linux//example.org', '/build/200/example.org'],
    ['/project/demo/latest-finished', '/build/200'],
    ['/project/demo/latest-finished/log', '/build/200/log'],
    ['/project/empty/latest', 404],
  ])('%s leads to %s', async (path, expected) => expect(await location(path)).toBe(expected));

  it.each([
    '/all',
    '/latest',
    '/latest/x',
    '/latest-for/s',
    '/latest-for/s/x',
    '/latest-finished',
    '/latest-finished/x',
  ])('are not found of what is not there: %s', async (rest) => {
    expect(await api.anonymous.get(`/jobset/demo/none${rest}`)).toMatchObject({
      status: 404,
      json: { field: 'jobset' },
    });
    expect(await api.anonymous.get(`/project/none${rest}`)).toMatchObject({ status: 404, json: { field: 'project' } });
  });
  it.each(['/jobset/demo/main/all', '/project/demo/all'])('%s begins below an id, and says so', async (path) => {
    for (const before of ['0', '-1', 'x', '2147483648'])
      expect(await api.anonymous.get(`${path}?before=${before}`)).toMatchObject({
        status: 400,
        json: { field: 'before' },
      });
  });

  it('are found where the jobset and the project went', async () => {
    await api.admin.send('PUT', '/jobset/demo/quiet', { ...jobsetBody, name: 'silent' });
    await api.admin.send('PUT', '/project/empty', { name: 'void' });
    const moved = async (path: string) => {
      const { status, headers } = await api.anonymous.get(path);
      return [status, headers.get('location')];
    };
    expect(await moved('/jobset/demo/quiet/all')).toEqual([301, '/jobset/demo/silent/all']);
    expect(await moved('/jobset/demo/quiet/latest/download/1')).toEqual([301, '/jobset/demo/silent/latest/download/1']);
    expect(await moved('/jobset/demo/quiet/latest-eval/a%20b')).toEqual([301, '/jobset/demo/silent/latest-eval/a%20b']);
    expect(await moved('/project/empty/latest-for/s/x')).toEqual([301, '/project/void/latest-for/s/x']);
    expect(await moved('/project/empty')).toEqual([301, '/project/void']);
  });
});
