import { spawn } from 'node:child_process';
import { stripAnsi, terminate } from './process.js';
import type { BuildLimits } from './serve-connection.js';
import { type NixSettings, optionArgs } from './settings.js';

export type CheckRequest = Readonly<{
  drvPath: string;
  limits: BuildLimits;
  /** Everything that Nix and the builder say. */
  onLog: (chunk: Buffer) => void;
  /** Ends it; the promise resolves once Nix and the builder are gone. */
  signal?: AbortSignal;
}>;

/** `message` is for people, '' where it is the same. */
export type CheckOutcome = Readonly<{
  kind: 'same' | 'not-deterministic' | 'timed-out' | 'log-limit-exceeded' | 'cancelled' | 'misc-failure';
  message: string;
}>;

/** Bits of Nix's exit code where a build went wrong (`Worker::failingExitStatus`). */
const EXIT = { any: 0x60, timedOut: 0x01, buildFailed: 0x04, checkMismatch: 0x08 } as const;
const SAID = 16 * 1024;

/**
 * Builds a derivation again in the local store, where its outputs are valid, and says whether the same came out. A builder that
 * fails the second time did not do the same either. Never rejects for what the build does.
 */
export const checkDerivation = (settings: NixSettings, request: CheckRequest): Promise<CheckOutcome> => {
  const { drvPath, limits, onLog, signal } = request;
  const args = [
    ...optionArgs(settings, {
      timeout: String(limits.timeoutSecs),
      'max-silent-time': String(limits.maxSilentSecs),
      'max-build-log-size': String(limits.maxLogBytes),
    }),
    '--realise',
    '--check',
    drvPath,
  ];
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve({ kind: 'cancelled', message: 'cancelled' });
    const child = spawn(settings.commands.nixStore, args, { env: settings.env, stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString('latin1')).slice(-SAID);
      onLog(chunk);
    });
    const stop = (): void => terminate(child);
    signal?.addEventListener('abort', stop, { once: true });
    const end = (outcome: CheckOutcome): void => {
      signal?.removeEventListener('abort', stop);
      resolve(outcome);
    };
    child.once('error', (error) => end({ kind: 'misc-failure', message: error.message }));
    child.once('close', (code) => {
      if (code === 0) return end({ kind: 'same', message: '' });
      if (signal?.aborted) return end({ kind: 'cancelled', message: 'cancelled' });
      const message = lastError(stripAnsi(Buffer.from(said, 'latin1').toString()));
      end({ kind: kindOf(code ?? -1, message), message: message || `nix-store ended with ${code}` });
    });
  });
};

const kindOf = (code: number, message: string): CheckOutcome['kind'] => {
  // Nix ends with a plain 1 then.
  if (/after writing more than \d+ bytes of log/.test(message)) return 'log-limit-exceeded';
  if (code < EXIT.any || (code & EXIT.any) !== EXIT.any) return 'misc-failure';
  if (code & EXIT.checkMismatch) return 'not-deterministic';
  if (code & EXIT.timedOut) return 'timed-out';
  return code & EXIT.buildFailed ? 'not-deterministic' : 'misc-failure';
};

/** From the last `error:` on. */
const lastError = (said: string): string => said.slice(Math.max(0, said.lastIndexOf('error:'))).trim();
