import { startApi, type TestApi } from '../../testing/api.js';
import { simulate, startStep, storePath } from '../../testing/farm.js';
import { jobsetBody } from '../../testing/jobset-body.js';

describe('the queue', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await startApi();
    await api.admin.send('PUT', '/project/demo', {});
    for (const name of ['main', 'side']) await api.admin.send('PUT', `/jobset/demo/${name}`, jobsetBody);
    const arm = { system: 'aarch64-linux' };
    const many = Array.from({ length: 101 }, (_, i) => ({ job: `many${i}` }));
    await simulate(api, { project: 'demo', jobset: 'main', evaluationId: 50, firstBuildId: 1000, jobs: many });
    await simulate(api, {
      ...{ project: 'demo', jobset: 'side', evaluationId: 51, firstBuildId: 2000 },
      jobs: [{ job: 'a' }, { job: 'b', description: arm }, { job: 'c' }, { job: 'done', status: 'succeeded' }],
    });
    await startStep(api, 2002, storePath(2002, 'job-2002.drv'), 2, Date.parse('2026-01-02T03:05:00Z'));
    await api.admin.send('POST', '/build/2000/bump', { reason: 'r' });
    await api.admin.send('POST', '/machines', { uri: 'localhost', systemTypes: ['x86_64-linux'] });
  });
  afterAll(() => api.close());
  const ids = async (query: string) =>
    (await api.anonymous.get(`/queue${query}`)).json.map(({ id }: { id: number }) => id);
  const page = async (query: string) => (await api.anonymous.page(`/queue${query}`)).text;

  it('is all that is unfinished, or what one jobset or system waits for: bumped first, then oldest', async () => {
    const all = await ids('');
    expect([all.length, ...all.slice(0, 2)]).toEqual([104, 2000, 1000]);
    expect(await ids('?jobset=demo:side')).toEqual([2000, 2001, 2002]);
    expect(await ids('?system=aarch64-linux')).toEqual([2001]);
    expect(await ids('?jobset=demo:main&system=aarch64-linux')).toEqual([]);
  });

  it('says why each waits, and leads to all of why', async () => {
    const text = await page('?jobset=demo:side');
    expect(text).toContain('Only builds of demo:side: 3 of 104.');
    expect(text).toContain('its turn; it was bumped');
    expect(text).toContain('⊗ no machine builds aarch64-linux');
    expect(text).toContain('a step of it runs on localhost');
    expect(text).toContain('<a href="/build/2001/why" aria-label="Why build 2001 waits">');
    await api.admin.send('POST', '/machine/localhost/disable', { reason: 'r' });
    expect(await page('?jobset=demo:side')).toContain('⊗ every machine for x86_64-linux is disabled');
  });

  it('shows pages of a part, and how much there is in all', async () => {
    const text = await page('');
    expect(text).toContain('104 unfinished builds by jobset');
    expect(text).toMatch(/101 builds of demo:main">101<\/a><\/td><td class="number">100<\/td>/);
    expect(text).toContain('href="/queue?jobset=demo%3Amain"');
    expect(text).toContain('href="/queue?system=aarch64-linux"');
    expect(await page('?jobset=demo:main')).toContain('href="/queue?jobset=demo%3Amain&page=2"');
    expect(await page('?jobset=demo:main&page=2')).toContain('many100');
    expect(await page('?jobset=demo:main&system=aarch64-linux')).toContain('None of them waits.');
  });

  it.each([
    ['?jobset=demo', 400, 'jobset'],
    ['?jobset=demo:none', 404, 'jobset'],
    ['?system=', 400, 'system'],
    ['?page=0', 400, 'page'],
  ])('%s is answered by %i that names %s', async (query, status, field) =>
    expect(await api.anonymous.get(`/queue${query}`)).toMatchObject({ status, json: { field } }),
  );
});
