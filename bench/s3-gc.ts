/**
 * Collects the garbage of a large bucket: the time of a collection that finds nothing new, of one that condemns a tenth of all objects,
 * and of one that deletes them, against the time of only listing the bucket, which is the limit, in the same run. The server is the
 * tests', or `IOLAUS_TEST_S3_ENDPOINT`. What is live is told by a set in memory: Nix's closure is left out.
 * `npm run bench -- s3-gc [OBJECTS] [ROUNDS]`
 */
import { createHash } from 'node:crypto';
import { collectGarbage, createLimit, createLiveSet, openBucket } from '#binary-cache';
import { connectDatabase, migrateCoordination, takeCondemned } from '#coordination';
import { encodeBase32 } from '#nix';
import { startPostgres } from '../test/stack/postgres.js';
import { startS3 } from '../test/stack/s3.js';
import { median } from './append/contest.js';

const PREFIX = 'gc/';
const md5 = (text: string): string => createHash('md5').update(text).digest('hex');
const hashOf = (n: number): string => encodeBase32(createHash('sha256').update(String(n)).digest().subarray(0, 20));

/** Runs it, and fails where a collection does not find what it should. */
export const run = async (objects: number, rounds: number): Promise<void> => {
  const [s3, postgres] = [await startS3(), await startPostgres({ fsync: true })];
  const database = connectDatabase({ connectionString: postgres.url, onError: () => undefined });
  try {
    await migrateCoordination(database);
    const name = await s3.newBucket();
    const bucket = await openBucket({ name, endpoint: s3.endpoint, region: s3.region, forcePathStyle: true });
    const paths = Math.floor(objects / 2);
    const limit = createLimit(32);
    let stored = 0;
    await Promise.all(
      Array.from({ length: paths }, (_, n) =>
        limit(async () => {
          for (const kind of ['nar', 'narinfo']) {
            const body = `${kind} ${n}`;
            const options = { contentType: 'text/plain', md5: md5(body) };
            await bucket.put(`${PREFIX}${hashOf(n)}.${kind}`, Buffer.from(body), options);
          }
          if ((stored += 2) % 20_000 === 0) process.stderr.write(`stored ${stored} of ${2 * paths} objects\n`);
        }),
      ),
    );

    const condemned = await takeCondemned(database, { bucket: name, prefix: PREFIX });
    const collect = async (live: number, graceMs: number) => {
      const all = Array.from({ length: live }, (_, n) => `/nix/store/${hashOf(n)}-p`);
      const begun = performance.now();
      const collected = await collectGarbage({
        bucket,
        prefix: PREFIX,
        otherPrefixes: [],
        live: createLiveSet({
          roots: () => Promise.resolve(['/nix/store/root']),
          uploads: () => Promise.resolve([]),
          valid: (wanted) => Promise.resolve(wanted),
          closure: () => Promise.resolve(all),
          pause: () => Promise.resolve(),
        }),
        condemned,
        deleteForeign: false,
        graceMs,
        dryRun: false,
        now: () => Math.floor(performance.timeOrigin + performance.now()),
        signal: new AbortController().signal,
        pause: () => Promise.resolve(),
      });
      return { seconds: (performance.now() - begun) / 1000, collected };
    };
    const list = async (): Promise<number> => {
      const begun = performance.now();
      let seen = 0;
      for await (const page of bucket.list(PREFIX)) seen += page.length;
      if (seen !== 2 * paths) throw new Error(`listed ${seen} of ${2 * paths} objects`);
      return (performance.now() - begun) / 1000;
    };

    const dead = Math.floor(paths / 10);
    const figures: { list: number; idle: number; condemn: number; again: number }[] = [];
    for (let round = -1; round < rounds; round++) {
      const listed = await list();
      const idle = await collect(paths, 1e12);
      const condemn = await collect(paths - dead, 1e12);
      const again = await collect(paths - dead, 1e12);
      if (idle.collected.waiting.objects !== 0 || condemn.collected.condemned.objects !== 2 * dead)
        throw new Error(`the collections found ${JSON.stringify([idle.collected, condemn.collected])}`);
      // The first warms up.
      if (round >= 0)
        figures.push({ list: listed, idle: idle.seconds, condemn: condemn.seconds, again: again.seconds });
    }
    const deletion = await collect(paths - dead, 0);
    if (deletion.collected.deleted.objects !== 2 * dead) throw new Error('not all garbage was deleted');

    const limitSeconds = median(figures.map((figure) => figure.list));
    const line = (what: string, seconds: number, ratio: number): string =>
      `| ${what} | ${seconds.toFixed(2)} | ${ratio.toFixed(2)} |\n`;
    const row = (what: string, key: 'idle' | 'condemn' | 'again'): string =>
      line(
        what,
        median(figures.map((figure) => figure[key])),
        median(figures.map((figure) => figure[key] / figure.list)),
      );
    const after = Math.max(0, deletion.seconds - limitSeconds);
    process.stdout.write(
      `| ${2 * paths} objects | s | of listing |\n| --- | --- | --- |\n` +
        line('only listing', limitSeconds, 1) +
        row('collection, nothing dead', 'idle') +
        row(`collection that condemns ${2 * dead}`, 'condemn') +
        row('collection, the same dead', 'again') +
        line(`collection that deletes ${2 * dead}`, deletion.seconds, deletion.seconds / limitSeconds) +
        `deletion beside the listing: ${Math.round((2 * dead) / Math.max(after, 0.001))} objects/s\n`,
    );
    bucket.close();
  } finally {
    await database.end();
    await postgres.stop();
    await s3.stop();
  }
};

await run(Number(process.argv[2] ?? 200_000), Number(process.argv[3] ?? 3));
