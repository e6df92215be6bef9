import { execFileSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

/** How a process ended, in words: `code 1`, `SIGKILL`, or why it could not be started. */
export type Exit = Readonly<{ code: number | null; text: string }>;

/** One process that was started; it may have ended since. */
export type Running = Readonly<{
  /** Undefined while there is none: it could not be started, or PostgreSQL has not written its own yet. */
  pid: () => number | undefined;
  exited: Promise<Exit>;
  /** Asks it to end in order. */
  terminate: () => void;
  /** Ends it and what it started at once. */
  kill: () => void;
}>;

/** Time for the last lines of a process that ended; what it left behind may hold its output open for ever. */
const LAST_LINES_MS = 200;

/** Resolves when the child has ended, or could not be started at all. */
export const exitOf = (child: ChildProcess): Promise<Exit> =>
  new Promise((resolve) => {
    child.once('error', (error) => resolve({ code: null, text: error.message }));
    child.once('exit', (code, signal) => {
      const exit = { code, text: signal ?? `code ${code}` };
      const timer = setTimeout(() => resolve(exit), LAST_LINES_MS);
      child.once('close', () => {
        clearTimeout(timer);
        resolve(exit);
      });
    });
  });

/** Sends a signal (0: only asks) to a process, or to a group by its negative id. False when there is none to get it. */
export const sendSignal = (pid: number, signal: NodeJS.Signals | 0): boolean => {
  try {
    process.kill(pid, signal);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
};

const hasProc = existsSync('/proc/self/stat');

/** What the system says about a process, by /proc or else by `ps`; nothing when it is gone. */
const aboutProcess = (pid: number, file: string, column: string): string => {
  try {
    if (hasProc) return readFileSync(`/proc/${pid}/${file}`, 'utf8');
    return execFileSync('ps', ['-o', column, '-p', String(pid)], { encoding: 'utf8' });
  } catch {
    return '';
  }
};

/** The command line of a process; empty when it is gone. */
export const commandOf = (pid: number): string => aboutProcess(pid, 'cmdline', 'args=');

/**
 * Since when a process runs, in the system's own words: a number of a process alone may long be another's, above all
 * after a restart of a container. From field 22 of /proc/PID/stat, behind the name in parentheses, which may hold spaces.
 */
export const startOf = (pid: number): string => {
  const stat = aboutProcess(pid, 'stat', 'lstart=');
  return hasProc ? (stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '') : stat.trim();
};
