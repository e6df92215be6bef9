/**
 * Appends by Iolaus's log and by emmett-postgresql, each in its own process and database of one PostgreSQL with fsync on; in turns,
 * so that both see the same machine. `npm run bench -- append [ROUNDS]`
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { migrate } from '#event-store';
import { startPostgres } from '../test/stack/postgres.js';
import { median } from './append/contest.js';

const SHAPES = [
  [1, 1],
  [8, 1],
  [1, 100],
  [8, 100],
] as const;
const ROUND_MS = 2000;

const ask = async (child: ChildProcess, writers: number, batch: number, ms: number): Promise<number> => {
  child.send({ writers, batch, ms });
  const [answer] = (await once(child, 'message')) as [{ rate?: number; error?: string }];
  if (answer.rate === undefined) throw new Error(answer.error);
  return answer.rate;
};

/** Prints one line for each shape: events a second of both (medians), and the median of the paired ratios. */
export const run = async (rounds = 5): Promise<void> => {
  const server = await startPostgres({ fsync: true });
  const pool = new pg.Pool({ connectionString: server.url });
  const children: ChildProcess[] = [];
  try {
    const start = async (name: string): Promise<ChildProcess> => {
      await pool.query(`create database ${name}`);
      const url = new URL(server.url);
      url.pathname = `/${name}`;
      if (name === 'iolaus') {
        const own = new pg.Pool({ connectionString: url.href });
        await migrate(own);
        await own.end();
      }
      const child = fork(fileURLToPath(new URL('./append/contestant.js', import.meta.url)), [name, url.href]);
      children.push(child);
      return child;
    };
    const [ours, theirs] = [await start('iolaus'), await start('emmett')];
    process.stdout.write(
      '| writers x batch | iolaus, events/s | emmett, events/s | ratio |\n| --- | --- | --- | --- |\n',
    );
    for (const [writers, batch] of SHAPES) {
      for (const child of [ours, theirs]) await ask(child, writers, batch, ROUND_MS); // warm: the first is several times slower
      const pairs: [number, number][] = [];
      for (let round = 0; round < rounds; round++) {
        const first = round % 2 === 0 ? await ask(ours, writers, batch, ROUND_MS) : undefined;
        const their = await ask(theirs, writers, batch, ROUND_MS);
        pairs.push([first ?? (await ask(ours, writers, batch, ROUND_MS)), their]);
      }
      const [mine, other] = [median(pairs.map(([a]) => a)), median(pairs.map(([, b]) => b))];
      const ratio = median(pairs.map(([a, b]) => a / b));
      process.stdout.write(
        `| ${writers} x ${batch} | ${Math.round(mine)} | ${Math.round(other)} | ${ratio.toFixed(2)} |\n`,
      );
    }
  } finally {
    for (const child of children) child.kill();
    await pool.end();
    await server.stop();
  }
};

await run(Number(process.argv[2] ?? 5));
