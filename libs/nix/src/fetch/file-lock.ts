import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';

type Env = Readonly<Record<string, string>>;

/** What `flock --nonblock` ends with where another process holds the lock. */
const HELD_ELSEWHERE = 1;

/** The kernel's flock(2), held by a child that lives as long as our end of its pipe: when we die, however we die, the lock is free. */
const hold = async (path: string, env: Env, options: readonly string[]): Promise<ChildProcess | number | null> => {
  await mkdir(dirname(path), { recursive: true });
  const child = spawn('flock', ['--exclusive', ...options, path, 'sh', '-c', 'echo held; exec cat'], {
    env,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
    child.stdout.once('data', () => resolve(child));
  });
};

/** Runs `work` while no other process of this host holds the same lock file. */
export async function withFileLock<T>(path: string, env: Env, work: () => Promise<T>): Promise<T> {
  const held = await hold(path, env, []);
  if (held === null || typeof held === 'number') throw new Error(`flock of '${path}' ended with ${held}`);
  try {
    return await work();
  } finally {
    held.stdin!.end();
  }
}

/** As `withFileLock`, but where another process holds the lock, answers false at once. */
export async function withFreeFileLock(path: string, env: Env, work: () => Promise<void>): Promise<boolean> {
  const held = await hold(path, env, ['--nonblock']);
  if (held === HELD_ELSEWHERE) return false;
  if (held === null || typeof held === 'number') throw new Error(`flock of '${path}' ended with ${held}`);
  try {
    await work();
    return true;
  } finally {
    held.stdin!.end();
  }
}
