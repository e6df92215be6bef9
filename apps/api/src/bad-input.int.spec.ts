import fc from 'fast-check';
import { startApi, type TestApi } from '../testing/api.js';
import { simulate } from '../testing/farm.js';
import { jobsetBody } from '../testing/jobset-body.js';

let api: TestApi;
beforeAll(async () => {
  api = await startApi();
  await api.admin.send('PUT', '/project/demo', {});
  await api.admin.send('PUT', '/jobset/demo/main', jobsetBody);
  await simulate(api, {
    project: 'demo',
    jobset: 'main',
    evaluationId: 1,
    firstBuildId: 1,
    jobs: [{ job: 'a', status: 'succeeded' }],
  });
});
afterAll(() => api.close());

const LONG = 'x'.repeat(300);
const input = (type: unknown, value: unknown) => ({
  ...jobsetBody,
  inputs: { ...jobsetBody.inputs, i: { type, value } },
});

/** method, path, body, status, field: what comes in, and which part of it is named. */
const table: readonly (readonly [string, string, unknown, number, string | undefined])[] = [
  // projects
  ['PUT', '/project/demo', { nonsense: 1 }, 400, 'nonsense'],
  ['PUT', '/project/demo', { displayname: 5 }, 400, 'displayname'],
  ['PUT', '/project/demo', { displayname: '' }, 400, 'displayname'],
  ['PUT', '/project/demo', { displayname: 'x'.repeat(10_001) }, 400, 'displayname'],
  ['PUT', '/project/demo', { displayname: 'a\0b' }, 400, 'displayname'],
  ['PUT', '/project/demo', '{"displayname":"\\ud800"}', 400, 'displayname'],
  ['PUT', '/project/demo', { enabled: 'maybe' }, 400, 'enabled'],
  ['PUT', '/project/demo', { homepage: 'javascript:alert(1)' }, 400, 'homepage'],
  ['PUT', '/project/demo', { owner: 'nobody' }, 400, 'owner'],
  ['PUT', '/project/demo', { declarative: { file: 'x' } }, 400, 'declarative.type'],
  ['PUT', '/project/demo', { name: 'o/ther' }, 400, 'name'],
  ['PUT', '/project/demo', { reason: 'x'.repeat(1001) }, 400, 'reason'],
  ['PUT', '/project/9demo', {}, 400, 'name'],
  ['PUT', '/project/.hidden', {}, 400, 'name'],
  ['PUT', `/project/${LONG}`, {}, 400, 'project'],
  ['PUT', '/project/demo', '{"__proto__": {}}', 400, '__proto__'],
  ['PUT', '/project/demo', '{', 400, 'body'],
  ['PUT', '/project/demo', '[]', 400, 'body'],
  ['PUT', '/project/demo', 'null', 200, undefined],
  ['PUT', '/project/demo?dry-run=perhaps', {}, 400, 'dry-run'],
  ['PUT', '/project/demo?unknown=1', {}, 400, 'unknown'],
  ['GET', '/project/nosuch', undefined, 404, 'project'],
  ['DELETE', '/project/nosuch', undefined, 404, 'project'],
  ['GET', '/project/%00', undefined, 400, 'url'],
  ['GET', '/project/%ff', undefined, 400, 'url'],
  ['GET', '/project/%zz', undefined, 400, 'url'],
  ['GET', '/queue?page=%ff', undefined, 400, 'url'],
  ['POST', '/project/demo', {}, 405, 'method'],
  // jobsets
  ['PUT', '/jobset/demo/main', { ...jobsetBody, nonsense: 1 }, 400, 'nonsense'],
  ['PUT', '/jobset/demo/main', { ...jobsetBody, enabled: 4 }, 400, 'enabled'],
  ['PUT', '/jobset/demo/main', { ...jobsetBody, enabled: true }, 400, 'enabled'],
  ['PUT', '/jobset/demo/main', { ...jobsetBody, schedulingshares: 0 }, 400, 'schedulingshares'],
  ['PUT', '/jobset/demo/main', { ...jobsetBody, schedulingshares: 1.5 }, 400, 'schedulingshares'],
  ['PUT', '/jobset/demo/main', '{"keepnr":1e400}', 400, 'keepnr'],
  ['PUT', '/jobset/demo/main', { ...jobsetBody, checkinterval: -1 }, 400, 'checkinterval'],
  ['PUT', '/jobset/demo/main', { ...jobsetBody, type: 2 }, 400, 'type'],
  ['PUT', '/jobset/demo/main', { ...jobsetBody, type: 1 }, 400, 'nixexprinput'],
  ['PUT', '/jobset/demo/main', { ...jobsetBody, flake: 'github:x/y', type: 0 }, 400, 'flake'],
  ['PUT', '/jobset/demo/main', { type: 1 }, 400, 'flake'],
  ['PUT', '/jobset/demo/main', {}, 400, 'nixexprinput'],
  ['PUT', '/jobset/demo/main', { ...jobsetBody, nixexprinput: 'nosuch' }, 400, 'nixexprinput'],
  ['PUT', '/jobset/demo/main', { ...jobsetBody, nixexprpath: '../../etc/passwd' }, 400, 'nixexprpath'],
  ['PUT', '/jobset/demo/main', { ...jobsetBody, inputs: [] }, 400, 'inputs'],
  ['PUT', '/jobset/demo/main', { ...jobsetBody, inputs: { i: 'x' } }, 400, 'inputs.i'],
  ['PUT', '/jobset/demo/main', input('fossil', 'x'), 400, 'inputs.i.type'],
  ['PUT', '/jobset/demo/main', input('git', '--upload-pack=evil'), 400, 'inputs.i.value'],
  ['PUT', '/jobset/demo/main', input('git', 'a\nb'), 400, 'inputs.i.value'],
  ['PUT', '/jobset/demo/main', input('boolean', 'maybe'), 400, 'inputs.i.value'],
  [
    'PUT',
    '/jobset/demo/main',
    { ...jobsetBody, inputs: { ...jobsetBody.inputs, '1x': { type: 'string', value: '' } } },
    400,
    'inputs.1x',
  ],
  [
    'PUT',
    '/jobset/demo/main',
    { ...jobsetBody, inputs: { src: { ...jobsetBody.inputs.src, more: 1 } } },
    400,
    'inputs.src.more',
  ],
  ['PUT', '/jobset/demo/.jobsets', jobsetBody, 400, 'name'],
  ['PUT', '/jobset/nosuch/main', jobsetBody, 404, 'project'],
  ['GET', '/jobset/demo/nosuch', undefined, 404, 'jobset'],
  ['GET', '/jobset/demo/main/evals?page=0', undefined, 400, 'page'],
  ['GET', '/jobset/demo/main/evals?page=one', undefined, 400, 'page'],
  ['POST', '/jobset/demo/main/evaluate', { force: 'x' }, 400, 'force'],
  // pushes
  ['POST', '/api/push', undefined, 400, 'jobsets'],
  ['POST', '/api/push?jobsets=demo', undefined, 400, 'jobsets'],
  ['POST', '/api/push?jobsets=nosuch:main', undefined, 404, 'jobsets'],
  ['POST', '/api/push?jobsets=demo:main&force=perhaps', undefined, 400, 'force'],
  ['POST', '/api/push?jobsets=a&jobsets=b', undefined, 400, 'jobsets'],
  // evaluations, builds, jobs, logs
  ['GET', '/eval/abc', undefined, 400, 'id'],
  ['GET', '/eval/0', undefined, 400, 'id'],
  ['GET', '/eval/2147483648', undefined, 400, 'id'],
  ['GET', '/eval/999', undefined, 404, 'id'],
  ['GET', '/eval/1?compare=x:y', undefined, 400, 'compare'],
  ['GET', '/build/1e3', undefined, 400, 'id'],
  ['GET', '/build/-1', undefined, 400, 'id'],
  ['GET', '/build/99999999999999999999', undefined, 400, 'id'],
  ['GET', '/build/999', undefined, 404, 'id'],
  ['POST', '/build/999/cancel', {}, 404, 'id'],
  ['POST', '/build/1/cancel', { why: 'x' }, 400, 'why'],
  ['POST', '/build/1/keep', { keep: 'perhaps' }, 400, 'keep'],
  ['GET', '/build/1/step/0/log', undefined, 400, 'nr'],
  ['GET', '/build/1/log/live?from=-1', undefined, 400, 'from'],
  ['GET', '/log/..%2f..%2fetc%2fpasswd', undefined, 400, 'drv'],
  ['GET', '/job/demo/nosuch/a', undefined, 404, 'jobset'],
  ['GET', '/job/demo/main/nosuch', undefined, 404, 'job'],
  // the rest of the API
  ['GET', '/api/jobsets', undefined, 400, 'project'],
  ['GET', '/api/jobsets?project=nosuch', undefined, 404, 'project'],
  ['GET', '/api/latestbuilds', undefined, 400, 'nr'],
  ['GET', '/api/latestbuilds?nr=0', undefined, 400, 'nr'],
  ['GET', '/api/latestbuilds?nr=1&jobset=main', undefined, 400, 'project'],
  ['GET', '/api/nrbuilds', undefined, 400, 'nr'],
  ['GET', '/api/nrbuilds?nr=1&period=week', undefined, 400, 'period'],
  ['GET', '/api/queue?nr=1000000000', undefined, 400, 'nr'],
  ['GET', '/search', undefined, 400, 'query'],
  ['GET', "/search?query='%20or%201=1", undefined, 400, 'query'],
  ['POST', '/login', { username: 'admin' }, 400, 'password'],
  ['POST', '/login', { username: 'admin', password: 'x', next: '//evil' }, 400, 'next'],
  ['POST', '/logout', { what: 1 }, 400, 'what'],
  // choices between kinds
  ['PUT', '/project/demo', { declarative: 'x' }, 400, 'declarative'],
  ['PUT', '/jobset/demo/main', { ...jobsetBody, clonedfrom: 'x' }, 400, 'clonedfrom'],
  ['POST', '/jobset/demo/main/share', { shares: 'many' }, 400, 'shares'],
  ['POST', '/build/1/keep', { keep: null }, 400, 'keep'],
  ['POST', '/user/admin/roles', {}, 400, 'roles'],
  ['POST', '/user/admin/roles', { roles: 5 }, 400, 'roles'],
  ['POST', '/user/admin/roles', { roles: ['owner'] }, 400, 'roles.0'],
  ['POST', '/bucket/none/release', { prefix: '', build: 1.5 }, 400, 'build'],
  ['GET', '/all?before=1&before=2', undefined, 400, 'before'],
  ['GET', '/api/audit?jobset=demo', undefined, 400, 'jobset'],
  ['GET', '/api/audit?action=Nothing', undefined, 400, 'action'],
  ['GET', '/api/audit?build=x', undefined, 400, 'build'],
  ['GET', '/api/audit?before=x', undefined, 400, 'before'],
  ['GET', '/api/audit?actor=a&actor=b', undefined, 400, 'actor'],
];

describe('bad input', () => {
  it.each(table)('%s %s %j is answered %i, naming %s', async (method, path, body, status, field) => {
    const answer =
      body === undefined && method === 'GET' ? await api.admin.get(path) : await api.admin.send(method, path, body);
    expect([answer.status, answer.json?.field]).toEqual([status, field]);
    if (status >= 400)
      expect(answer.json).toMatchObject({ error: expect.stringMatching(/./), rule: expect.stringMatching(/./) });
    // What a library would say of its types helps nobody.
    expect(answer.text).not.toMatch(/Invalid|Too (small|big)|pattern|expected|received/);
  });

  const raw = (headers: Record<string, string>, body: string | Buffer, path = '/project/demo') =>
    fetch(`${api.url}${path}`, {
      method: 'PUT',
      body: typeof body === 'string' ? body : new Uint8Array(body),
      headers: { accept: 'application/json', origin: api.url, cookie: api.admin.cookie, ...headers },
    });

  it('of the wrong encoding, size or kind is refused before it is read', async () => {
    const json = { 'content-type': 'application/json' };
    const latin1 = await raw(json, Buffer.from('{"displayname":"\xe9"}', 'latin1'));
    expect([latin1.status, await latin1.json()]).toMatchObject([400, { field: 'body', rule: 'must be valid UTF-8' }]);
    expect((await raw(json, JSON.stringify({ description: 'x'.repeat(2 ** 20) }))).status).toBe(413);
    expect((await raw({ 'content-type': 'application/xml' }, '<x/>')).status).toBe(415);
    expect((await raw({ 'content-type': 'application/x-www-form-urlencoded' }, 'displayname=%ff')).status).toBe(400);
    expect(
      (await raw({ 'content-type': 'application/x-www-form-urlencoded' }, 'displayname=a&displayname=b')).status,
    ).toBe(400);
  });
  it.each([100, 1000, 3000, 20_000, 100_000])(
    'that is nested %i levels deep is refused like any other',
    async (levels) => {
      for (const [open, close] of [
        ['[', ']'],
        ['{"a":', '}'],
      ] as const) {
        const body = `{"inputs":${open.repeat(levels)}1${close.repeat(levels)}}`;
        const { status, json: answer } = await api.admin.send('PUT', '/jobset/demo/main', body);
        expect([status, answer.field]).toEqual([400, expect.stringMatching(/^(body|inputs)/)]);
      }
    },
  );
  it('in a header is named as well', async () => {
    const named = async (headers: Record<string, string>) =>
      (await api.admin.send('PUT', '/project/demo', {}, headers)).json.field;
    expect(await named({ 'if-match': 'W/"1"' })).toBe('If-Match');
    expect(await named({ 'if-match': '*' })).toBe('If-Match');
    expect(await named({ 'idempotency-key': 'x'.repeat(256) })).toBe('Idempotency-Key');
    expect((await api.admin.get('/build/1/log/live', { 'last-event-id': 'x' })).status).toBeLessThan(500);
  });

  const value = fc.oneof(
    fc.anything({ maxDepth: 2, withBigInt: false }),
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.constantFrom(-1, 0, 1, 2 ** 31, 1e21, '', '0', 'true', null),
  );
  const encoded = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 20 }).map(encodeURIComponent),
    fc.string({ maxLength: 12 }).map((s) => s.replace(/[/?#\\\s]/g, '%')),
  );
  const fields = [
    'name',
    'displayname',
    'enabled',
    'visible',
    'owner',
    'inputs',
    'type',
    'flake',
    'nixexprinput',
    'keepnr',
    'reason',
    'force',
    'username',
    'password',
    'next',
  ];
  const body = fc.oneof(value, fc.dictionary(fc.constantFrom(...fields), value));

  it('of any shape in commands leads to no 5xx', async () => {
    const door = fc.constantFrom(
      ['PUT', '/project/fuzz'],
      ['PUT', '/jobset/demo/fuzz'],
      ['POST', '/login'],
      ['POST', '/build/1/keep'],
      ['POST', '/jobset/demo/main/evaluate'],
      ['DELETE', '/project/nosuch'],
    );
    await fc.assert(
      fc.asyncProperty(door, body, async ([method, path], content) => {
        const text = JSON.stringify(content) ?? '';
        const { status, json } = await api.admin.send(method!, `${path}?dry-run=1`, text);
        expect(status).toBeLessThan(500);
        expect(json).toBeDefined();
      }),
      { numRuns: 150, seed: 42 },
    );
  });
  it('of any shape in addresses leads to no 5xx', async () => {
    const parts = fc.constantFrom(
      '/project/$',
      '/jobset/$/$',
      '/jobset/demo/$/evals?page=$',
      '/eval/$',
      '/build/$',
      '/build/1/step/$/log',
      '/log/$',
      '/job/demo/main/$/latest-for/$',
      '/api/latestbuilds?nr=$',
      '/api/jobsets?project=$',
      '/search?query=$',
      '/$/$',
      '/assets/$',
    );
    await fc.assert(
      fc.asyncProperty(parts, encoded, encoded, async (path, one, two) => {
        const { status } = await api.admin.get(path.replace('$', () => one).replace('$', () => two));
        expect(status).toBeLessThan(500);
      }),
      { numRuns: 250, seed: 42 },
    );
  });
});
