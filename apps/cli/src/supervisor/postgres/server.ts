import { spawn } from 'node:child_process';
import {
  chownSync,
  closeSync,
  existsSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import type { Writable } from 'node:stream';
import { join } from 'node:path';
import { sleep } from '#runtime';
import { commandOf, exitOf, sendSignal } from '../running.js';
import type { Running } from '../running.js';
import { asServer } from './place.js';
import type { Place, Remembered } from './place.js';

/** Fewer than the default of shared memory; the rest of the defaults, with fsync, is what an event log needs. */
const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '200',
  log_timezone: 'UTC',
};

/** A log that grew past this is put aside at the next start. */
const MAX_LOG_BYTES = 16 * 1024 * 1024;

/**
 * Runs the server and asks it to end (SIGINT: fast shutdown) when file descriptor 3 closes. The supervisor holds the
 * other end, so closing it stops the server, and so does the supervisor's own death, by `kill -9` too.
 */
const GUARD = `"$@" 3<&- &
server=$!
(read -r _ <&3; kill -INT "$server") 2>/dev/null &
watch=$!
exec 3<&-
wait "$server"
status=$?
kill "$watch" 2>/dev/null
exit "$status"`;

export const databaseUrl = ({ port, password }: Remembered): string =>
  `postgres://postgres:${password}@127.0.0.1:${port}/postgres`;

const openLog = (place: Place): number => {
  const file = join(place.home, 'log');
  if (existsSync(file) && statSync(file).size > MAX_LOG_BYTES) renameSync(file, `${file}.1`);
  return openSync(file, 'a', 0o600);
};

/** The last line that says why the server did not run. */
export const lastFatal = (place: Place): string => {
  const lines = readFileSync(join(place.home, 'log'), 'utf8').trimEnd().split('\n');
  return lines.findLast((line) => /FATAL|PANIC|error/i.test(line)) ?? lines.at(-1) ?? '';
};

/** Makes the cluster beside its place and moves it there: an interrupted try leaves nothing that looks like one. */
export const initCluster = async (place: Place): Promise<void> => {
  const data = join(place.home, 'data');
  if (existsSync(data)) return;
  const draft = join(place.home, 'data.new');
  const secret = join(place.home, 'password');
  rmSync(draft, { recursive: true, force: true });
  writeFileSync(secret, place.password, { mode: 0o600 });
  if (asServer.uid !== undefined) chownSync(secret, asServer.uid, asServer.gid);
  const log = openLog(place);
  const args = ['-D', draft, '-U', 'postgres', '-A', 'scram-sha-256', '--pwfile', secret, '-E', 'UTF8', '--locale=C'];
  const child = spawn(join(place.native, 'bin/initdb'), args, { ...asServer, cwd: '/', stdio: ['ignore', log, log] });
  const exit = await exitOf(child);
  closeSync(log);
  rmSync(secret, { force: true });
  if (exit.code !== 0) throw new Error(`PostgreSQL could not make its cluster (${exit.text}): ${lastFatal(place)}`);
  renameSync(draft, data);
};

/** The server that runs on this cluster, whoever started it. */
const serverPid = (place: Place): number | undefined => {
  const file = join(place.home, 'data/postmaster.pid');
  if (!existsSync(file)) return undefined;
  const pid = Number(readFileSync(file, 'utf8').split('\n')[0]);
  return pid > 0 && commandOf(pid).includes(join(place.home, 'data')) ? pid : undefined;
};

/** Stops a server that an earlier supervisor left behind, so that this one is its parent and hears when it ends. */
const stopLeftover = async (place: Place): Promise<void> => {
  for (const signal of ['SIGINT', 'SIGQUIT'] as const) {
    const pid = serverPid(place);
    if (pid === undefined) return;
    sendSignal(pid, signal);
    for (let waited = 0; waited < 10_000 && serverPid(place) === pid; waited += 50) await sleep(50);
  }
};

/** Starts the server of a cluster that was made. It may take a while until it accepts connections. */
export const startServer = async (place: Place, settings: Readonly<Record<string, string>> = {}): Promise<Running> => {
  await stopLeftover(place);
  const options = Object.entries({ ...SETTINGS, port: String(place.port), ...settings }).flatMap(([name, value]) => [
    '-c',
    `${name}=${value}`,
  ]);
  const log = openLog(place);
  const command = [join(place.native, 'bin/postgres'), '-D', join(place.home, 'data'), ...options];
  const child = spawn('/bin/sh', ['-c', GUARD, 'postgres-guard', ...command], {
    ...asServer,
    cwd: '/',
    stdio: ['ignore', log, log, 'pipe'],
    detached: true,
  });
  closeSync(log);
  const held = child.stdio[3] as Writable;
  held.on('error', () => undefined); // the guard's end broke: the child has ended, which `exited` tells
  return {
    pid: () => serverPid(place),
    exited: exitOf(child),
    terminate: () => void held.destroy(),
    kill: () => {
      const pid = serverPid(place);
      // SIGQUIT takes its backends along, which SIGKILL would leave to find out by themselves.
      if (pid !== undefined) sendSignal(pid, 'SIGQUIT');
      held.destroy();
    },
  };
};
