import { rootsWanted } from '#read-model';
import { startApi, type TestApi } from '../../testing/api.js';
import type { Client } from '../../testing/client.js';
import { gitInput, simulate } from '../../testing/farm.js';
import { jobsetBody } from '../../testing/jobset-body.js';

describe('the release of an evaluation', () => {
  let api: TestApi;
  let ada: Client & { id: string };
  beforeAll(async () => {
    api = await startApi();
    ada = await api.signIn('ada', 'create-projects');
    await ada.send('PUT', '/project/demo', {});
    await ada.send('PUT', '/jobset/demo/main', jobsetBody);
    const of = { project: 'demo', jobset: 'main' };
    const [done, waiting] = [{ job: 'done', status: 'succeeded' } as const, { job: 'waiting' }];
    // Every input that is configured, as an evaluator reports it: the record is checked for that.
    const officialRelease = { name: 'officialRelease', type: 'boolean', value: 'false' } as const;
    const inputs = [officialRelease, gitInput('src', 'https://example.org/demo.git', 'a'.repeat(40))];
    await simulate(api, { ...of, inputs, evaluationId: 800, firstBuildId: 800, jobs: [done] });
    await simulate(api, { ...of, evaluationId: 801, firstBuildId: 810, jobs: [waiting] });
  });
  afterAll(() => api.close());

  const order = (id: number, verb: 'release' | 'revoke', body: object, as: Client = ada) =>
    as.send('POST', `/eval/${id}/${verb}`, body);
  const pinned = async () =>
    (await rootsWanted(api.database, { nowMs: 0, recentMs: 0 })).filter(({ reason }) => reason === 'released');

  it('wants a finished evaluation, a name, a reason, and an owner', async () => {
    const body = { name: '1.0', reason: 'tested' };
    expect(await order(801, 'release', body)).toMatchObject({ status: 409 });
    expect(await order(800, 'release', { name: '1.0' })).toMatchObject({ status: 400, json: { field: 'reason' } });
    expect(await order(800, 'release', { name: '1.0', reason: ' ' })).toMatchObject({ status: 400 });
    expect(await order(800, 'release', { reason: 'r' })).toMatchObject({ status: 400, json: { field: 'name' } });
    const markup = await order(800, 'release', { name: '<b>', reason: 'r' });
    expect(markup).toMatchObject({ status: 400, json: { field: 'name' } });
    expect(await order(99, 'release', body)).toMatchObject({ status: 404 });
    expect(await order(800, 'release', body, await api.signIn('eve'))).toMatchObject({ status: 403 });
    expect(await order(800, 'revoke', { reason: 'r' })).toMatchObject({ status: 409 });
    expect(await pinned()).toEqual([]);
  });

  it('keeps its outputs until it is revoked, with who and why in the log', async () => {
    const made = await order(800, 'release', { name: '1.0', reason: 'tested by <i>us</i>' });
    expect(made).toMatchObject({ status: 200, json: { events: [{ type: 'EvaluationReleased' }] } });
    expect(await pinned()).toHaveLength(1);
    const { text } = await ada.page('/eval/800');
    expect(text).toContain('Released as');
    expect(text).toContain('/eval/800/revoke');
    expect((await ada.page('/jobset/demo/main')).text).toContain('released as 1.0');
    expect(await order(800, 'release', { name: '1.0', reason: 'again' })).toMatchObject({ json: { events: [] } });
    expect(await order(800, 'release', { name: '1.1', reason: 'r' })).toMatchObject({
      status: 409,
      json: { rejected: 'already-released' },
    });
    expect((await order(800, 'revoke', { reason: 'a hole' })).json.events).toMatchObject([{ type: 'ReleaseRevoked' }]);
    expect(await pinned()).toEqual([]);
    expect((await ada.page('/eval/800')).text).toContain('/eval/800/release');
    expect((await ada.page('/eval/801')).text).not.toContain('/eval/801/release');
  });

  it('that was revoked stands on the page of its evaluation, with who released and revoked it, when and why', async () => {
    const eve = await api.anonymous.page('/eval/800');
    expect(eve.text).toContain('<dt>Was released as</dt>');
    expect(eve.text).toMatch(
      /<strong>1\.0<\/strong> <time [^>]*>[^<]+<\/time><span> by ada: tested by &lt;i>us&lt;\/i><\/span>/,
    );
    expect(eve.text).toMatch(/✗ revoked<\/span> <time [^>]*>[^<]+<\/time><span> by ada: a hole<\/span>/);
    expect(eve.text).not.toContain('<dt>Released as</dt>');
    const { json } = await api.anonymous.get('/eval/800');
    expect(json.releases).toMatchObject([
      { name: '1.0', releasedBy: 'ada', reason: 'tested by <i>us</i>', revokedBy: 'ada', revokeReason: 'a hole' },
    ]);
    expect(json.releases[0].revokedAt > json.releases[0].releasedAt).toBe(true);
    expect((await api.anonymous.get('/eval/801')).json).not.toHaveProperty('releases');
    const list = (await api.anonymous.page('/jobset/demo/main')).text;
    expect(list).toContain('<span class="status bad">✗ revoked</span> <span class="muted">1.0</span>');
    for (const path of ['/', '/evals'])
      expect((await api.anonymous.page(path)).text).toContain('✗ revoked</span> <span class="muted">1.0<');
  });

  it('is listed, and its record can be checked by anybody', async () => {
    await order(800, 'release', { name: '1.2', reason: 'mended' });
    const { json } = await api.anonymous.get('/releases');
    expect(json).toMatchObject([
      { name: '1.2', evaluation: 800, releasedBy: 'ada', reason: 'mended', revokedAt: null },
      { name: '1.0', revokedBy: 'ada', revokeReason: 'a hole' },
    ]);
    expect((await api.anonymous.get('/releases?project=other')).json).toEqual([]);
    const ofDemo = (await api.anonymous.page('/releases?project=demo')).text;
    expect(ofDemo).toContain('<h1>Releases of demo</h1>');
    expect(ofDemo).toMatch(/<a href="\/releases\?project=demo" aria-current="page"[^>]*>Releases<\/a>/);
    expect((await api.anonymous.page('/project/demo')).text).toContain('href="/releases?project=demo"');
    expect((await api.anonymous.get('/eval/800')).json.releases).toEqual(json);
    expect((await api.anonymous.page('/eval/800')).text).toMatch(/<dt>Released as.*<dt>Was released as/s);
    expect((await api.anonymous.page('/releases')).text).toContain('tested by &lt;i>us&lt;/i>');
    const record = await api.anonymous.get('/eval/800/audit');
    expect(record.json).toMatchObject({ format: 'iolaus-evaluation-record/1', evaluation: 800, release: '1.2' });
    const wrong = record.json.findings.filter(({ ok }: { ok: boolean }) => !ok);
    expect(wrong.map(({ rule }: { rule: string }) => rule)).toEqual([]);
    expect(record.json.lineage.at(-1)).toMatchObject({ type: 'EvaluationReleased', actor: 'ada', reason: 'mended' });
    const page = (await api.anonymous.page('/eval/800/audit')).text;
    expect(page).toContain('audit verify');
    expect(page).toMatch(/<a href="\/eval\/800\/audit" aria-current="page"[^>]*>Audit<\/a>/);
    expect(await api.anonymous.get('/eval/99/audit')).toMatchObject({ status: 404 });
  });
});
