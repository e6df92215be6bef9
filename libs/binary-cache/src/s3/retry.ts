import { setTimeout as sleep } from 'node:timers/promises';
import { S3Error } from './errors.js';

/** How a single request is repeated: waits in milliseconds grow by `factor` up to `maxMs`, each shortened by up to half by chance. */
export type RetryPolicy = Readonly<{
  attempts: number;
  firstMs: number;
  factor: number;
  maxMs: number;
  random: () => number;
}>;

export const DEFAULT_RETRY: RetryPolicy = { attempts: 5, firstMs: 200, factor: 3, maxMs: 5_000, random: Math.random };

/** Repeats what fails with a transient `S3Error`. `onRetry` hears of each failure that is repeated. Aborts while it waits. */
export const withRetries = async <T>(
  { attempts, firstMs, factor, maxMs, random }: RetryPolicy,
  signal: AbortSignal,
  attempt: () => Promise<T>,
  onRetry: (error: S3Error, attempt: number) => void,
): Promise<T> => {
  for (let n = 1; ; n++) {
    try {
      signal.throwIfAborted();
      return await attempt();
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof S3Error) || error.kind !== 'transient' || n >= attempts) throw error;
      onRetry(error, n);
      await sleep(Math.min(maxMs, firstMs * factor ** (n - 1)) * (1 - random() / 2), undefined, { signal });
    }
  }
};
