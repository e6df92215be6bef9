import { jobsetBody } from '../testing/jobset-body.js';
import { startApi, type TestApi } from '../testing/api.js';
import { simulate } from '../testing/farm.js';

const FORM = { 'content-type': 'application/x-www-form-urlencoded', accept: 'text/html' };

describe('a form that is refused', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await startApi();
    await api.signIn('ada', 'create-projects');
    await api.admin.send('PUT', '/project/demo', {});
    await api.admin.send('PUT', '/jobset/demo/main', jobsetBody);
    await simulate(api, {
      project: 'demo',
      jobset: 'main',
      evaluationId: 1,
      firstBuildId: 1,
      jobs: [{ job: 'done', status: 'succeeded' }],
    });
  });
  afterAll(() => api.close());

  const submit = (path: string, fields: Readonly<Record<string, string>>, who = api.admin) =>
    who.send('POST', path, new URLSearchParams(fields).toString(), FORM);
  const tags = (text: string) => text.match(/<(input|textarea|select)\b[^>]*>/g) ?? [];
  const invalid = (text: string) => tags(text).filter((tag) => tag.includes('aria-invalid="true"'));
  const long = 'x'.repeat(1001);

  it.each<[string, string, Record<string, string>, string, string[]]>([
    ['/users', 'username', { username: 'Ada B', password: 'correct horse', fullname: '"Ada"', 'role.admin': '1' }, 'must start with', ['value="&#34;Ada&#34;"', 'name="role.admin" value="1" checked']],
    ['/users', 'username', { username: 'ada', password: 'correct horse', fullname: 'Ada' }, 'must not be taken', ['name="fullname" value="Ada"']],
    ['/users', 'password', { username: 'bob', password: 'short', emailaddress: 'b@example.org' }, 'must have at least', ['value="bob"', 'value="b@example.org"']],
    ['/user/ada', 'emailaddress', { fullname: 'A', emailaddress: 'no address' }, 'must be an e-mail', ['value="A"', 'value="no address"']],
    ['/user/ada/roles', 'role.admin', { roles: '', 'role.admin': '2', reason: 'why' }, 'must be', ['value="why"', 'name="roles" value=""']],
    ['/user/ada/password', 'password', { password: 'short', reason: 'lost' }, 'must have at least', ['value="lost"']],
    ['/user/admin/password', 'currentpassword', { password: 'correct horse', revokeTokens: '1' }, 'is required', ['name="revokeTokens" value="1" checked']],
    ['/user/admin/tokens', 'days', { name: 'CI', scope: 'all', days: '400' }, 'must be a whole number', ['value="CI"', 'name="days" value="400"']],
    ['/user/admin/tokens', 'scope', { name: 'CI', scope: '', days: '7' }, 'must name a role', ['name="days" value="7"']],
    ['/machines', 'uri', { uri: 'https://x', systemTypes: 'x86_64-linux', maxJobs: '4' }, '', ['value="https://x"', 'name="maxJobs" value="4"']],
    ['/machines', 'maxJobs', { uri: 'b.example', systemTypes: 'x86_64-linux', maxJobs: 'many' }, 'must be a whole', ['value="b.example"', 'value="many"']],
    ['/admin/news/submit', 'contents', { contents: '  ', reason: 'tell' }, 'must not be empty', ['value="tell"']],
    ['/jobset/demo/main/share', 'shares', { shares: '0', reason: 'less' }, 'must be a whole', ['value="0"', 'value="less"']],
    ['/eval/1/release', 'reason', { name: 'demo-1.0', reason: '' }, 'is required', ['name="name" value="demo-1.0"']],
    ['/build/1/restart', 'reason', { reason: long }, 'must have at most', [long]],
    ['/build/1/keep', 'keep', { keep: 'maybe', reason: 'so' }, 'must be', ['value="maybe"', 'value="so"']],
    ['/eval/1/cancel', 'reason', { reason: long }, 'must have at most', [long]],
    ['/admin/clear-failed-cache', 'drvPath', { drvPath: 'y'.repeat(501), reason: 'so' }, 'must have at most', ['value="so"']],
  ])('%s comes back with what was written, and what is wrong at %s', async (path, at, fields, rule, kept) => {
    const { status, text } = await submit(path, fields);
    expect([400, 409]).toContain(status);
    expect(text).toContain('role="alert"');
    expect(text).toContain(`<form method="post" action="${path}"`);
    const [field, ...more] = invalid(text);
    expect([field, more]).toEqual([expect.stringContaining(`name="${at}"`), []]);
    expect(field).toContain('aria-describedby="refused-rule" autofocus');
    expect(text).toMatch(/<small id="refused-rule"[^>]*><span>✗ /);
    expect(text).toContain(`✗ ${rule}`);
    for (const one of kept) expect(text).toContain(one);
    expect(text).not.toMatch(/correct horse|value="short"/);
  }); // prettier-ignore

  it('says so above it where no field is to blame, and takes it at once when it is sent again', async () => {
    const { status, text } = await submit('/build/1/cancel', { reason: 'too late' });
    expect([status, invalid(text)]).toEqual([409, []]);
    expect(text).toContain('Nothing was changed');
    expect(text).toContain('name="reason" value="too late"');
    const [, action] = /<form method="post" action="(\/eval[^"]*)"/.exec(
      (await submit('/eval/1/release', { name: 'demo-1.0', reason: '' })).text,
    )!;
    const released = await submit(action!, { name: 'demo-1.0', reason: 'all is well' });
    expect([released.status, released.headers.get('location')]).toEqual([303, '/eval/1']);
  });

  it('is not given to who may not, nor to another site; a JSON client has the refusal alone', async () => {
    const eve = await api.signIn('eve');
    expect((await submit('/admin/news/submit', { contents: 'hear me' }, eve)).status).toBe(403);
    expect((await submit('/admin/news/submit', { contents: ' ' }, api.anonymous)).status).toBe(401);
    const forged = await api.admin.send('POST', '/users', 'username=Ada', { ...FORM, origin: 'https://evil.example' });
    expect([forged.status, forged.text.includes('action="/users"')]).toEqual([403, false]);
    const json = await api.admin.send('POST', '/jobset/demo/main/share', { shares: 0 });
    expect([json.status, json.json]).toEqual([
      400,
      { error: 'shares must be a whole number over 0', field: 'shares', rule: 'must be a whole number over 0' },
    ]);
  });
});
