import type { Duty } from './duty.js';

/** Every duty, loaded when it is run: one that is not picked costs nothing. In the order in which they are started. */
export const DUTIES: Readonly<Record<string, () => Promise<Duty>>> = {
  evaluator: async () => (await import('./evaluator/evaluator.duty.js')).evaluator,
  declarative: async () => (await import('./declarative/declarative.duty.js')).declarative,
  'queue-builds': async () => (await import('./queue-builds/queue-builds.duty.js')).queueBuilds,
  'queue-runner': async () => (await import('./queue-runner/index.js')).queueRunner,
  's3-backup': async () => (await import('./s3-backup/index.js')).s3Backup,
  'gc-roots': async () => (await import('./gc-roots/gc-roots.duty.js')).gcRoots,
};
