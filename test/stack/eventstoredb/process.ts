import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export type EventStoreDbProcess = Readonly<{
  url: string;
  pid: () => number;
  /** kill -9, and gone. */
  kill: () => Promise<void>;
  /** Starts it again on the same port and log, after `kill`. */
  start: () => Promise<void>;
  /** Ends it and removes its log. */
  stop: () => Promise<void>;
}>;

const MAIN = fileURLToPath(new URL('main.mjs', import.meta.url));

/** The test server as a process of its own, with its log in a file. */
export const startEventStoreDbProcess = async (
  options: { batchAppend?: boolean } = {},
): Promise<EventStoreDbProcess> => {
  const folder = await mkdtemp(join(tmpdir(), 'iolaus-esdb-'));
  let child: ChildProcess;
  const start = async (port: string): Promise<string> => {
    const args = [
      MAIN,
      '--port',
      port,
      '--file',
      join(folder, 'log'),
      ...(options.batchAppend === false ? ['--no-batch-append'] : []),
    ];
    child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], env: { PATH: process.env['PATH'] } });
    let text = '';
    for await (const chunk of child.stdout!) {
      text += String(chunk);
      if (text.includes('\n')) return text.trim();
    }
    throw new Error('the EventStoreDB test server ended before it served');
  };
  const end = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
  };
  const url = await start('0');
  const port = new URL(url.replace('esdb:', 'http:')).port;
  return {
    url,
    pid: () => child.pid!,
    kill: end,
    start: async () => {
      await start(port);
    },
    stop: async () => {
      await end();
      await rm(folder, { recursive: true, force: true });
    },
  };
};
