import { spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Runs `work` while no other process of this host holds the same lock file. The kernel's flock(2), held by a child that lives as
 * long as our end of its pipe: when we die, however we die, the lock is free.
 */
export async function withFileLock<T>(
  path: string,
  env: Readonly<Record<string, string>>,
  work: () => Promise<T>,
): Promise<T> {
  await mkdir(dirname(path), { recursive: true });
  const child = spawn('flock', ['--exclusive', path, 'sh', '-c', 'echo held; exec cat'], {
    env,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const gone = new Promise<never>((_, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`flock of '${path}' ended with ${code}`)));
  });
  gone.catch(() => undefined);
  await Promise.race([new Promise((resolve) => child.stdout.once('data', resolve)), gone]);
  try {
    return await work();
  } finally {
    child.stdin.end();
  }
}
