import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { abortReason, terminate } from './process.js';

/** Compressions of NARs that a program does. */
export const COMPRESSORS = ['xz', 'bzip2', 'zstd'] as const;
export type Compressor = (typeof COMPRESSORS)[number];

/**
 * The commands. Threads and level are fixed, so that the same NAR gives the same bytes on every host with the same program:
 * `xz -T2` cuts into blocks as it does for any number of threads but one.
 */
const COMMANDS: Readonly<Record<Compressor, readonly [string, ...string[]]>> = {
  xz: ['xz', '-6', '-T2', '--stdout'],
  bzip2: ['bzip2', '-9', '--stdout'],
  zstd: ['zstd', '-3', '-T2', '--stdout', '--quiet'],
};

export type CompressOptions = Readonly<{ env: Readonly<Record<string, string>>; signal?: AbortSignal }>;

/**
 * Bytes through a compressor, in bounded memory. Throws what the input throws, and where the program is missing or fails;
 * leaving the iteration early, or the signal, ends the program.
 */
export const compress = (
  compressor: Compressor,
  input: AsyncIterable<Buffer>,
  options: CompressOptions,
): AsyncGenerator<Buffer> => through(COMMANDS[compressor], input, options);

/** The way back; throws too where the input is not what the compressor makes. */
export const decompress = (
  compressor: Compressor,
  input: AsyncIterable<Buffer>,
  options: CompressOptions,
): AsyncGenerator<Buffer> =>
  through(
    // Whoever made the input chose how much memory it takes: up to 4 GiB. The largest preset of xz takes 65 MiB.
    [compressor, '--decompress', '--stdout', ...(compressor === 'xz' ? ['--memlimit-decompress=512MiB'] : [])],
    input,
    options,
  );

async function* through(
  [program, ...args]: readonly [string, ...string[]],
  input: AsyncIterable<Buffer>,
  { env, signal }: CompressOptions,
): AsyncGenerator<Buffer> {
  signal?.throwIfAborted();
  const child = spawn(program, args, { env, stdio: ['pipe', 'pipe', 'pipe'] });
  let stderr = '';
  let failure: unknown;
  const fail = (error: unknown): void => {
    failure ??= error;
    terminate(child);
  };
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-4096);
  });
  const closed = new Promise<number>((resolve) => {
    child.once('error', (error) => (fail(new Error(`cannot run '${program}': ${error.message}`)), resolve(-1)));
    child.once('close', (code) => resolve(code ?? -1));
  });
  // A program that ended early closes its input; its exit code tells.
  child.stdin.on('error', () => undefined);
  const onAbort = (): void => fail(abortReason(signal!));
  signal?.addEventListener('abort', onAbort, { once: true });
  const feed = async (): Promise<void> => {
    for await (const chunk of input) {
      if (child.stdin.destroyed) return;
      if (!child.stdin.write(chunk)) await Promise.race([once(child.stdin, 'drain').catch(() => undefined), closed]);
    }
    child.stdin.end();
  };
  const fed = feed().catch(fail);
  let whole = false;
  try {
    for await (const chunk of child.stdout) yield chunk as Buffer;
    await fed;
    const code = await closed;
    if (failure !== undefined) throw failure;
    if (code !== 0) throw new Error(`'${program}' ended with ${code}: ${stderr.trim()}`);
    whole = true;
  } finally {
    signal?.removeEventListener('abort', onAbort);
    if (!whole) {
      terminate(child);
      child.stdin.destroy();
      child.stdout.destroy();
      await closed;
      await fed;
    }
  }
}
