import type { Config } from '#runtime';

/** What steers the queue runner; sizes in bytes (0: no limit), times in milliseconds. */
export type RunnerOptions = Readonly<{
  slots: number;
  maxLogBytes: number;
  /** sum of a step's output NARs */
  maxOutputBytes: number;
  /** attempts at a step before a failure that is not its own is final */
  attempts: number;
  /** wait before the second attempt */
  retryMs: number;
  /** each further wait is this many times longer */
  retryFactor: number;
  /** how long a step may wait for a machine that could build it */
  unsupportedMs: number;
  /** of the ledger */
  windowMs: number;
}>;

/** As the configuration says. */
export const optionsOf = (config: Config): RunnerOptions => {
  const { queueRunner, scheduler, slots } = config;
  return {
    slots,
    maxLogBytes: queueRunner.maxLogSize,
    maxOutputBytes: queueRunner.maxOutputSize,
    attempts: queueRunner.maxRetries,
    retryMs: queueRunner.retryInterval * 1000,
    retryFactor: queueRunner.retryBackoff,
    unsupportedMs: queueRunner.maxUnsupportedTime * 1000,
    windowMs: scheduler.windowHours * 3_600_000,
  };
};
