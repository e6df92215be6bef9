/** What pages and workers read: projections of the log into PostgreSQL, their projector, and typed queries. */
export { type Change, changesBetween } from './audit/changes.js';
export { type Audited, AUDITED } from './audit/projection.js';
export * from './audit/deletions.js';
export * from './audit/queries.js';
export * from './backups/places.js';
export * from './backups/queries.js';
export * from './buckets/queries.js';
export * from './builds/durations.js';
export * from './builds/hours.js';
export * from './builds/lists.js';
export * from './builds/queries.js';
export type { BuildView } from './builds/view.js';
export * from './channels/queries.js';
export * from './dashboard/queries.js';
export { type EvaluationOfCommit, evaluationsOfCommit } from './evaluations/commits.js';
export * from './evaluations/diff.js';
export * from './evaluations/history.js';
export * from './evaluations/job-matrix.js';
export * from './evaluations/queries.js';
export * from './evaluations/remaining.js';
export { buildsToOrder, type BuildSelection, countBuildsToOrder } from './evaluations/selection.js';
export type { EvaluationView } from './evaluations/view.js';
export * from './farm/queries.js';
export * from './insights/queries.js';
export * from './jobs/aggregates.js';
export * from './jobs/queries.js';
export * from './jobs/series.js';
export * from './jobsets/queries.js';
export * from './log/queries.js';
export * from './machines/queries.js';
export * from './machines/use.js';
export type { Projection, Recorded, RecordedEvent, Statement } from './projection.js';
export * from './projects/queries.js';
export * from './queue/hours.js';
export * from './queue/queries.js';
export * from './releases/queries.js';
export * from './roots/queries.js';
export type { Queryable } from './rows.js';
export * from './steps/queries.js';
export { allCachedFailures, cachedFailuresOf } from './steps/cached-failures.js';
export * from './usage/queries.js';
export * from './users/queries.js';
export { PROJECTIONS } from './projector/projections.js';
export { type ProjectorOptions, READ_MODEL_CHANNEL, runProjector } from './projector/projector.js';
export {
  type RebuildOptions,
  rebuildProjection,
  type RebuildProgress,
  UnknownProjectionError,
} from './projector/rebuild.js';
export { prepareReadModel } from './projector/schema.js';
export type { EventSource } from './projector/source.js';
export {
  projectionStatuses,
  type ProjectionStatus,
  projectorStatus,
  type ProjectorStatus,
} from './projector/status.js';
