import { startApi, type TestApi } from '../../testing/api.js';
import { gitInput, simulate } from '../../testing/farm.js';
import { jobsetBody } from '../../testing/jobset-body.js';

describe('evaluations, from anywhere', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await startApi();
    await api.admin.send('PUT', '/project/demo', {});
    for (const name of ['main', 'side']) await api.admin.send('PUT', `/jobset/demo/${name}`, jobsetBody);
    const repository = 'https://github.com/example/demo.git';
    const product = { type: 'nix-build', subtype: '', name: '', path: '/nix/store/x', defaultPath: '' };
    const of = (jobset: string, evaluationId: number, at: string) => ({
      ...{ project: 'demo', jobset, evaluationId, firstBuildId: evaluationId * 10, atMs: Date.parse(at) },
      inputs: [
        gitInput('src', repository, String(evaluationId % 10).repeat(40)),
        gitInput('lib', 'https://example.org/lib.git', 'c'.repeat(40)),
      ],
      jobs: [
        { job: 'a', status: 'succeeded', products: [product] },
        { job: 'doc', status: 'succeeded' },
        { job: 'b', status: evaluationId === 60 ? 'succeeded' : 'failed', products: [product] },
      ] as const,
    });
    await simulate(api, of('main', 60, '2026-01-01T00:00:00Z'));
    await simulate(api, of('side', 61, '2026-01-02T00:00:00Z'));
    await simulate(api, of('main', 62, '2026-01-03T00:00:00Z'));
  });
  afterAll(() => api.close());

  it('are listed for the whole farm', async () => {
    const { json } = await api.anonymous.get('/evals');
    expect(json.evals.map(({ id }: { id: number }) => id)).toEqual([62, 61, 60]);
    expect(json).toMatchObject({ first: '?page=1', last: '?page=1' });
    expect((await api.anonymous.get('/evals?page=2')).json.evals).toEqual([]);
    expect((await api.anonymous.page('/evals')).text).toContain('href="/eval/61"');
    expect((await api.anonymous.page('/')).text).toContain('href="/evals"');
  });

  it('are found from a build, with what belongs to the newest', async () => {
    expect((await api.anonymous.get('/build/620/evals')).json).toMatchObject([{ id: 62, builds: [620, 622, 621] }]);
    expect((await api.anonymous.get('/build/620/eval')).headers.get('location')).toBe('/eval/62');
    const { headers } = await api.anonymous.get('/build/620/eval/store-paths');
    expect(headers.get('location')).toBe('/eval/62/store-paths');
    expect((await api.anonymous.get('/build/999/evals')).status).toBe(404);
    expect((await api.anonymous.get('/build/999/eval')).status).toBe(404);
  });

  it('give the output paths of what succeeded and is no product of another kind', async () => {
    const outputs = (await api.anonymous.get('/build/600')).json.buildoutputs;
    const { json } = await api.anonymous.get('/eval/60/store-paths');
    expect(json).toHaveLength(2);
    expect(json).toContain(outputs.out.path);
    expect((await api.anonymous.get('/eval/62/store-paths')).json).toHaveLength(1);
    expect((await api.anonymous.get('/eval/999/store-paths')).status).toBe(404);
  });

  it.each([
    ['', 60],
    ['?compare=61', 61],
    ['?compare=side', 61],
    ['?compare=-86400', 60],
    ['?compare=-1', 60],
  ])('are compared with any other: /eval/62%s with %i', async (query, other) => {
    const { text } = await api.anonymous.page(`/eval/62${query}`);
    expect(text).toContain(`<a href="/eval/${other}">evaluation #${other}</a>`);
    if (other === 60) expect(text).toContain('Newly failing (1)');
  });

  it('lead to the jobs that are gone where these are, were they of another jobset too', async () => {
    const own = [{ job: 'own', status: 'succeeded' }] as const;
    await simulate(api, { project: 'demo', jobset: 'side', evaluationId: 70, firstBuildId: 700, jobs: own });
    const { text } = await api.anonymous.page('/eval/62?compare=70');
    expect(text).toMatch(/id="removed"[^]*href="\/job\/demo\/side\/own"/);
    expect(text).toContain('href="/job/demo/main/a"');
  });

  it('offer to restart as many builds as would be restarted', async () => {
    const jobs = (['aborted', 'cancelled', 'unsupported', 'unsupported', 'timed-out', 'failed'] as const).map(
      (status, nr) => ({ job: `job${nr}`, status }),
    );
    await simulate(api, { project: 'demo', jobset: 'side', evaluationId: 71, firstBuildId: 710, jobs });
    const { text } = await api.admin.page('/eval/71');
    expect(text).toContain('Restart 6 failed builds…');
    expect(text).toContain('6 of its 6 jobs did not succeed. The outputs of all');
    expect((await api.admin.page('/eval/70')).text).not.toContain('did not succeed');
    expect(text).toContain('Restart 4 aborted, cancelled or unsupported builds…');
    for (const [order, builds] of [
      ['restart-failed', 6],
      ['restart-aborted', 4],
    ] as const)
      expect((await api.admin.send('POST', `/eval/71/${order}?dry-run=1`)).json).toMatchObject({ builds });
  });

  it('show their inputs as ranges of commits: only what changed is marked, and only a known forge is linked', async () => {
    const { text } = await api.anonymous.page('/eval/62');
    const range = `https://github.com/example/demo/compare/${'0'.repeat(40)}...${'2'.repeat(40)}`;
    expect(text).toContain(`<a href="${range}" rel="noreferrer nofollow">`);
    expect(text.match(/● changed/g)).toHaveLength(1);
    expect(text.match(/>commits</g)).toHaveLength(1);
    expect((await api.anonymous.page('/eval/60')).text).not.toContain('● changed');
  });

  it('unfold what is new only where there is nothing to compare with', async () => {
    expect((await api.anonymous.page('/eval/60')).text).toMatch(/id="new-group" open/);
    expect((await api.anonymous.page('/eval/62')).text).not.toMatch(/id="new-group" open/);
  });

  it('show only jobs whose name holds a text, and say of how many', async () => {
    const all = (await api.anonymous.page('/eval/62?filter=')).text;
    expect(all).toContain('Still succeeding (2)');
    const { text } = await api.anonymous.page('/eval/62?compare=&filter=DO');
    expect(text).toContain('Still succeeding (1 of 2)');
    expect(text).not.toContain('Newly failing (');
    expect((await api.anonymous.page('/eval/62?filter=zz')).text).toContain('No job’s name holds “zz”.');
    expect(await api.anonymous.get(`/eval/62?filter=${'x'.repeat(256)}`)).toMatchObject({
      status: 400,
      json: { field: 'filter' },
    });
  });

  it('show 250 rows of a group and say how many are hidden, or all of them', async () => {
    const jobs = Array.from({ length: 252 }, (_, i) => ({ job: `many${String(i).padStart(3, '0')}` }));
    await simulate(api, { project: 'demo', jobset: 'side', evaluationId: 90, firstBuildId: 1000, jobs });
    const { text } = await api.anonymous.page('/eval/90?filter=many');
    expect(text).toContain('The first 250 are shown; 2 more are hidden.');
    expect(text).toContain('<a href="/eval/90?filter=many&full=1#new">Show all 252</a>');
    expect(text).not.toContain('many251');
    expect(text).toContain('No estimate of the rest');
    const full = (await api.anonymous.page('/eval/90?filter=many&full=1')).text;
    expect(full).toContain('many251');
    expect(full).not.toContain('more are hidden');
  });

  it.each(['?compare=999', '?compare=none', '?compare=-999999999', '?compare=%3Cb%3E'])(
    'are not compared with what is not there: %s',
    async (query) => {
      expect(await api.anonymous.get(`/eval/62${query}`)).toMatchObject({ status: 400, json: { field: 'compare' } });
      const { status, text } = await api.anonymous.page(`/eval/62${query}&filter=doc`);
      expect(status).toBe(400);
      expect(text).toMatch(/name="compare"[^\n]{0,200} aria-invalid="true" aria-describedby="refused-rule"/);
      expect(text).toMatch(/<small id="refused-rule"[^>]*>(<span>)?✗ must/);
      // What was typed stays, and the page is there.
      expect(text).toContain('value="doc"');
      expect(text).toContain('Still succeeding (1 of');
    },
  );
});
