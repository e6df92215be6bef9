/** What Iolaus knows: events, deciders and processes. Imports nothing outside this folder. */
import { type BackupEvent, backupVersions } from './backup/index.js';
import { type BucketEvent, bucketVersions } from './bucket/index.js';
import { type BuildEvent, buildVersions } from './build/index.js';
import { type EvaluationEvent, evaluationVersions } from './evaluation/index.js';
import { type JobsetEvent, jobsetVersions } from './jobset/index.js';
import type { TypeVersions } from './kernel/index.js';
import { type MachineEvent, machineVersions } from './machine/index.js';
import { type ProjectEvent, projectVersions } from './project/index.js';
import { type QueueRunnerEvent, queueRunnerVersions } from './queue-runner/index.js';
import { type StepEvent, stepVersions } from './step/index.js';
import { type UserEvent, userVersions } from './user/index.js';

export * from './kernel/index.js';
export * from './project/index.js';
export * from './jobset/index.js';
export * from './evaluation/index.js';
export * from './build/index.js';
export * from './step/index.js';
export * from './queue-runner/index.js';
export * from './machine/index.js';
export * from './backup/index.js';
export * from './bucket/index.js';
export * from './user/index.js';
export * from './processes/queue-builds.js';
export * from './processes/evaluation-record.js';
export * from './processes/declarative.js';

/** Every event that may stand in the log. */
export type DomainEvent =
  | ProjectEvent
  | JobsetEvent
  | EvaluationEvent
  | BuildEvent
  | StepEvent
  | QueueRunnerEvent
  | MachineEvent
  | BackupEvent
  | BucketEvent
  | UserEvent;

/** Version and lifting of every type. */
export const eventVersions: Readonly<Record<DomainEvent['type'], TypeVersions>> = {
  ...projectVersions,
  ...jobsetVersions,
  ...evaluationVersions,
  ...buildVersions,
  ...stepVersions,
  ...queueRunnerVersions,
  ...machineVersions,
  ...backupVersions,
  ...bucketVersions,
  ...userVersions,
};
