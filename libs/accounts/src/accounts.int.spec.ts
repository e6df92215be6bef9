import { createTestDatabase, type TestDatabase } from '../../../test/stack/postgres.js';
import { createAccounts, SESSION_MS, UserNameError } from './index.js';
import { hashPassword, verifyPassword } from './password.js';
import { networkOf } from './throttle.js';

const passwordCost = { N: 1024, r: 8, p: 1 };
let database: TestDatabase;
let now = Date.parse('2026-01-02T03:04:05Z');
const open = () => createAccounts(database.pool, () => now, { passwordCost });

beforeAll(async () => {
  database = await createTestDatabase();
  await Promise.all([open().migrate(), open().migrate(), open().migrate()]);
  await open().createUser({ name: 'ada', password: 'pässword', email: 'ada@example.org' });
});
afterAll(() => database.drop());

describe('a login', () => {
  const attempt = { name: 'ada', password: 'pässword', address: '192.0.2.1' };

  it('with the right password opens a session that ends after seven days', async () => {
    const login = await open().login(attempt);
    if (login.outcome !== 'ok') throw new Error(login.outcome);
    expect(await open().sessionUser(login.token)).toMatchObject({ name: 'ada', email: 'ada@example.org' });
    now += SESSION_MS - 1;
    expect(await open().sessionUser(login.token)).toBeDefined();
    now += 1;
    expect(await open().sessionUser(login.token)).toBeUndefined();
  });

  it('ends the session that the client held before, so that a planted cookie leads nowhere', async () => {
    const first = await open().login(attempt);
    if (first.outcome !== 'ok') throw new Error(first.outcome);
    const second = await open().login({ ...attempt, replaces: first.token });
    if (second.outcome !== 'ok') throw new Error(second.outcome);
    expect(second.token).not.toBe(first.token);
    expect(await open().sessionUser(first.token)).toBeUndefined();
  });

  it('leaves no token in the database that would let its reader in', async () => {
    const login = await open().login(attempt);
    if (login.outcome !== 'ok') throw new Error(login.outcome);
    const { rows } = await database.pool.query("select encode(token_hash, 'escape') as stored from accounts.sessions");
    expect(JSON.stringify(rows)).not.toContain(login.token);
  });

  it('is refused alike for a wrong password and an unknown user', async () => {
    expect(await open().login({ ...attempt, password: 'other' })).toEqual({ outcome: 'refused' });
    expect(await open().login({ ...attempt, name: 'nobody' })).toEqual({ outcome: 'refused' });
  });

  it('is throttled after five failures from one address, even with the right password, until the window is over', async () => {
    const from = { ...attempt, address: '192.0.2.9' };
    for (let i = 0; i < 5; i++) expect(await open().login({ ...from, password: 'no' })).toEqual({ outcome: 'refused' });
    expect(await open().login(from)).toMatchObject({ outcome: 'throttled' });
    expect(await open().login({ ...attempt, address: '192.0.2.10' })).toMatchObject({ outcome: 'ok' });
    now += 15 * 60_000;
    expect(await open().login(from)).toMatchObject({ outcome: 'ok' });
  });

  it('is throttled no later where all the guesses come at once, and too many of them are not even compared', async () => {
    const from = { ...attempt, address: '192.0.2.11' };
    const accounts = open();
    const all = await Promise.all(Array.from({ length: 150 }, (_, i) => accounts.login({ ...from, password: `${i}` })));
    expect(all.filter(({ outcome }) => outcome === 'refused')).toHaveLength(5);
    expect(await accounts.login(from)).toMatchObject({ outcome: 'throttled' });
    now += 15 * 60_000;
    expect(await accounts.login(from)).toMatchObject({ outcome: 'ok' });
  });
});

describe('where a login comes from', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '::ffff:192.0.2.7'],
    ['2001:db8:0:12:aaaa::1', '2001:db8:0:12::/64'],
    ['2001:0DB8:0000:0012:1:2:3:4', '2001:db8:0:12::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['2001:db8:1:2::', '2001:db8:1:2::/64'],
  ])('%s is %s', (address, network) => expect(networkOf(address)).toBe(network));

  it('is one place to the limit, whichever of a network’s addresses is taken', async () => {
    const from = (host: number) => ({ name: 'ada', address: `2001:db8:5:6::${host}` });
    for (let i = 1; i <= 5; i++) await open().login({ ...from(i), password: 'no' });
    expect(await open().login({ ...from(6), password: 'pässword' })).toMatchObject({ outcome: 'throttled' });
    const elsewhere = { name: 'ada', address: '2001:db8:5:7::1', password: 'pässword' };
    expect(await open().login(elsewhere)).toMatchObject({ outcome: 'ok' });
  });
});

describe('a changed password', () => {
  it('ends the other sessions of its user, and the old one opens nothing any more', async () => {
    const user = await open().createUser({ name: 'bob', password: 'before' });
    const login = (password: string) => open().login({ name: 'bob', password, address: '192.0.2.20' });
    const [mine, other] = [await login('before'), await login('before')];
    if (mine.outcome !== 'ok' || other.outcome !== 'ok') throw new Error('no session');
    await open().changePassword(user.id, 'after', { keepSession: mine.token });
    expect(await open().sessionUser(mine.token)).toMatchObject({ name: 'bob' });
    expect(await open().sessionUser(other.token)).toBeUndefined();
    expect((await login('before')).outcome).toBe('refused');
    expect((await login('after')).outcome).toBe('ok');
    const check = { name: 'bob', address: '192.0.2.21' };
    expect(await open().checkPassword({ ...check, password: 'after' })).toEqual({ outcome: 'ok' });
    for (let i = 0; i < 5; i++) await open().checkPassword({ ...check, password: 'before' });
    expect(await open().checkPassword({ ...check, password: 'after' })).toMatchObject({ outcome: 'throttled' });
  });
});

describe('a bearer token', () => {
  it('outlives a change of the password, unless all are revoked with it', async () => {
    const [user, other] = [
      await open().createUser({ name: 'lost', password: 'x' }),
      await open().createUser({ name: 'found', password: 'x' }),
    ];
    const make = async (id: string, userId: string) => {
      const token = { id, userId, name: 'CI', scope: 'all', expiresAtMs: now + 1000 } as const;
      return (await open().createToken(token))!.secret;
    };
    const [mine, theirs] = [await make('t-lost', user.id), await make('t-found', other.id)];
    await open().changePassword(user.id, 'y');
    expect(await open().tokenBearer(mine)).toMatchObject({ tokenId: 't-lost' });
    await open().changePassword(user.id, 'z', { revokeTokens: true });
    expect([await open().tokenBearer(mine), await open().listTokens(user.id)]).toEqual([undefined, []]);
    expect(await open().tokenBearer(theirs)).toMatchObject({ tokenId: 't-found' });
  });

  it('names its user until it is over or revoked, and the database holds no secret', async () => {
    const user = await open().createUser({ name: 'tok', password: 'x', fullName: 'To Ken' });
    const expiresAtMs = now + 1000;
    const wanted = { id: 't1', userId: user.id, name: 'CI', scope: ['restart-jobs'], expiresAtMs };
    const { secret, token } = (await open().createToken(wanted))!;
    expect(await open().createToken(wanted)).toBeUndefined();
    expect(await open().tokenBearer(secret)).toEqual({ user, tokenId: token.id, scope: ['restart-jobs'] });
    expect(await open().listTokens(user.id)).toEqual([{ ...token, usedAtMs: now }]);
    const { rows } = await database.pool.query(
      "select encode(token_hash, 'escape') as stored, t.* from accounts.tokens t",
    );
    expect(JSON.stringify(rows)).not.toContain(secret.slice(7));
    expect(await open().tokenBearer(`${secret.slice(0, -1)}${secret.endsWith('A') ? 'B' : 'A'}`)).toBeUndefined();
    now += 1000;
    expect(await open().tokenBearer(secret)).toBeUndefined();
    const more = { id: 't2', userId: user.id, name: '', scope: 'all', expiresAtMs: now + 1000 } as const;
    const other = (await open().createToken(more))!;
    expect(await open().revokeToken('somebody else', other.token.id)).toBe(false);
    expect(await open().tokenBearer(other.secret)).toBeDefined();
    expect(await open().revokeToken(user.id, other.token.id)).toBe(true);
    expect(await open().tokenBearer(other.secret)).toBeUndefined();
  });
});

it('users are listed by name and corrected, what is left out staying', async () => {
  const { id } = await open().createUser({ name: 'zoe', password: 'x', email: 'zoe@example.org' });
  await open().updateUser(id, { fullName: 'Zoë' });
  const users = await open().listUsers();
  expect(users.at(-1)).toEqual({ id, name: 'zoe', email: 'zoe@example.org', fullName: 'Zoë' });
});

describe('a user name', () => {
  it.each(['ada', 'Ada', '1ada', '', 'a b', 'a'.repeat(256)])(
    '%j that is taken or malformed is refused',
    async (name) => {
      await expect(open().createUser({ name, password: 'x' })).rejects.toThrow(UserNameError);
    },
  );
});

describe('the first start', () => {
  it('creates one admin however many APIs start at once, and generates its password once', async () => {
    const fresh = await createTestDatabase();
    try {
      const accounts = createAccounts(fresh.pool, () => now, { passwordCost });
      await accounts.migrate();
      const all = await Promise.all([1, 2, 3].map(() => accounts.bootstrapAdmin(undefined)));
      const created = all.filter((one) => one?.created);
      expect(created).toHaveLength(1);
      const login = { name: 'admin', password: created[0]!.password!, address: 'x' };
      expect(await accounts.login(login)).toMatchObject({ outcome: 'ok' });
      expect(await accounts.bootstrapAdmin('other')).toMatchObject({ created: false, user: created[0]!.user });
    } finally {
      await fresh.drop();
    }
  });

  it('takes the configured password and does not tell it', async () => {
    const fresh = await createTestDatabase();
    try {
      const accounts = createAccounts(fresh.pool, () => now, { passwordCost });
      await accounts.migrate();
      expect(await accounts.bootstrapAdmin('chosen')).not.toHaveProperty('password');
      expect(await accounts.login({ name: 'admin', password: 'chosen', address: 'x' })).toMatchObject({
        outcome: 'ok',
      });
    } finally {
      await fresh.drop();
    }
  });
});

it('a password hash verifies its own password only, however the letters are composed', async () => {
  const hash = await hashPassword('é', { N: 1024, r: 8, p: 1 });
  expect(await verifyPassword('e\u0301', hash)).toBe(true);
  expect(await verifyPassword('e', hash)).toBe(false);
  await expect(verifyPassword('é', 'plain')).rejects.toThrow('malformed');
});
