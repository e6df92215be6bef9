export * from './format/base32.js';
export * from './format/hash.js';
export * from './format/store-path.js';
export * from './format/derivation.js';
export * from './format/derivation-hash.js';
export {
  NixMissingError,
  detectNix,
  localServeCommand,
  optionArgs,
  type NixConfig,
  type NixSettings,
} from './run/settings.js';
export { ServeConnection, ServeError, type BuildLimits } from './run/serve-connection.js';
export type { BuildReply, BuildStatus, PathInfo } from './run/serve-types.js';
export {
  BuildSlot,
  type BuildOutcome,
  type BuildOutcomeKind,
  type BuildRequest,
  type BuildSlotConfig,
  type StoreCopies,
} from './run/build-slot.js';
export { RemoteStore, type RemoteStoreConfig } from './run/remote/remote-store.js';
export { type SshCommand, type SshMachine, sshServeCommand } from './run/remote/ssh-command.js';
export { hostKeyOf, machineNameOf, type MachineUri, parseMachineUri } from './format/machine-uri.js';
export {
  type MachineLine,
  MachinesFileError,
  type MachinesFileOptions,
  type MachinesFileProblem,
  readMachinesFiles,
} from './format/machines-file.js';
export { configuredNix, type NixConfiguration } from './run/configured.js';
export { checkDerivation, type CheckOutcome, type CheckRequest } from './run/check.js';
export { readDerivation, resolveInputs } from './run/inputs-of-derivation.js';
export { derivationGraph, type DerivationGraph, type DerivationNode } from './run/derivation-graph.js';
export { StoreNames } from './run/store-names.js';
export { openLocalStore, queryClosure, totalSize } from './run/path-info.js';
export {
  evaluateJobs,
  type EvaluateOptions,
  type EvaluationLimits,
  type EvaluationProgress,
  type EvaluationTotals,
} from './evaluate/evaluate.js';
export { EvaluationError, type EvaluationCause } from './evaluate/evaluation-error.js';
export { evaluationHash, type EvaluationInput, type EvaluationSource, type StoreInput } from './evaluate/inputs.js';
export type { EvaluatedJob, JobError } from './evaluate/jobs.js';
export {
  AggregateRewriter,
  resolveAggregates,
  type ResolvedAggregate,
  type RewrittenDerivation,
} from './evaluate/aggregate.js';
export { resolveConstituents } from './evaluate/constituents.js';
export {
  FETCHED_INPUT_TYPES,
  fetchInput,
  type FetchContext,
  type FetchedInput,
  type InputSpec,
} from './fetch/fetch-input.js';
export { CLONED, clearClones, type ClearedClones, type Cloned } from './fetch/clones.js';
export { REVISION, scmDiff, type ScmDiff, type ScmDiffRequest } from './fetch/scm-diff.js';
export { parseHgValue, type HgValue } from './fetch/hg.js';
export { FetchError } from './fetch/fetch-error.js';
export { parseGitValue, type GitValue } from './fetch/git-value.js';
export { flakeMetadata, type FlakeMetadata } from './fetch/flake.js';
export { readBuildMetadata, type BuildMetadata, type BuildProduct } from './run/build-metadata.js';
export {
  parseMetrics,
  parseProducts,
  parseReleaseName,
  type Metric,
  type ProductLine,
} from './format/build-products.js';
export { addGcRoot, gcRootsDirOf, isGcRooted, listGcRoots, removeGcRoot, removeOldGcRoot } from './run/gc-roots.js';
export * from './format/narinfo.js';
export * from './format/signing.js';
export { type ChannelPackage, formatChannel } from './format/channel.js';
export { parseNar, type NarNode } from './format/nar.js';
export { dumpPath, dumpSmallPath } from './run/nar-writer.js';
export { exportPaths } from './run/export-paths.js';
export { BATCH_INPUT_BYTES, type BatchOptions, compressBatch, isDeadBatch } from './run/compress-batch.js';
export { COMPRESSORS, compress, decompress, type CompressOptions, type Compressor } from './run/compress.js';
