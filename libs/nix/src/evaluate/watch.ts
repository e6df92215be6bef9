import type { ChildProcess } from 'node:child_process';
import { readFile } from 'node:fs/promises';

/** Resident memory of a process, MB; 0 where there is no /proc or no such process. */
export async function residentMb(pid: number | undefined): Promise<number> {
  if (pid === undefined) return 0;
  const status = await readFile(`/proc/${pid}/status`, 'latin1').catch(() => '');
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) / 1024;
}

export type Verdict = Readonly<{ reason: 'memory' | 'time' | 'cancelled'; message: string }>;

const POLL_MS = 50;

/** Kills a child that takes too long or too much memory, or is not wanted any more; tells why. Call `stop` when it is over. */
export function watch(
  child: ChildProcess,
  limits: Readonly<{ deadlineMs: number; maxRssMb: number; signal: AbortSignal }>,
): { stop: () => void; verdict: () => Verdict | undefined } {
  let verdict: Verdict | undefined;
  const end = (reason: Verdict['reason'], message: string): void => {
    verdict ??= { reason, message };
    kill(child);
  };
  const timer = setTimeout(
    () => end('time', `error: evaluation took longer than ${limits.deadlineMs / 1000} seconds`),
    limits.deadlineMs,
  );
  const poll = setInterval(() => {
    void residentMb(child.pid).then((mb) => {
      if (mb > limits.maxRssMb) end('memory', `error: out of memory: evaluation took more than ${limits.maxRssMb} MB`);
    });
  }, POLL_MS);
  const onAbort = (): void => end('cancelled', 'evaluation was cancelled');
  limits.signal.addEventListener('abort', onAbort, { once: true });
  if (limits.signal.aborted) onAbort();
  const stop = (): void => {
    clearTimeout(timer);
    clearInterval(poll);
    limits.signal.removeEventListener('abort', onAbort);
  };
  return { stop, verdict: () => verdict };
}

/** SIGTERM first, since a build for an import may run inside; an evaluation deep in a loop does not hear it. */
export function kill(child: ChildProcess): void {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  setTimeout(() => child.kill('SIGKILL'), 300).unref();
}
