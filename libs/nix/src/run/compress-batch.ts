import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Compressor } from './compress.js';
import { run } from './process.js';

/**
 * One program for many small inputs: it replaces each file by a compressed one. Inputs are at most `BATCH_INPUT_BYTES`, so a
 * dictionary of that size finds all that a larger one would, and setting it up is most of the work for a small file.
 */
const COMMANDS: Readonly<Record<Compressor, Readonly<{ command: readonly [string, ...string[]]; suffix: string }>>> = {
  xz: { command: ['xz', '--lzma2=preset=6,dict=1MiB', '-T1', '--quiet'], suffix: '.xz' },
  bzip2: { command: ['bzip2', '-9', '--quiet'], suffix: '.bz2' },
  zstd: { command: ['zstd', '-3', '--rm', '--quiet'], suffix: '.zst' },
};

/** Largest input of a batch, in bytes. */
export const BATCH_INPUT_BYTES = 1024 * 1024;

export type BatchOptions = Readonly<{
  /** A folder of the batch's own is made in it, and removed again. */
  dir: string;
  env: Readonly<Record<string, string>>;
  signal?: AbortSignal;
}>;

/** Compresses each of many small inputs by itself, with one process. Throws where the program is missing or fails. */
export const compressBatch = async (
  compressor: Compressor,
  inputs: readonly Buffer[],
  { dir, env, signal }: BatchOptions,
): Promise<Buffer[]> => {
  const { command, suffix } = COMMANDS[compressor];
  const [program, ...args] = command;
  const cwd = join(dir, `batch-${process.pid}-${randomBytes(8).toString('hex')}`);
  await mkdir(cwd, { recursive: true });
  try {
    const names = inputs.map((_, index) => String(index));
    await Promise.all(names.map((name, index) => writeFile(join(cwd, name), inputs[index]!)));
    const { code, stderr } = await run(program, [...args, '--', ...names], { env, cwd, ...(signal && { signal }) });
    if (code !== 0) throw new Error(`'${program}' ended with ${code}: ${stderr.trim()}`);
    return await Promise.all(names.map((name) => readFile(join(cwd, name + suffix))));
  } finally {
    await rm(cwd, { recursive: true, force: true });
  }
};

/** Whether a folder's name is that of a batch whose process is gone. */
export const isDeadBatch = (name: string): boolean => {
  const pid = Number(/^batch-(\d+)-[0-9a-f]{16}$/.exec(name)?.[1]);
  if (!Number.isSafeInteger(pid) || pid < 1 || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
};
