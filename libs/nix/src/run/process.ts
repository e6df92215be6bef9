import { spawn } from 'node:child_process';

export type RunOptions = Readonly<{
  env: Readonly<Record<string, string>>;
  cwd?: string;
  input?: Buffer | string;
  timeoutMs?: number;
  signal?: AbortSignal;
  /** Most bytes of stdout kept; more is an error. Default 256 MiB. */
  maxBytes?: number;
}>;

export type RunResult = Readonly<{
  /** exit code, or -1 when a signal ended it */ code: number;
  stdout: Buffer;
  stderr: string;
  timedOut: boolean;
}>;

/** A command printed more than its caller wants to keep; it was ended. */
export class TooMuchOutputError extends Error {
  override readonly name = 'TooMuchOutputError';
}

const STDERR_KEPT = 64 * 1024;

/** Runs a command to its end. Rejects where it cannot be started, was aborted, or prints too much; an exit code is an answer. */
export function run(command: string, args: readonly string[], options: RunOptions): Promise<RunResult> {
  const { env, cwd, input, timeoutMs, signal, maxBytes = 256 * 1024 * 1024 } = options;
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(abortReason(signal));
    const child = spawn(command, args, { env, cwd, stdio: ['pipe', 'pipe', 'pipe'] });
    const out: Buffer[] = [];
    let size = 0;
    let stderr = '';
    let timedOut = false;
    let failure: Error | undefined;
    const end = (error?: Error): void => {
      failure ??= error;
      terminate(child);
    };
    const timer = timeoutMs === undefined ? undefined : setTimeout(() => ((timedOut = true), end()), timeoutMs);
    const onAbort = (): void => end(abortReason(signal!));
    signal?.addEventListener('abort', onAbort, { once: true });
    child.stdout.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > maxBytes) end(new TooMuchOutputError(`'${command}' printed more than ${maxBytes} bytes`));
      else out.push(chunk);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-STDERR_KEPT);
    });
    // A child that does not read its input closes the pipe; its exit code tells what happened.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
    const settle = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    };
    child.once('error', (error) => (settle(), reject(error)));
    child.once('close', (code) => {
      settle();
      if (failure !== undefined) reject(failure);
      else resolve({ code: code ?? -1, stdout: Buffer.concat(out), stderr, timedOut });
    });
  });
}

type Killable = { kill(signal: NodeJS.Signals): boolean; exitCode: number | null; signalCode: NodeJS.Signals | null };

/** SIGTERM, and SIGKILL for one that has not gone after `graceMs`: a killed Nix leaves its builder behind. */
export function terminate(child: Killable, graceMs = 5_000): void {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  setTimeout(() => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
  }, graceMs).unref();
}

/** What an aborted call throws. */
export function abortReason(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new Error('aborted');
}

// eslint-disable-next-line no-control-regex
const ANSI = /\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07]*\x07/g;
/** Nix colours its messages even into a pipe. */
export const stripAnsi = (text: string): string => text.replace(ANSI, '');
