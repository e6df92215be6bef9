import { connectDatabase, type Database, migrateCoordination, takeCondemned } from '#coordination';
import { createTestDatabase, type TestDatabase } from '../../../../test/stack/postgres.js';
import { startS3, type TestS3 } from '../../../../test/stack/s3.js';
import { openBucket } from '../index.js';
import { type Bucket } from '../s3/bucket.js';
import { putText } from '../upload/cache-info.js';
import { collectGarbage, createLiveSet } from './index.js';

const PREFIX = 'k/';
const path = (n: number): string => `/nix/store/${String(n).repeat(32)}-p`;
const keys = (n: number): string[] => ['nar', 'narinfo'].map((kind) => `${PREFIX}${String(n).repeat(32)}.${kind}`);
const LIVE = [1, 2];
const DEAD = [3, 4, 5];

/** Dies at the call of a number, whichever object it is of: before it has an effect, or after. */
const mortal = (at: number, after: boolean) => {
  let calls = 0;
  const wrap = <T extends object>(object: T): T =>
    new Proxy(object, {
      get: (target, name) => {
        const value = Reflect.get(target, name) as unknown;
        if (typeof value !== 'function' || name === 'list') return value;
        return async (...args: unknown[]): Promise<unknown> => {
          calls += 1;
          if (calls > at || (calls === at && !after)) throw new Error('killed');
          const answer: unknown = await (value as (...all: unknown[]) => unknown).apply(target, args);
          if (calls === at) throw new Error('killed');
          return answer;
        };
      },
    });
  return { wrap, calls: () => calls };
};

describe('a collection on a real server', () => {
  let s3: TestS3;
  let test: TestDatabase;
  let database: Database;
  beforeAll(async () => {
    [s3, test] = await Promise.all([startS3(), createTestDatabase()]);
    database = connectDatabase({ connectionString: test.url, onError: () => undefined });
    await migrateCoordination(database);
  });
  afterAll(async () => {
    await database.end();
    await test.drop();
    await s3.stop();
  });

  const filled = async (): Promise<Bucket> => {
    const name = await s3.newBucket();
    const bucket = await openBucket({ name, endpoint: s3.endpoint, region: s3.region, forcePathStyle: true });
    for (const key of [...LIVE, ...DEAD].flatMap(keys)) await putText(bucket, key, key, 'text/plain');
    await putText(bucket, `${PREFIX}nix-cache-info`, 'StoreDir: /nix/store\n', 'text/plain');
    return bucket;
  };
  const collect = async (bucket: Bucket, at: number, after: boolean): Promise<number> => {
    const { wrap, calls } = mortal(at, after);
    const condemned = await takeCondemned(database, { bucket: bucket.name, prefix: PREFIX }, { settleMs: 0 });
    const live = LIVE.map(path);
    await collectGarbage({
      bucket: wrap(bucket),
      prefix: PREFIX,
      otherPrefixes: [PREFIX],
      live: createLiveSet({
        roots: () => Promise.resolve(live),
        uploads: () => Promise.resolve([]),
        valid: (paths) => Promise.resolve(paths),
        closure: (paths) => Promise.resolve(paths),
        pause: () => Promise.resolve(),
      }),
      condemned: wrap(condemned),
      deleteForeign: false,
      graceMs: 0,
      dryRun: false,
      now: () => 1_000,
      signal: new AbortController().signal,
      pause: () => Promise.resolve(),
      batch: 2,
    });
    return calls();
  };

  it('ends the same wherever it is killed and run again, and never leaves a narinfo without its NAR', async () => {
    const whole = await filled();
    const calls = await collect(whole, Infinity, false);
    whole.close();
    const end = [...LIVE.flatMap(keys), `${PREFIX}nix-cache-info`].sort();
    expect(await s3.keys(whole.name)).toEqual(end);
    expect(calls).toBeGreaterThan(20);
    for (let at = 1; at <= calls; at++) {
      const bucket = await filled();
      await expect(collect(bucket, at, at % 2 === 0)).rejects.toThrow('killed');
      const standing = new Set(await s3.keys(bucket.name));
      expect([...standing].filter((key) => key.endsWith('.narinfo') && !standing.has(key.slice(0, -4)))).toEqual([]);
      expect(end.filter((key) => !standing.has(key))).toEqual([]);
      await collect(bucket, Infinity, false);
      expect(await s3.keys(bucket.name)).toEqual(end);
      bucket.close();
    }
  }, 60_000);
});
