import { type Event, FIRST, type TypeVersions } from '../kernel/index.js';

/** What a derivation tells about itself: the facts of a new build. */
export type JobDescription = Readonly<{
  nixName: string;
  system: string;
  description: string;
  license: string;
  homepage: string;
  /** e-mail addresses as `meta.maintainers` gives them */
  maintainers: readonly string[];
  /** seconds without a line of log before the build is ended */
  maxSilent: number;
  /** seconds before the build is ended */
  timeout: number;
  isChannel: boolean;
  /** `meta.schedulingPriority` */
  priority: number;
}>;

/** A job of an evaluation and the build that stands for it: a new one, or one of the evaluation before. */
export type FoundJob = Readonly<{
  job: string;
  buildId: number;
  drvPath: string;
  /** output name to store path */
  outputs: Readonly<Record<string, string>>;
  /** Only where the build is new. */
  description?: JobDescription;
  /** Only where the reused build must be built again: same output path, another derivation (hydra-reference 4.5). */
  replacesDrv?: boolean;
  /** Of an aggregate: the builds of its constituents. */
  constituents?: readonly number[];
}>;

/** A job that could not be evaluated. */
export type JobError = Readonly<{ /** attribute path; empty for the top level */ job: string; message: string }>;

/** Jobs that an evaluation found, one chunk of them: whole once the jobset's `EvaluationRan` stands. */
export type EvaluationJobsFound = Event<
  'EvaluationJobsFound',
  { evaluationId: number; jobsetId: number; chunk: number; jobs: readonly FoundJob[] }
>;
/** Jobs that could not be evaluated; the others go on. */
export type EvaluationErrorsFound = Event<
  'EvaluationErrorsFound',
  { evaluationId: number; jobsetId: number; chunk: number; errors: readonly JobError[] }
>;
/** Somebody made this evaluation a release: its outputs are pinned. */
export type EvaluationReleased = Event<
  'EvaluationReleased',
  { evaluationId: number; name: string; releasedAt: string }
>;
/** The release was taken back. */
export type ReleaseRevoked = Event<'ReleaseRevoked', { evaluationId: number; name: string; revokedAt: string }>;

export type EvaluationEvent = EvaluationJobsFound | EvaluationErrorsFound | EvaluationReleased | ReleaseRevoked;

/** Stream of an evaluation: what it found, and its release. */
export const evaluationStream = (evaluationId: number): string => `evaluation-${evaluationId}`;

export const evaluationVersions: Readonly<Record<EvaluationEvent['type'], TypeVersions>> = {
  EvaluationJobsFound: FIRST,
  EvaluationErrorsFound: FIRST,
  EvaluationReleased: FIRST,
  ReleaseRevoked: FIRST,
};
