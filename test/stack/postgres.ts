import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { initCluster, killCluster, removeCluster, startCluster } from './postgres-server.mjs';

export type OwnPostgres = Readonly<{
  url: string;
  /** Pid of the running server. */
  pid: () => number;
  /** kill -9, and gone. */
  kill: () => Promise<void>;
  /** Starts it again on the same port and data, after `kill`. */
  start: () => Promise<void>;
  /** Ends it and removes its data. */
  stop: () => Promise<void>;
}>;

/** A server of a test's own: for tests that kill it, or that measure (`fsync`: as in production). */
export const startPostgres = async (options: { fsync?: boolean } = {}): Promise<OwnPostgres> => {
  const cluster = await initCluster(options);
  let child: ChildProcess = await startCluster(cluster);
  return {
    url: cluster.url,
    pid: () => child.pid!,
    kill: () => killCluster(child),
    start: async () => {
      child = await startCluster(cluster);
    },
    stop: async () => {
      await killCluster(child, 'SIGQUIT');
      await removeCluster(cluster);
    },
  };
};

/**
 * Address of the server that all specs of a run share: IOLAUS_TEST_DATABASE_URL, or one that the first spec to ask
 * starts and the global teardown ends. Workers race for the folder `lock`; the losers wait for the winner's file.
 */
const sharedUrl = async (): Promise<string> => {
  const given = process.env['IOLAUS_TEST_DATABASE_URL'];
  if (given) return given;
  const folder = process.env['IOLAUS_TEST_RUN_DIR'];
  if (!folder) throw new Error('run this spec by jest: its global setup names the folder of the run');
  const file = join(folder, 'cluster.json');
  const won = await mkdir(join(folder, 'lock')).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') return false;
      throw error;
    },
  );
  if (won) {
    const cluster = await initCluster();
    await startCluster(cluster);
    await writeFile(`${file}.part`, JSON.stringify(cluster));
    await rename(`${file}.part`, file);
    return cluster.url;
  }
  for (let i = 0; i < 1200; i++, await sleep(25)) {
    const text = await readFile(file, 'utf8').catch(() => undefined);
    if (text !== undefined) return (JSON.parse(text) as { url: string }).url;
  }
  throw new Error('the shared PostgreSQL did not come up within 30 s');
};

export type TestDatabase = Readonly<{
  url: string;
  pool: pg.Pool;
  /** Ends the pool and drops the database. */
  drop: () => Promise<void>;
}>;

const admin = async (url: string, sql: string): Promise<void> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(sql).finally(() => client.end());
};

/** A fresh, empty database on the shared server. */
export const createTestDatabase = async (): Promise<TestDatabase> => {
  const server = await sharedUrl();
  const name = `test_${randomBytes(8).toString('hex')}`;
  await admin(server, `create database ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  const pool = new pg.Pool({ connectionString: url.href });
  // A test may cut its own connections; what matters to it rejects in its queries.
  pool.on('error', () => undefined);
  return {
    url: url.href,
    pool,
    drop: async () => {
      await pool.end();
      await admin(server, `drop database if exists ${name} with (force)`);
    },
  };
};
