import { isIPv6 } from 'node:net';
import type { Queryable } from './database.js';

/** Failures within the window after which the next try has to wait for the window's end. */
const LIMITS = { user: 30, address: 60, pair: 5 } as const;
const WINDOW_MS = 15 * 60_000;

type Attempt = Readonly<{ name: string; address: string }>;

/** Whose address it is: of IPv6 the first 64 bits, since each host has 2^64 addresses to try from. */
export const networkOf = (address: string): string => {
  // One that holds an IPv4 address is that of one host.
  if (!isIPv6(address) || address.includes('.')) return address;
  const [head = [], tail] = address
    .split('%')[0]!
    .split('::')
    .map((part) => (part === '' ? [] : part.split(':')));
  const zeroes = tail === undefined ? 0 : 8 - head.length - tail.length;
  const groups = [...head, ...Array.from({ length: zeroes }, () => '0'), ...(tail ?? [])];
  return `${groups
    .slice(0, 4)
    .map((group) => parseInt(group, 16).toString(16))
    .join(':')}::/64`;
};

/**
 * The pair is what a forgetful person meets; the wider limits stop one address that tries many names and one name tried
 * from many addresses. Keys hold no password and live for one window.
 */
const keys = ({ name, address }: Attempt): readonly (readonly [string, number])[] => {
  const network = networkOf(address);
  return [
    [`pair:${name}@${network}`, LIMITS.pair],
    [`user:${name}`, LIMITS.user],
    [`address:${network}`, LIMITS.address],
  ];
};

/** Milliseconds until this attempt may be made; 0: now. */
export const throttledFor = async (database: Queryable, attempt: Attempt, now: number): Promise<number> => {
  const limits = new Map(keys(attempt));
  const { rows } = await database.query<{ key: string; failures: number; first_at: Date }>(
    'select key, failures, first_at from accounts.login_failures where key = any($1) and first_at > $2',
    [[...limits.keys()], new Date(now - WINDOW_MS)],
  );
  const waits = rows
    .filter(({ key, failures }) => failures >= (limits.get(key) ?? Infinity))
    .map(({ first_at }) => first_at.getTime() + WINDOW_MS - now);
  return Math.max(0, ...waits);
};

/** Counts a failed attempt, and forgets windows that are over. */
export const recordFailure = async (database: Queryable, attempt: Attempt, now: number): Promise<void> => {
  const windowStart = new Date(now - WINDOW_MS);
  await database.query('delete from accounts.login_failures where first_at <= $1', [windowStart]);
  await database.query(
    `insert into accounts.login_failures (key, failures, first_at)
     select key, 1, $2 from unnest($1::text[]) as key
     on conflict (key) do update set failures = login_failures.failures + 1`,
    [keys(attempt).map(([key]) => key), new Date(now)],
  );
};

/** A person who got in starts afresh; the wider limits stay. */
export const clearFailures = async (database: Queryable, attempt: Attempt): Promise<void> => {
  await database.query('delete from accounts.login_failures where key = $1', [keys(attempt)[0]![0]]);
};
