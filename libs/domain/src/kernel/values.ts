/** Values that several nouns share. */

/** A jobset as builds and steps know it: the id survives a rename, the names are those of the moment. */
export type JobsetRef = Readonly<{ /** integer, survives a rename */ id: number; project: string; name: string }>;

/**
 * How a build ended. Hydra's codes 0 to 12 (`BUILD_STATUS_CODE`): the names are ours, the numbers are what its API says.
 */
export type BuildStatus =
  | 'succeeded'
  | 'failed'
  | 'dependency-failed'
  | 'aborted'
  | 'cancelled'
  | 'failed-with-output'
  | 'timed-out'
  | 'unsupported'
  | 'log-limit-exceeded'
  | 'nar-size-limit-exceeded'
  | 'not-deterministic';

/** How an attempt at a step ended. */
export type StepStatus = Exclude<BuildStatus, 'dependency-failed' | 'failed-with-output'> | 'cached-failure';

/** Hydra's number of each status, builds and steps alike. */
export const STATUS_CODE: Readonly<Record<BuildStatus | StepStatus, number>> = {
  succeeded: 0,
  failed: 1,
  'dependency-failed': 2,
  aborted: 3,
  cancelled: 4,
  'failed-with-output': 6,
  'timed-out': 7,
  'cached-failure': 8,
  unsupported: 9,
  'log-limit-exceeded': 10,
  'nar-size-limit-exceeded': 11,
  'not-deterministic': 12,
};

/** A build that left an output to use: it is backed up, and its dependents go on. */
export const hasOutput = (status: BuildStatus): boolean => status === 'succeeded' || status === 'failed-with-output';

/** A place that builds are copied to: a bucket and the prefix of its keys. */
export type BackupTarget = Readonly<{ bucket: string; prefix: string }>;
