import { startApi, type TestApi } from '../testing/api.js';
import { simulate } from '../testing/farm.js';
import { jobsetBody } from '../testing/jobset-body.js';

/** What scripts do that were written for Hydra; docs/guide/hydra-api.md is for their authors. */
describe('a client of Hydra', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await startApi();
    await api.admin.send('PUT', '/project/demo', { displayname: 'Demo', visible: false });
    await api.admin.send('PUT', '/jobset/demo/main', jobsetBody);
    await api.admin.send('PUT', '/jobset/demo/calm', jobsetBody);
    await simulate(api, {
      ...{ project: 'demo', jobset: 'main', evaluationId: 1, firstBuildId: 1 },
      jobs: [{ job: 'a', status: 'succeeded' }],
      errors: [
        { job: 'b', message: 'error: no qt' },
        { job: 'c', message: 'error: no gtk' },
      ],
    });
  });
  afterAll(() => api.close());

  describe('that ends an address with a slash', () => {
    const asked = async (method: string, path: string) => {
      const { status, headers } = await api.admin.send(method, path);
      return [status, headers.get('location')];
    };
    it('is sent to the address itself, with what it asked there', async () => {
      expect(await asked('GET', '/project/demo/')).toEqual([301, '/project/demo']);
      expect(await asked('GET', '/jobset/demo/main/evals//?page=2')).toEqual([301, '/jobset/demo/main/evals?page=2']);
      expect(await asked('GET', '/job/demo/main/%C3%BC%2F/')).toEqual([301, '/job/demo/main/%C3%BC%2F']);
      expect((await api.anonymous.page('/build/1/')).headers.get('location')).toBe('/build/1');
    });
    it('sends a command there again as it is', async () => {
      expect(await asked('PUT', '/jobset/demo/main/')).toEqual([308, '/jobset/demo/main']);
      expect(await asked('POST', '/build/1/restart/')).toEqual([308, '/build/1/restart']);
    });
    it('is sent nowhere where there is nothing, and to no other site', async () => {
      for (const path of ['/nothing/', '//', '//evil.example/', '/%2f%2fevil.example/', '/project/'])
        expect([path, ...(await asked('GET', path))]).toEqual([path, 404, null]);
    });
  });

  it('that still uses the name before a rename is sent on with what it asked', async () => {
    await api.admin.send('PUT', '/project/old', {});
    await api.admin.send('PUT', '/jobset/old/first', jobsetBody);
    await api.admin.send('PUT', '/jobset/old/first', { ...jobsetBody, name: 'second' });
    const to = async (path: string) => (await api.anonymous.get(path)).headers.get('location');
    expect(await to('/jobset/old/first/evals?page=2')).toBe('/jobset/old/second/evals?page=2');
    expect(await to('/job/old/first/a/all?before=7')).toBe('/job/old/second/a/all?before=7');
    await api.admin.send('PUT', '/project/old', { name: 'new' });
    expect(await to('/project/old/all/?before=7')).toBe('/project/old/all?before=7');
    expect(await to('/project/old/all?before=7')).toBe('/project/new/all?before=7');
    expect(await to('/project/old')).toBe('/project/new');
  });

  describe('that puts back what it got', () => {
    it('changes nothing of a jobset', async () => {
      const { json } = await api.anonymous.get('/jobset/demo/main');
      const put = await api.admin.send('PUT', '/jobset/demo/main', { ...json, startime: null });
      expect(put.status).toBe(200);
      const { errortime: _, triggertime: __, ...kept } = (await api.anonymous.get('/jobset/demo/main')).json;
      expect(json).toMatchObject(kept);
    });
    it('changes nothing of a project, hidden as it is', async () => {
      const { json } = await api.anonymous.get('/project/demo');
      expect(json.hidden).toBe(true);
      expect((await api.admin.send('PUT', '/project/demo', json)).status).toBe(200);
      expect((await api.anonymous.get('/project/demo')).json).toEqual(json);
    });
    it('is told where `hidden` and `visible` say different things', async () => {
      const put = await api.admin.send('PUT', '/project/demo', { hidden: true, visible: true });
      expect([put.status, put.json.field]).toEqual([400, 'hidden']);
    });
    it('may say that a project is not declarative', async () => {
      for (const declarative of [null, { file: '', type: 'git', value: '' }])
        expect((await api.admin.send('PUT', '/project/demo?dry-run=1', { declarative })).status).toBe(200);
    });
  });

  describe('that looks for errors of jobs', () => {
    it('finds that there are some in the overview of jobsets', async () => {
      const { json } = await api.anonymous.get('/api/jobsets?project=demo');
      expect(json.map((one: { name: string; haserrormsg: boolean }) => [one.name, one.haserrormsg])).toEqual([
        ['calm', false],
        ['main', true],
      ]);
    });
    it('finds each of them by its job among the errors of the jobset', async () => {
      expect((await api.anonymous.get('/jobset/demo/main/errors')).json.errormsg).toBe(
        "in job 'b':\nerror: no qt\n\nin job 'c':\nerror: no gtk",
      );
      expect((await api.anonymous.get('/jobset/demo/calm/errors')).json.errormsg).toBe('');
    });
  });
});
