import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { chmodSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Program } from '../src/supervisor/app.js';

/** Ends with its supervisor and on SIGTERM; says that it began. With a port of its own kind it answers /healthz. */
const APP = `
import http from 'node:http';
if (!process.connected) process.exit(0); // the supervisor was killed while this one started
process.on('disconnect', () => process.exit(0));
process.on('SIGTERM', () => { console.log('ends in order'); process.exit(0); });
console.log(JSON.stringify({ level: 'info', app: process.argv[2], msg: 'began', database: process.env.IOLAUS_DATABASE_URL }));
if (process.argv[2] === 'api') http.createServer((_, reply) => reply.end('{}')).listen(Number(process.env.IOLAUS_PORT), '127.0.0.1');
else setInterval(() => {}, 1000);
`;

/** Runs a farm until it is killed: a supervisor of its own, from the compiled sources. */
const SUPERVISOR = (farm: string) => `
import { startFarm } from ${JSON.stringify(farm)};
const farm = await startFarm({ env: process.env, programs: JSON.parse(process.argv[2]) });
console.log(JSON.stringify({ ready: await farm.ready, pids: farm.pids(), databaseUrl: farm.databaseUrl }));
process.on('SIGTERM', async () => { await farm.stop(); process.exit(0); });
`;

/** Trivial programs in place of the apps, in a folder of their own that PostgreSQL's user may pass. */
export const fakeFarm = () => {
  const dir = mkdtempSync(join(tmpdir(), 'iolaus-farm-'));
  chmodSync(dir, 0o711);
  writeFileSync(join(dir, 'app.mjs'), APP);
  writeFileSync(join(dir, 'supervisor.mjs'), SUPERVISOR(join(process.cwd(), 'dist/apps/cli/src/supervisor/farm.js')));
  return {
    dir,
    supervisor: join(dir, 'supervisor.mjs'),
    programs: ['projector', 'worker', 'api'].map((name): Program => ({ name, args: [join(dir, 'app.mjs'), name] })),
    env: { PATH: process.env['PATH'], IOLAUS_DATA_DIR: join(dir, 'data'), IOLAUS_PORT: '0' },
    /** A program of the farm from a text. */
    program: (name: string, source: string): Program => {
      writeFileSync(join(dir, `${name}.mjs`), source);
      return { name, args: [join(dir, `${name}.mjs`)] };
    },
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
};

/** Asks again and again until the answer is not undefined; says what it waited for when 45 s were not enough. */
export const eventually = async <T>(what: string, ask: () => T | undefined | Promise<T | undefined>): Promise<T> => {
  for (const deadline = performance.now() + 45_000; performance.now() < deadline;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`waited in vain for ${what}`);
};
