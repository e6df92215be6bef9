import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { silentLogger } from '#runtime';
import { eventually, fakeFarm } from '../../testing/fake-farm.js';
import { startFarm } from './farm.js';
import type { Farm, FarmOptions } from './farm.js';
import { commandOf } from './running.js';

const query = async (url: string, sql: string): Promise<unknown[]> => {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2000 });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
};

describe('the supervisor', () => {
  let fake: ReturnType<typeof fakeFarm>;
  let farms: Farm[];
  beforeEach(() => {
    fake = fakeFarm();
    farms = [];
  });
  afterEach(async () => {
    await Promise.all(farms.map((farm) => farm.stop()));
    fake.remove();
  });

  const start = async (options: Partial<FarmOptions> = {}): Promise<Farm> => {
    const farm = await startFarm({
      env: fake.env,
      programs: fake.programs,
      logger: silentLogger(),
      postgresSettings: { fsync: 'off' },
      ...options,
    });
    farms.push(farm);
    return farm;
  };
  const pidOf = (name: string): number =>
    Number(readFileSync(join(fake.dir, 'data/run', `${name}.pid`), 'utf8').split('\n')[0]);
  const gone = (pid: number) => eventually(`the end of ${pid}`, () => (commandOf(pid) === '' ? true : undefined));
  const accepts = (farm: Farm) =>
    eventually('PostgreSQL', () =>
      query(farm.databaseUrl, 'select 1').then(
        () => true,
        () => undefined,
      ),
    );

  it('brings up PostgreSQL and the apps, tells them where, and stops them without leaving a process', async () => {
    const lines: string[] = [];
    const farm = await start({ onLine: (name, line) => lines.push(`${name} ${line}`) });
    expect(await farm.ready).toBe(true);
    expect((await fetch(`${farm.url}/healthz`)).status).toBe(200);
    const pids = farm.pids();
    expect(Object.keys(pids).sort()).toEqual(['api', 'postgres', 'projector', 'worker']);
    expect(pids).toEqual(Object.fromEntries(Object.keys(pids).map((name) => [name, pidOf(name)])));
    const told = () => lines.filter((line) => line.includes(farm.databaseUrl)).length;
    await eventually('a line of each app', () => (told() === 3 ? true : undefined));

    await farm.stop();
    for (const pid of Object.values(pids)) await gone(pid);
    expect(lines.filter((line) => line.endsWith('ends in order'))).toHaveLength(3);
    expect(existsSync(join(fake.dir, 'data/run/supervisor.pid'))).toBe(false);
    expect(existsSync(join(fake.dir, 'data/postgres/data/postmaster.pid'))).toBe(false);
    expect(await farm.ended).toBe(0);
  });

  it('lets nobody into the database without the password, which only its owner can read', async () => {
    const farm = await start();
    const stranger = new URL(farm.databaseUrl);
    stranger.password = 'wrong';
    await expect(query(stranger.href, 'select 1')).rejects.toThrow('password authentication failed');
    expect(statSync(join(fake.dir, 'data/postgres.json')).mode & 0o777).toBe(0o600);
  });

  it('starts again what is killed, each, and PostgreSQL keeps its data', async () => {
    const farm = await start();
    expect(await farm.ready).toBe(true);
    await query(farm.databaseUrl, 'create table kept as select 42 as answer');
    for (const name of ['projector', 'worker', 'api', 'postgres']) {
      const before = pidOf(name);
      process.kill(before, 'SIGKILL');
      await eventually(`another ${name}`, () => {
        const now = farm.pids()[name];
        return now !== undefined && now !== before ? true : undefined;
      });
    }
    await accepts(farm);
    expect(await query(farm.databaseUrl, 'select answer from kept')).toEqual([{ answer: 42 }]);
    await eventually('the API', () =>
      fetch(`${farm.url}/healthz`).then(
        (reply) => (reply.ok ? true : undefined),
        () => undefined,
      ),
    );
  });

  it('keeps port, password and data from one start to the next', async () => {
    const first = await start();
    await query(first.databaseUrl, 'create table kept as select 1');
    await first.stop();
    const second = await start();
    expect(second.databaseUrl).toBe(first.databaseUrl);
    expect(await query(second.databaseUrl, 'select * from kept')).toHaveLength(1);
  });

  it('does not share a data folder with another supervisor, but takes over from one that is dead', async () => {
    await start();
    await expect(start()).rejects.toThrow(/in use by another Iolaus \(process \d+\)/);
    await farms[0]?.stop();
    writeFileSync(join(fake.dir, 'data/run/supervisor.pid'), `${process.pid}\nsince another time\n`);
    expect(await (await start()).ready).toBe(true);
  });

  it('says which port is taken, and leaves nothing running', async () => {
    const farm = await start();
    expect(await farm.ready).toBe(true);
    const other = { ...fake.env, IOLAUS_DATA_DIR: join(fake.dir, 'other'), IOLAUS_PORT: new URL(farm.url).port };
    await expect(start({ env: other })).rejects.toThrow(/port \d+ of 127.0.0.1 is in use: .*IOLAUS_PORT/);
    expect(existsSync(join(fake.dir, 'other/run/supervisor.pid'))).toBe(false);
  });

  it('ends with code 2 when an app cannot use its configuration, instead of starting it for ever', async () => {
    const farm = await start({ programs: [fake.program('picky', 'process.exit(2)')] });
    expect(await farm.ended).toBe(2);
    expect(await farm.ready).toBe(false);
  });

  it('kills an app that does not end in order', async () => {
    const stubborn = fake.program(
      'stubborn',
      `process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); console.log('up');`,
    );
    const up: string[] = [];
    const farm = await start({ programs: [stubborn], onLine: (_, line) => up.push(line) });
    await eventually('its first line', () => up[0]);
    const pid = pidOf('stubborn');
    const stopped = farm.stop();
    farm.kill();
    await stopped;
    await gone(pid);
  });

  it('uses the configured database and starts none', async () => {
    const farm = await start();
    const other = { ...fake.env, IOLAUS_DATA_DIR: join(fake.dir, 'other'), IOLAUS_DATABASE_URL: farm.databaseUrl };
    const second = await start({ env: other });
    expect(await second.ready).toBe(true);
    expect(Object.keys(second.pids()).sort()).toEqual(['api', 'projector', 'worker']);
  });

  it('keeps PostgreSQL elsewhere where its user could not reach the data folder', async () => {
    const closed = join(fake.dir, 'closed');
    mkdirSync(closed, { mode: 0o700 });
    const env = { ...fake.env, IOLAUS_DATA_DIR: join(closed, 'data') };
    const farm = await start({ env, postgresElsewhere: join(fake.dir, 'elsewhere') });
    expect(await farm.ready).toBe(true);
    // Only root has to give it to another user; anybody else runs it in the data folder, closed or not.
    expect(existsSync(join(closed, 'data/postgres'))).toBe(process.getuid?.() !== 0);
    expect(await query(farm.databaseUrl, 'select 1')).toHaveLength(1);
  });

  describe('that is itself killed', () => {
    beforeAll(() => {
      execFileSync(process.execPath, ['scripts/build.mjs']);
    });

    const run = async () => {
      const child = spawn(process.execPath, [fake.supervisor, JSON.stringify(fake.programs)], { env: fake.env });
      let output = '';
      child.stdout.on('data', (data) => (output += String(data)));
      child.stderr.on('data', (data) => (output += String(data)));
      const pids = await eventually('the farm', () => {
        const line = /^\{"ready.*$/m.exec(output)?.[0];
        return line === undefined ? undefined : (JSON.parse(line) as { ready: boolean; pids: Record<string, number> });
      });
      return { child, ...pids };
    };

    it('leaves no process behind', async () => {
      const { child, pids, ready } = await run();
      expect(ready).toBe(true);
      child.kill('SIGKILL');
      for (const pid of Object.values(pids)) await gone(pid);
    });

    it('is followed at once by another that takes over its data folder', async () => {
      const { child } = await run();
      child.kill('SIGKILL');
      await new Promise((resolve) => child.once('close', resolve));
      const farm = await start();
      expect(await farm.ready).toBe(true);
      expect(await query(farm.databaseUrl, 'select 1')).toHaveLength(1);
    });
  });
});
