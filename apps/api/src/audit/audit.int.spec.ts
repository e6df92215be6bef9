import { startApi, type TestApi } from '../../testing/api.js';
import type { Client } from '../../testing/client.js';
import { caughtUp, simulate } from '../../testing/farm.js';
import { jobsetBody } from '../../testing/jobset-body.js';

type Event = {
  id: string;
  type: string;
  actor: { name: string };
  changes: { field: string; before?: unknown; after?: unknown }[];
};

describe('the audit', () => {
  let api: TestApi;
  let ada: Client & { id: string };
  let bob: Client & { id: string };
  beforeAll(async () => {
    api = await startApi();
    ada = await api.signIn('ada', 'create-projects');
    bob = await api.signIn('bob');
    await ada.send('PUT', '/project/demo', {});
    await ada.send('PUT', '/jobset/demo/main', { ...jobsetBody, enabled: 2 });
    await simulate(api, {
      project: 'demo',
      jobset: 'main',
      evaluationId: 900,
      firstBuildId: 900,
      jobs: [{ job: 'done', status: 'succeeded' }],
    });
    await ada.send('POST', '/jobset/demo/main/share', { shares: 7, reason: 'the release is near' });
    await ada.send('PUT', '/jobset/demo/main', {
      ...jobsetBody,
      schedulingshares: 7,
      reason: '=cmd()',
      inputs: { ...jobsetBody.inputs, officialRelease: { type: 'boolean', value: 'true' } },
    });
    await ada.send('POST', '/eval/900/release', { name: '1.0', reason: 'tested' });
    await ada.send('POST', '/build/900/restart', { reason: 'a <b>flake</b>' });
    await bob.send('POST', '/jobset/demo/main/disable', { reason: 'no right' });
    await ada.send('POST', '/build/900/keep', { keep: 1 }, { 'if-match': '99' });
    await caughtUp(api);
  });
  afterAll(() => api.close());

  const events = async (query = '', as: Client = ada): Promise<Event[]> => {
    const reply = await as.get(`/api/audit${query}`);
    expect(reply).toMatchObject({ status: 200 });
    return reply.json.events;
  };
  const types = async (query: string, as?: Client) => (await events(query, as)).map(({ type }) => type);

  it('says who, by what role, what, when, why, and what it changed', async () => {
    const [configured] = await events('?action=JobsetConfigured');
    expect(configured).toMatchObject({
      actor: { kind: 'user', name: 'ada' },
      role: 'owner',
      via: 'rest',
      reason: '=cmd()',
      project: 'demo',
      jobset: 'main',
    });
    expect(configured!.changes).toEqual([
      { field: 'inputs.officialRelease', before: expect.anything(), after: expect.objectContaining({ value: 'true' }) },
      // The evaluation had disabled the one-shot.
      { field: 'mode', before: 'disabled', after: 'enabled' },
    ]);
    expect((await events('?action=ShareChanged'))[0]!.changes).toEqual([{ field: 'shares', before: 100, after: 7 }]);
  });

  it('is filtered by actor, action, project, jobset, evaluation, build and time', async () => {
    expect(await types('?evaluation=900')).toEqual([
      'CommandRejected',
      'BuildRestarted',
      'EvaluationReleased',
      'EvaluationRan',
    ]);
    expect(await types('?build=900')).toEqual(['CommandRejected', 'BuildRestarted']);
    expect(await types('?jobset=demo:main&action=BuildRestarted')).toEqual(['BuildRestarted']);
    expect(await types('?project=demo&actor=ada')).toEqual([
      'CommandRejected',
      'BuildRestarted',
      'EvaluationReleased',
      'JobsetConfigured',
      'ShareChanged',
      'JobsetCreated',
      'ProjectCreated',
    ]);
    expect(await types('?project=other')).toEqual([]);
    expect(await types('?to=2026-01-01')).toEqual([]);
    expect(await types('?from=2026-01-02T03:04Z&to=2026-01-02T03:05Z&project=demo')).not.toContain('ProjectCreated');
    for (const wrong of [
      '?action=Nonsense',
      '?build=0',
      '?jobset=x',
      '?from=yesterday',
      '?before=x',
      '?limit=0',
      '?q=1',
    ])
      expect(await ada.get(`/api/audit${wrong}`)).toMatchObject({ status: 400 });
    expect(await ada.get('/api/audit?from=2026-01-02&to=2026-01-01')).toMatchObject({ status: 400 });
    const rule = 'must be a whole number from 1 to 2147483647';
    expect(await ada.get('/api/audit?build=x')).toMatchObject({ status: 400, json: { field: 'build', rule } });
  });

  it('is read page by page, and as CSV that no spreadsheet runs', async () => {
    const all = await events('?limit=1000');
    const paged: Event[] = [];
    for (let next: string | null = ''; next !== null;) {
      const { json, headers } = await ada.get(`/api/audit?limit=3${next === '' ? '' : `&before=${next}`}`);
      paged.push(...json.events);
      next = json.next;
      expect(headers.get('link') === null).toBe(next === null);
    }
    expect(paged).toEqual(all);
    const { text, headers } = await ada.get('/api/audit?format=csv&action=JobsetConfigured');
    expect(headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect(text.split('\r\n')[1]).toContain("JobsetConfigured,ada,owner,rest,'=cmd()");
    const page = await ada.page('/audit?limit=3&before=99&action=JobsetConfigured');
    const link = /href="(\/api\/audit\?[^"]*format=csv[^"]*)"/.exec(page.text)![1]!.replaceAll('&amp;', '&');
    expect((await ada.get(link)).text.split('\r\n')[1]).toContain('JobsetConfigured');
  });

  it('tells nobody of other people’s accounts but administrators; a refusal is told to who was refused', async () => {
    expect(await api.anonymous.get('/api/audit')).toMatchObject({ status: 401 });
    const account = ['UserCreated', 'RolesChanged', 'CommandRejected'];
    expect((await events('?limit=1000')).filter(({ type }) => type === 'UserCreated')).toHaveLength(1);
    const [refused] = await events('?action=CommandRejected');
    expect(refused).toMatchObject({
      build: 900,
      actor: { name: 'ada' },
      data: { rejection: 'wrong-expected-revision' },
    });
    expect(await events('?action=CommandRejected', bob)).toMatchObject([
      { jobset: 'main', actor: { name: 'bob' }, reason: 'no right', data: { rejection: 'not-allowed' } },
    ]);
    expect(await types('?action=CommandRejected', api.admin)).toHaveLength(2);
    expect(await api.anonymous.get(`/api/audit/${refused!.id}`)).toMatchObject({ status: 401 });
    expect(await bob.get(`/api/audit/${refused!.id}`)).toMatchObject({ status: 404 });
    expect(new Set((await events('?limit=1000', api.admin)).map(({ type }) => type))).toEqual(
      expect.objectContaining(new Set(account)),
    );
  });

  it('shows an event with the tree of what its first cause led to', async () => {
    const [configured] = await events('?action=JobsetConfigured');
    const { json } = await ada.get(`/api/audit/${configured!.id}`);
    expect(json.event.id).toBe(configured!.id);
    const inTree = (tree: { id: string; caused: [] }[]): string[] =>
      tree.flatMap((one) => [one.id, ...inTree(one.caused)]);
    expect(inTree(json.tree)).toContain(configured!.id);
    expect(await ada.get('/api/audit/00000000-0000-4000-8000-000000000000')).toMatchObject({ status: 404 });
    expect(await ada.get('/api/audit/x')).toMatchObject({ status: 400, json: { field: 'id' } });
  });

  it('has a page for people, on which markup is text', async () => {
    const { text, status } = await ada.page('/audit?project=demo&jobset=&from=&to=&before=');
    expect(status).toBe(200);
    expect(text).toContain('a &lt;b>flake&lt;/b>');
    expect(text).toContain('changed the scheduling shares from 100 to 7');
    // No link leads to what has no page.
    await ada.send('POST', '/jobset/demo/main/clone', { name: 'bad name' });
    await caughtUp(api);
    const all = (await ada.page('/audit?project=demo')).text;
    expect(all).toContain('href="/eval/900"');
    expect(all).toContain('demo:bad name');
    expect(all).not.toContain('href="/jobset/demo/bad%20name"');
    expect((await ada.page('/audit?action=EvaluationStarted')).text).not.toContain('href="/eval/900"');
    const [configured] = await events('?action=JobsetConfigured');
    const page = await ada.page(`/audit/${configured!.id}`);
    expect(page.text).toContain('inputs.officialRelease');
    expect(page.text).toContain('boolean: true</code>');
    expect((await api.anonymous.page('/audit')).status).not.toBe(200);
  });
});
