import {
  type BuildStatus,
  type Event,
  FIRST,
  type JobsetRef,
  type StepStatus,
  type TypeVersions,
} from '../kernel/index.js';

/** What a build left for people to fetch (hydra-reference 5.7). */
export type BuildProduct = Readonly<{
  type: string;
  subtype: string;
  /** base name; empty where the product is the output itself */
  name: string;
  path: string;
  defaultPath: string;
  /** bytes; absent for a directory */
  fileSize?: number;
  /** hex; absent for a directory */
  sha256?: string;
}>;

/** A number that a build measured. */
export type BuildMetric = Readonly<{ name: string; value: number; unit: string }>;

/** The step that decided a build's failure. */
export type FailedStep = Readonly<{
  drvPath: string;
  status: StepStatus;
  /** attempt of the step's stream, where one ran for this outcome */
  attempt?: number;
  /** the build under which that attempt ran, where it is another one */
  propagatedFrom?: number;
  system: string;
}>;

/** A job's derivation is wanted by a jobset. */
export type BuildQueued = Event<
  'BuildQueued',
  {
    buildId: number;
    evaluationId: number;
    jobset: JobsetRef;
    job: string;
    drvPath: string;
    /** output name to store path */
    outputs: Readonly<Record<string, string>>;
    nixName: string;
    system: string;
    description: string;
    license: string;
    homepage: string;
    maintainers: readonly string[];
    /** seconds */
    maxSilent: number;
    /** seconds */
    timeout: number;
    isChannel: boolean;
    /** local priority, `meta.schedulingPriority` */
    priority: number;
    constituents?: readonly number[];
    queuedAt: string;
  }
>;
/** The build goes before all that were not bumped, or were earlier. */
export type BuildBumped = Event<
  'BuildBumped',
  { buildId: number; /** Unix seconds, Hydra's globalPriority */ globalPriority: number }
>;
/** The build came to its end. */
export type BuildFinished = Event<
  'BuildFinished',
  {
    buildId: number;
    /** how often the build was queued before, counted from 0 */
    run: number;
    status: BuildStatus;
    /** nothing was built for it: its output was there, or its failure known */
    isCachedBuild: boolean;
    /** Unix milliseconds */
    startedAtMs: number;
    /** Unix milliseconds */
    stoppedAtMs: number;
    /** sum of the outputs' NAR sizes, bytes */
    size: number;
    /** sum of the NAR sizes of the outputs' runtime closure, bytes */
    closureSize: number;
    releaseName?: string;
    products: readonly BuildProduct[];
    metrics: readonly BuildMetric[];
    failedStep?: FailedStep;
    /** infrastructure's message, for status aborted and unsupported */
    error?: string;
  }
>;
/** Somebody did not want the build any more. */
export type BuildCancelled = Event<'BuildCancelled', { buildId: number; run: number; cancelledAtMs: number }>;
/** A finished build is queued again; `drvPath` where another derivation makes the same output. */
export type BuildRestarted = Event<
  'BuildRestarted',
  { buildId: number; run: number; drvPath?: string; restartedAt: string }
>;
/** The outputs are rooted until `BuildUnkept`. */
export type BuildKept = Event<'BuildKept', { buildId: number }>;
/** The outputs are no longer rooted for their own sake. */
export type BuildUnkept = Event<'BuildUnkept', { buildId: number }>;

export type BuildEvent =
  BuildQueued | BuildBumped | BuildFinished | BuildCancelled | BuildRestarted | BuildKept | BuildUnkept;

/** Stream of a build. */
export const buildStream = (buildId: number): string => `build-${buildId}`;

export const buildVersions: Readonly<Record<BuildEvent['type'], TypeVersions>> = {
  BuildQueued: FIRST,
  BuildBumped: FIRST,
  BuildFinished: FIRST,
  BuildCancelled: FIRST,
  BuildRestarted: FIRST,
  BuildKept: FIRST,
  BuildUnkept: FIRST,
};
