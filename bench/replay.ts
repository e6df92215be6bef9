/**
 * Reads a whole log: Iolaus's readAll (parsed and lifted), emmett-postgresql's batches, and `COPY … TO STDOUT` with its bytes thrown
 * away as the limit. Each in its own process, in turns. `npm run bench -- replay [EVENTS] [ROUNDS]`
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { migrate } from '#event-store';
import { startPostgres } from '../test/stack/postgres.js';
import { type Contestant, emmett, iolaus, median, newEvent } from './append/contest.js';

const BATCH = 1000;

const fill = async (contestant: Contestant, events: number): Promise<void> => {
  for (let from = 0; from < events; from += BATCH) {
    await contestant.append(
      `bench-${from}`,
      -1,
      Array.from({ length: BATCH }, (_, i) => newEvent(from + i)),
    );
  }
  await contestant.close();
};

const ask = async (child: ChildProcess, expected: number): Promise<number> => {
  child.send('read');
  const [answer] = (await once(child, 'message')) as [{ events?: number; rate?: number; error?: string }];
  if (answer.rate === undefined) throw new Error(answer.error);
  if (answer.events !== expected) throw new Error(`read ${answer.events} of ${expected} events`);
  return answer.rate;
};

/** Prints the rates (medians), each as a share of COPY's (median of the paired ratios). */
export const run = async (events = 300_000, rounds = 5): Promise<void> => {
  const server = await startPostgres({ fsync: true });
  const admin = new pg.Client({ connectionString: server.url });
  const children: ChildProcess[] = [];
  try {
    await admin.connect();
    const database = async (name: string): Promise<string> => {
      await admin.query(`create database ${name}`);
      const url = new URL(server.url);
      url.pathname = `/${name}`;
      return url.href;
    };
    const start = (name: string, url: string): ChildProcess => {
      const child = fork(fileURLToPath(new URL('./append/replayer.js', import.meta.url)), [name, url]);
      children.push(child);
      return child;
    };
    const [ourUrl, theirUrl] = [await database('iolaus'), await database('emmett')];
    const pool = new pg.Pool({ connectionString: ourUrl });
    await migrate(pool);
    await fill(iolaus(ourUrl), events);
    await pool.query('vacuum analyze log.events');
    await pool.end();
    await fill(await emmett(theirUrl), events);
    const theirPool = new pg.Pool({ connectionString: theirUrl });
    await theirPool.query('vacuum analyze'); // the same favour
    await theirPool.end();

    const [copy, ours, theirs] = [start('copy', ourUrl), start('iolaus', ourUrl), start('emmett', theirUrl)];
    const rounded: [number, number][] = [];
    for (let round = -1; round < rounds; round++) {
      const pair: [number, number] = [await ask(copy, events), await ask(ours, events)];
      if (round >= 0) rounded.push(pair); // the first warms up
    }
    const limit = median(rounded.map(([rate]) => rate));
    const their = await ask(theirs, events); // once: it takes many times as long as all the others together
    const line = (name: string, rate: number, share: number): string =>
      `| ${name} | ${Math.round(rate)} | ${share.toFixed(2)} |\n`;
    process.stdout.write(
      `| ${events} events | events/s | share of COPY |\n| --- | --- | --- |\n` +
        line('COPY TO STDOUT', limit, 1) +
        line(
          'iolaus readAll',
          median(rounded.map(([, rate]) => rate)),
          median(rounded.map(([base, rate]) => rate / base)),
        ) +
        line('emmett readMessagesBatch', their, their / limit),
    );
  } finally {
    for (const child of children) child.kill();
    await admin.end();
    await server.stop();
  }
};

await run(Number(process.argv[2] ?? 300_000), Number(process.argv[3] ?? 5));
