/**
 * `iolaus replay shares` over a long log: the pure part fed from memory, then the whole from a real PostgreSQL log, beside a plain `readAll` of the
 * same events by the same filter, which is the limit. `npm run bench -- replay-shares [EVENTS] [ROUNDS]`
 */
import { openEventStore } from '#event-store';
import { Replay, REPLAY_TYPES } from '#scheduler';
import pg from 'pg';
import { replayShares } from '../apps/cli/src/replay/shares.js';
import { intoLog } from '../libs/scheduler/testing/into-log.js';
import { startPostgres } from '../test/stack/postgres.js';
import { median } from './append/contest.js';
import { farmLog } from './replay-shares/farm-log.js';

const seconds = (since: number): number => (performance.now() - since) / 1000;

/** Prints the times (medians), and the whole as a multiple of the plain read (median of the paired ratios). */
export const run = async (events = 1_000_000, rounds = 3): Promise<void> => {
  const server = await startPostgres({ fsync: false });
  const store = await openEventStore({ databaseUrl: server.url });
  try {
    const replay = new Replay();
    const revisions = new Map<string, number>();
    let [told, pure] = [0, 0];
    for (const chunk of farmLog(events)) {
      const begun = performance.now();
      for (const event of chunk) replay.apply(event);
      pure += seconds(begun);
      told += chunk.length;
      await intoLog(store, chunk, revisions);
      if (told % 100_000 < chunk.length) process.stderr.write(`${told} events written\n`);
    }
    const client = new pg.Client({ connectionString: server.url });
    await client.connect();
    await client.query('vacuum analyze log.events');
    await client.end();
    const { dispatches, charges, drift } = replay.counts;
    const pairs: [number, number][] = [];
    for (let round = 0; round < rounds; round += 1) {
      const plain = performance.now();
      let read = 0;
      for await (const batch of store.readAll({ types: REPLAY_TYPES, batchSize: 2000 })) read += batch.length;
      const limit = seconds(plain);
      const begun = performance.now();
      const { counts } = await replayShares(store, {});
      const whole = seconds(begun);
      if (read !== told || counts.events !== told || counts.drift + drift > 0)
        throw new Error(
          `read ${read} and replayed ${counts.events} of ${told} events, drift ${counts.drift} and ${drift}`,
        );
      pairs.push([limit, whole]);
    }
    const limit = median(pairs.map(([each]) => each));
    const whole = median(pairs.map(([, each]) => each));
    const ratio = median(pairs.map(([a, b]) => b / a));
    const line = (name: string, time: number, times: string): string =>
      `| ${name} | ${time.toFixed(1)} | ${Math.round(told / time)} | ${times} |\n`;
    process.stdout.write(
      `| ${told} events, ${dispatches} dispatches, ${charges} charges, drift=${drift} | s | events/s | of plain \`readAll\` |\n| --- | --- | --- | --- |\n` +
        line('plain `readAll`, PostgreSQL (limit)', limit, '1.00') +
        line('replay from memory, the pure part', pure, (pure / limit).toFixed(2)) +
        line('`replay shares`, PostgreSQL', whole, ratio.toFixed(2)),
    );
  } finally {
    await store.close();
    await server.stop();
  }
};

await run(Number(process.argv[2] ?? 1_000_000), Number(process.argv[3] ?? 3));
