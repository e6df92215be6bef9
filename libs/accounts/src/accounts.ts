import { randomBytes } from 'node:crypto';
import { type AccountsDatabase, transaction } from './database.js';
import { deleteNews, hasNews, listNews, type News, nextNewsId, postNews } from './news.js';
import { type Cost, COST, hashPassword, verifyPassword } from './password.js';
import { migrateAccounts } from './schema.js';
import { closeOtherSessions, closeSession, openSession, sessionUser } from './sessions.js';
import { isDashboardPublic, listStars, setDashboardPublic, setStar, type Star } from './stars.js';
import { clearFailures, recordFailure, throttledFor } from './throttle.js';
import {
  createToken,
  listTokens,
  type NewToken,
  revokeAllTokens,
  revokeToken,
  type TokenBearer,
  tokenBearer,
  type TokenView,
} from './tokens.js';
import { createTurns } from './turns.js';
import {
  createUser,
  deleteUser,
  findCredentials,
  findUserByName,
  findUsers,
  listUsers,
  type NewUser,
  setPassword,
  updateUser,
  type User,
} from './users.js';

/** What came of a login. `throttled`: too many failures; the password was not even looked at. */
export type LoginResult =
  | Readonly<{ outcome: 'ok'; user: User; /** the session cookie's value */ token: string }>
  | Readonly<{ outcome: 'refused' }>
  | Readonly<{ outcome: 'throttled'; retryAfterMs: number }>;

export type LoginAttempt = Readonly<{
  name: string;
  password: string;
  /** where it comes from, for throttling */
  address: string;
  /** the session cookie that the client showed: it ends with the login */
  replaces?: string;
}>;

/** What came of a check of a password that opens no session. */
export type PasswordCheck = Readonly<{ outcome: 'ok' | 'refused' }> | Extract<LoginResult, { outcome: 'throttled' }>;

/** What the first start did about its administrator. `password` is set when it was generated: print it once. */
export type Bootstrapped = Readonly<{ created: boolean; user: User; password?: string }>;

export type Accounts = Readonly<{
  /** Brings the schema up to date; call once before anything else. */
  migrate: () => Promise<void>;
  /** Checks a password and opens a session. */
  login: (attempt: LoginAttempt) => Promise<LoginResult>;
  /** As `login`, but opens no session: throttled and counted alike. */
  checkPassword: (attempt: Omit<LoginAttempt, 'replaces'>) => Promise<PasswordCheck>;
  /** Sets a password and ends the user's sessions, but the one of `keepSession`; with `revokeTokens` the bearer tokens too. */
  changePassword: (
    userId: string,
    password: string,
    options?: Readonly<{ keepSession?: string | undefined; revokeTokens?: boolean }>,
  ) => Promise<void>;
  sessionUser: (token: string) => Promise<User | undefined>;
  logout: (token: string) => Promise<void>;
  /** Throws `UserNameError` on a name that is taken or malformed. */
  createUser: (user: NewUser) => Promise<User>;
  /** What is left out stays. */
  updateUser: (userId: string, changes: Readonly<{ email?: string; fullName?: string }>) => Promise<void>;
  /** Erases a user with password, sessions, tokens and stars; who is gone already is no error. */
  deleteUser: (userId: string) => Promise<void>;
  findUserByName: (name: string) => Promise<User | undefined>;
  /** All, by name. */
  listUsers: () => Promise<readonly User[]>;
  findUsers: (ids: readonly string[]) => Promise<ReadonlyMap<string, User>>;
  /** Makes a bearer token; its secret is told here and never again. Undefined: there is one of this id. */
  createToken: (token: NewToken) => Promise<Readonly<{ secret: string; token: TokenView }> | undefined>;
  /** Whose bearer token it is, unless it is revoked or over. */
  tokenBearer: (secret: string) => Promise<TokenBearer | undefined>;
  listTokens: (userId: string) => Promise<readonly TokenView[]>;
  /** False: the user has no token of this id. */
  revokeToken: (userId: string, tokenId: string) => Promise<boolean>;
  /** Marks a job, or takes the mark away; once more is the same. Throws `TooManyStarsError`. */
  setStar: (userId: string, star: Star, starred: boolean) => Promise<void>;
  /** Oldest first. */
  listStars: (userId: string) => Promise<readonly Star[]>;
  /** Whether everybody may see a user's dashboard: only where the user said so. */
  isDashboardPublic: (userId: string) => Promise<boolean>;
  setDashboardPublic: (userId: string, isPublic: boolean) => Promise<void>;
  /** Draws the id of news that is still to be posted. */
  nextNewsId: () => Promise<number>;
  /** Posts news under an id that was drawn; once more is the same. */
  postNews: (news: Readonly<{ id: number; contents: string; authorId: string }>) => Promise<void>;
  /** The newest, newest first. */
  listNews: (limit: number) => Promise<readonly News[]>;
  hasNews: (id: number) => Promise<boolean>;
  /** For good; what is gone already is no error. */
  deleteNews: (id: number) => Promise<void>;
  /** Creates `admin` where there is no user at all; else finds it. Undefined: `admin` was removed, others exist. */
  bootstrapAdmin: (password: string | undefined) => Promise<Bootstrapped | undefined>;
}>;

/** Passwords that are compared or wait for it; each takes some 60 ms. */
const MOST_CHECKS = 100;
const BUSY_MS = 5000;

const nobodys = new Map<Cost, Promise<string>>();
/** What an unknown user's password is compared with, so that the answer takes as long as a known one's. */
const nobodysHash = (cost: Cost): Promise<string> => {
  const hash = nobodys.get(cost) ?? hashPassword(randomBytes(16).toString('hex'), cost);
  nobodys.set(cost, hash);
  return hash;
};

export type AccountsOptions = Readonly<{ /** of new password hashes; tests take a cheap one */ passwordCost?: Cost }>;

/** Users, passwords and sessions in the schema `accounts`. `now`: milliseconds since the Unix epoch. */
export const createAccounts = (
  database: AccountsDatabase,
  now: () => number,
  { passwordCost: cost = COST }: AccountsOptions = {},
): Accounts => {
  const turns = createTurns(MOST_CHECKS);
  const throttled = async (attempt: LoginAttempt) => {
    const retryAfterMs = await throttledFor(database, attempt, now());
    return retryAfterMs > 0 ? ({ outcome: 'throttled', retryAfterMs } as const) : undefined;
  };
  const compare = async ({ name, password, address }: LoginAttempt) => {
    const found = await findCredentials(database, name);
    const right = await verifyPassword(password, found?.passwordHash ?? (await nobodysHash(cost)));
    if (!found?.passwordHash || !right) {
      await recordFailure(database, { name, address }, now());
      return { outcome: 'refused' } as const;
    }
    await clearFailures(database, { name, address });
    return { outcome: 'ok', user: found.user } as const;
  };
  // One after the other: of many guesses that come at once, each sees how the ones before it went, and none costs another one's core.
  const check = async (attempt: LoginAttempt) =>
    (await throttled(attempt)) ??
    (await turns(async () => (await throttled(attempt)) ?? compare(attempt))) ??
    ({ outcome: 'throttled', retryAfterMs: BUSY_MS } as const);
  return {
    migrate: () => migrateAccounts(database),
    login: async (attempt) => {
      const checked = await check(attempt);
      if (checked.outcome !== 'ok') return checked;
      return { ...checked, token: await openSession(database, checked.user.id, now(), attempt.replaces) };
    },
    checkPassword: async (attempt) => {
      const checked = await check(attempt);
      return checked.outcome === 'ok' ? { outcome: 'ok' } : checked;
    },
    changePassword: async (userId, password, { keepSession, revokeTokens = false } = {}) => {
      // What is open is closed first: a crash in between must not leave it so.
      if (revokeTokens) await revokeAllTokens(database, userId);
      await setPassword(database, userId, password, cost);
      await closeOtherSessions(database, userId, keepSession);
    },
    deleteUser: (userId) => deleteUser(database, userId),
    updateUser: (userId, changes) => updateUser(database, userId, changes),
    listUsers: () => listUsers(database),
    createToken: (token) => createToken(database, token, now()),
    tokenBearer: (secret) => tokenBearer(database, secret, now()),
    listTokens: (userId) => listTokens(database, userId),
    revokeToken: (userId, tokenId) => revokeToken(database, userId, tokenId),
    setStar: (userId, star, starred) => setStar(database, userId, star, starred, now()),
    listStars: (userId) => listStars(database, userId),
    isDashboardPublic: (userId) => isDashboardPublic(database, userId),
    setDashboardPublic: (userId, isPublic) => setDashboardPublic(database, userId, isPublic),
    nextNewsId: () => nextNewsId(database),
    postNews: (news) => postNews(database, news, now()),
    listNews: (limit) => listNews(database, limit),
    hasNews: (id) => hasNews(database, id),
    deleteNews: (id) => deleteNews(database, id),
    sessionUser: (token) => sessionUser(database, token, now()),
    logout: (token) => closeSession(database, token),
    createUser: (user) => createUser(database, user, now(), cost),
    findUserByName: (name) => findUserByName(database, name),
    findUsers: (ids) => findUsers(database, ids),
    bootstrapAdmin: (password) =>
      transaction(database, async (client) => {
        // Two APIs that start at once must not print two passwords of which one is wrong.
        await client.query('lock table accounts.users in exclusive mode');
        const existing = await findUserByName(client, 'admin');
        if (existing) return { created: false, user: existing };
        const { rows } = await client.query('select 1 from accounts.users limit 1');
        if (rows.length > 0) return undefined;
        const generated = password === undefined ? randomBytes(15).toString('base64url') : undefined;
        const user = await createUser(
          client,
          { name: 'admin', password: password ?? generated!, fullName: 'Administrator' },
          now(),
          cost,
        );
        return { created: true, user, ...(generated ? { password: generated } : {}) };
      }),
  };
};
