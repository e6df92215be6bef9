import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createAccounts } from '#accounts';
import { userStream } from '#domain';
import { openEventStore } from '#event-store';
import { systemClock } from '#runtime';
import { createTestDatabase, type TestDatabase } from '../../../../test/stack/postgres.js';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../../../..');

describe('users on the command line', () => {
  let test: TestDatabase;
  let dir: string;
  beforeAll(async () => {
    test = await createTestDatabase();
    dir = mkdtempSync(join(tmpdir(), 'iolaus-user-'));
  });
  afterAll(async () => {
    await test.drop();
    rmSync(dir, { recursive: true });
  });

  const iolaus = (args: readonly string[], input = '') => {
    const env = { ...process.env, NODE_OPTIONS: '', IOLAUS_DATABASE_URL: test.url, IOLAUS_DATA_DIR: dir };
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'bin/iolaus.mjs'), 'user', ...args], {
      encoding: 'utf8',
      input,
      env,
    });
    return { status, stdout, stderr };
  };
  const accounts = () => createAccounts(test.pool, systemClock.now);

  it('are created with a password, listed, and given roles by events that say who and why', async () => {
    const made = iolaus(
      ['create', 'ada', '--password-stdin', '--full-name', 'Ada L.', '--role', 'eval-jobset', '--reason', 'new here'],
      'correct horse\n',
    );
    expect(made).toMatchObject({ status: 0, stdout: 'created ada, who is eval-jobset\n' });
    const login = { name: 'ada', password: 'correct horse', address: 'x' };
    expect((await accounts().login(login)).outcome).toBe('ok');
    expect(iolaus(['roles', 'ada', 'restart-jobs', 'cancel-build', '--reason', 'moved']).status).toBe(0);
    expect(iolaus(['list']).stdout).toMatch(/ada +Ada L\. +cancel-build restart-jobs/);
    const user = (await accounts().findUserByName('ada'))!;
    const store = await openEventStore({ databaseUrl: test.url });
    const events = [];
    for await (const event of store.readStream(userStream(user.id))) events.push(event);
    await store.close();
    expect(events.map(({ type, metadata: { actor, via, reason } }) => [type, actor.kind, via, reason])).toEqual([
      ['UserCreated', 'system', 'cli', 'new here'],
      ['RolesChanged', 'system', 'cli', 'new here'],
      ['RolesChanged', 'system', 'cli', 'moved'],
    ]);
    expect(events[0]!.metadata.actor.id).toMatch(/^cli:./);
    expect(iolaus(['roles', 'ada', '--none']).stdout).toBe('ada has no role\n');
    expect(iolaus(['roles', 'ada', 'restart-jobs']).stdout).toBe('ada has restart-jobs\n');
  });

  it('get tokens that are printed once, listed without their secret, and revoked', async () => {
    const made = iolaus(['token', 'create', 'ada', '--for', 'CI', '--scope', 'restart-jobs', '--expires-in', '1d']);
    expect(made.status).toBe(0);
    const secret = made.stdout.trim();
    expect(await accounts().tokenBearer(secret)).toMatchObject({ user: { name: 'ada' }, scope: ['restart-jobs'] });
    const listed = iolaus(['token', 'list', 'ada']).stdout;
    expect(listed).toMatch(/CI +restart-jobs/);
    expect(listed).not.toContain(secret);
    const id = /^t[0-9a-f-]{36}/m.exec(listed)![0];
    expect(iolaus(['token', 'revoke', 'ada', id]).status).toBe(0);
    expect(await accounts().tokenBearer(secret)).toBeUndefined();
  });

  it('get another password, and lose their tokens where that is asked for', async () => {
    const made = iolaus(['token', 'create', 'ada', '--for', 'laptop']);
    const secret = /iolaus_[\w-]{43}/.exec(made.stdout)![0];
    expect(iolaus(['password', 'ada', '--password-stdin'], 'battery staple\n').status).toBe(0);
    expect(await accounts().tokenBearer(secret)).toBeDefined();
    const lost = iolaus(['password', 'ada', '--password-stdin', '--revoke-tokens'], 'staple battery\n');
    expect([lost.status, await accounts().tokenBearer(secret)]).toEqual([0, undefined]);
    expect((await accounts().login({ name: 'ada', password: 'staple battery', address: 'x' })).outcome).toBe('ok');
  });

  it.each([
    ['a name that is taken', ['create', 'ada', '--password-stdin'], 'correct horse', 'is taken'],
    ['a short password', ['create', 'bob', '--password-stdin'], 'short', 'password: must have'],
    ['a role that is not known', ['roles', 'ada', 'root'], '', 'role: must be one of'],
    ['no role, unless one says so', ['roles', 'ada'], '', '--none'],
    ['roles and none', ['roles', 'ada', 'admin', '--none'], '', '--none: stands without roles'],
    ['a user who is not there', ['roles', 'nobody', 'admin'], '', "there is no user 'nobody'"],
    ['no terminal to ask on', ['create', 'bob'], '', '--password-stdin'],
    ['a scope that is not known', ['token', 'create', 'ada', '--for', 'x', '--scope', 'root'], '', '--scope: must be'],
  ])('are refused for %s, by exit code 2 and in words', (_, args, input, words) => {
    const refused = iolaus(args, input);
    expect([refused.status, refused.stdout]).toEqual([2, '']);
    expect(refused.stderr).toContain(words);
  });
});
