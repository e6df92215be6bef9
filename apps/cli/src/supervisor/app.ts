import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { exitOf, sendSignal } from './running.js';
import type { Running } from './running.js';

/** One of ours: a Node.js program that ends itself when its IPC channel closes (`exitWithParent`). */
export type Program = Readonly<{ name: string; /** Compiled file, then its arguments. */ args: readonly string[] }>;

export type LineListener = (name: string, line: string) => void;

/** Starts a program; every line it prints goes to `onLine`. */
export const startProgram = (program: Program, env: NodeJS.ProcessEnv, onLine: LineListener): Running => {
  const child = spawn(process.execPath, ['--enable-source-maps', ...program.args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    // A group of its own: Ctrl-C on the terminal is for the supervisor, which stops the programs in their order.
    detached: true,
  });
  const forward = (stream: Readable | null): void => {
    if (stream)
      createInterface({ input: stream, crlfDelay: Infinity }).on('line', (line) => onLine(program.name, line));
  };
  forward(child.stdout);
  forward(child.stderr);
  const { pid } = child;
  const signal = (name: NodeJS.Signals): void => {
    if (pid !== undefined) sendSignal(-pid, name);
  };
  // A channel that breaks is seen as the child's end; without a listener it would end the supervisor.
  child.on('error', (error) => onLine(program.name, error.message));
  return {
    pid: () => pid,
    // What it had started and left behind is asked to end too: Nix then ends its builders.
    exited: exitOf(child).finally(() => signal('SIGTERM')),
    terminate: () => void child.kill('SIGTERM'),
    kill: () => signal('SIGKILL'),
  };
};
