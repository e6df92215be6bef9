import { createHmac } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jobsetStream } from '#domain';
import { startApi, type TestApi } from '../../testing/api.js';
import { jobsetBody } from '../../testing/jobset-body.js';

const sign = (body: string, secret: string): string => createHmac('sha256', secret).update(body).digest('hex');

describe('a push that a forge tells of', () => {
  let api: TestApi;
  let dir: string;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'iolaus-secrets-'));
    const file = (name: string) => join(dir, name);
    await writeFile(file('old'), 'old secret\n');
    await writeFile(file('new'), 'new secret');
    api = await startApi({
      webhooks: {
        github: { secretFiles: [file('old'), file('new')] },
        gitea: { secretFiles: [file('new')] },
      },
    });
    await api.admin.send('PUT', '/project/demo', {});
    await api.admin.send('PUT', '/project/off', { enabled: false });
    const src = (value: string) => ({ ...jobsetBody, checkinterval: 0, inputs: { src: { type: 'git', value } } });
    const jobsets: Record<string, unknown> = {
      'demo/main': src('https://github.com/ada/tools.git main'),
      'demo/flake': { enabled: 1, type: 1, flake: 'github:Ada/tools', checkinterval: 0 },
      'demo/other': src('https://github.com/ada/tools-old.git'),
      'demo/release': { ...src('https://github.com/ada/tools.git'), enabled: 2 },
      'demo/one-by-one': { ...src('https://github.com/ada/tools.git'), enabled: 3 },
      'demo/asleep': { ...src('https://github.com/ada/tools.git'), enabled: 0 },
      'off/main': src('https://github.com/ada/tools.git'),
      'demo/gitea': src('https://git.example.org/ada/tools'),
    };
    for (const [name, body] of Object.entries(jobsets)) {
      const { status, text } = await api.admin.send('PUT', `/jobset/${name}`, body);
      expect([name, status, text]).toEqual([name, 201, expect.anything()]);
    }
  });
  afterAll(async () => {
    await api.close();
    await rm(dir, { recursive: true });
  });

  const github = JSON.stringify({ ref: 'refs/heads/main', repository: { full_name: 'ada/tools' } });
  const gitea = JSON.stringify({ repository: { clone_url: 'https://git.example.org/ada/tools.git' } });
  const pushGithub = (body: string, headers: Record<string, string>) =>
    api.anonymous.send('POST', '/api/push-github', body, headers);
  const triggers = async (project: string, jobset: string) => {
    const found = [];
    for await (const event of api.store.readStream(jobsetStream(project, jobset)))
      if (event.type === 'EvaluationTriggered') found.push(event.metadata);
    return found;
  };

  it('has the enabled jobsets evaluated that read the repository, and no others', async () => {
    const answer = await pushGithub(github, { 'x-hub-signature-256': `sha256=${sign(github, 'new secret')}` });
    expect([answer.status, answer.json]).toEqual([200, { jobsetsTriggered: ['demo:flake', 'demo:main'] }]);
    expect(await triggers('demo', 'main')).toMatchObject([
      { actor: { kind: 'webhook', id: 'github' }, via: 'webhook' },
    ]);
    const { json } = await api.admin.get('/api/audit?action=EvaluationTriggered&jobset=demo:main');
    expect(json.events[0].actor).toEqual({ kind: 'webhook', id: 'github', name: 'github' });
  });

  it('of Gitea is signed in its own header', async () => {
    const answer = await api.anonymous.send('POST', '/api/push-gitea', gitea, {
      'x-gitea-signature': sign(gitea, 'new secret'),
    });
    expect([answer.status, answer.json]).toEqual([200, { jobsetsTriggered: ['demo:gitea'] }]);
  });

  it('counts once, however often the forge delivers it, and whatever has happened since', async () => {
    const headers = {
      'x-hub-signature-256': `sha256=${sign(github, 'old secret')}`,
      'x-github-delivery': '72d3162e-cc78-11e3-81ab-4c9367dc0958',
      'x-github-event': 'push',
    };
    const body = {
      ...jobsetBody,
      checkinterval: 0,
      inputs: { src: { type: 'git', value: 'git@github.com:ada/again' } },
    };
    await api.admin.send('PUT', '/jobset/demo/again', body);
    const again = JSON.stringify({ repository: { full_name: 'ada/again' } });
    headers['x-hub-signature-256'] = `sha256=${sign(again, 'old secret')}`;
    const first = await pushGithub(again, headers);
    // The jobset is made anew in between, as if it had been evaluated: nothing is pending any more.
    await api.admin.send('DELETE', '/jobset/demo/again', { reason: 'test' });
    await api.admin.send('PUT', '/jobset/demo/again', body);
    const second = await pushGithub(again, headers);
    expect([first.json, second.json]).toEqual([
      { jobsetsTriggered: ['demo:again'] },
      { jobsetsTriggered: ['demo:again'] },
    ]);
    expect(await triggers('demo', 'again')).toHaveLength(1);
    await pushGithub(again, { ...headers, 'x-github-delivery': 'another' });
    expect(await triggers('demo', 'again')).toHaveLength(2);
  });

  it('is of no consequence where it is a ping', async () => {
    const headers = { 'x-hub-signature-256': `sha256=${sign(github, 'new secret')}`, 'x-github-event': 'ping' };
    expect((await pushGithub(github, headers)).json).toEqual({ jobsetsTriggered: [] });
  });

  it('is refused unless its bytes are signed, even those of an administrator', async () => {
    const wrong: Record<string, string>[] = [
      {},
      { 'x-hub-signature-256': sign(github, 'new secret') },
      { 'x-hub-signature-256': `sha256=${sign(github, 'another secret')}` },
      { 'x-hub-signature-256': `sha256=${sign(`${github} `, 'new secret')}` },
      { 'x-hub-signature-256': `sha1=${sign(github, 'new secret')}` },
      { authorization: 'Bearer iolaus_something' },
    ];
    for (const headers of wrong) {
      const { status, json } = await pushGithub(github, headers);
      expect([headers, status, json.field]).toEqual([headers, 401, 'X-Hub-Signature-256']);
    }
    expect((await api.admin.send('POST', '/api/push-github', github)).status).toBe(401);
    const other = await api.anonymous.send('POST', '/api/push-gitea', gitea, {
      'x-gitea-signature': sign(gitea, 'old secret'),
    });
    expect([other.status, other.json.field]).toEqual([401, 'X-Gitea-Signature']);
  });

  it.each([
    ['an empty body', '', 'body'],
    ['what is no JSON', 'payload=%7B%7D', 'body'],
    ['bytes that are no text', '{"repository":', 'body'],
    ['a body without a repository', '{"zen":"Keep it logically awesome."}', 'repository'],
    ['a repository of another type', '{"repository":"ada/tools"}', 'repository'],
    ['a name of another type', '{"repository":{"full_name":7}}', 'repository.full_name'],
    ['no object', '[]', 'body'],
  ])('is refused with 400 where it is signed, but holds %s', async (_, body, field) => {
    const answer = await pushGithub(body, { 'x-hub-signature-256': `sha256=${sign(body, 'new secret')}` });
    expect([answer.status, answer.json.field]).toEqual([400, field]);
  });

  it('may be as large as forges send, though other bodies may not', async () => {
    const body = JSON.stringify({ repository: { full_name: 'a/b' }, commits: ['x'.repeat(2_000_000)] });
    const answer = await pushGithub(body, { 'x-hub-signature-256': `sha256=${sign(body, 'new secret')}` });
    expect([answer.status, answer.json]).toEqual([200, { jobsetsTriggered: [] }]);
    expect((await api.admin.send('PUT', '/project/demo', { description: 'x'.repeat(2_000_000) })).status).toBe(413);
  });
});

describe('a farm that knows no secret', () => {
  it('refuses every push, as does one whose file of the secret is empty or not there', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'iolaus-secrets-'));
    const empty = join(dir, 'empty');
    await writeFile(empty, '\n');
    const secretFiles = [empty, join(dir, 'absent')];
    const api = await startApi({ webhooks: { github: { secretFiles: [] }, gitea: { secretFiles } } });
    const signature = sign('{}', '');
    const github = await api.anonymous.send('POST', '/api/push-github', '{}', {
      'x-hub-signature-256': `sha256=${signature}`,
    });
    const gitea = await api.anonymous.send('POST', '/api/push-gitea', '{}', { 'x-gitea-signature': signature });
    expect([github.status, gitea.status]).toEqual([401, 401]);
    await api.close();
    await rm(dir, { recursive: true });
  });
});
