import type { Config } from '#runtime';

/** What steers the queue runner; sizes in bytes (0: no limit), times in milliseconds. */
export type RunnerOptions = Readonly<{
  /** of this host, where no machines file is configured */
  slots: number;
  /** of Nix's format: their machines instead of this host */
  machinesFiles: readonly string[];
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
  /** jobset (`project:jobset`) to how often its steps are built again to see whether they always give the same */
  repeats: ReadonlyMap<string, number>;
  /** of the ledger */
  windowMs: number;
  /** name of what ranks jobsets */
  policy: string;
  /** most credit for idleness under the policy `clamped`, machine time at 100 shares */
  clampCreditMs: number;
}>;

/** As the configuration says. */
export const optionsOf = (config: Config): RunnerOptions => {
  const { queueRunner, scheduler, slots } = config;
  return {
    slots,
    machinesFiles: queueRunner.machinesFiles,
    maxLogBytes: queueRunner.maxLogSize,
    maxOutputBytes: queueRunner.maxOutputSize,
    attempts: queueRunner.maxRetries,
    retryMs: queueRunner.retryInterval * 1000,
    retryFactor: queueRunner.retryBackoff,
    unsupportedMs: queueRunner.maxUnsupportedTime * 1000,
    repeats: new Map(queueRunner.repeats.map(({ jobset, times }) => [jobset, times])),
    windowMs: scheduler.windowHours * 3_600_000,
    policy: scheduler.policy,
    clampCreditMs: scheduler.clampCreditMinutes * 60_000,
  };
};
