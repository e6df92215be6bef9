import { type Event, FIRST, type StepStatus, type TypeVersions } from '../kernel/index.js';

/** The numbers that chose a step (DESIGN 3), most significant first: a replay can check the choice. */
export type Dispatch = Readonly<{
  /** name of the policy that ranked */
  policy: string;
  globalPriority: number;
  /** the jobset furthest below its share among those that want the step */
  jobsetId: number;
  /** machine time of that jobset inside the window, integer milliseconds */
  usedMs: number;
  shares: number;
  localPriority: number;
  /** number of required system features */
  features: number;
  /** number of steps that wait for this one */
  dependents: number;
  lowestBuildId: number;
  /** steps that were runnable at that moment, this one included */
  runnable: number;
  /** what the choice was made on, so that it can be made again; absent in logs of before it was recorded */
  basis?: DispatchBasis;
}>;

/** What a choice knew, beside the log up to it. */
export type DispatchBasis = Readonly<{
  /** UUID of the queue runner's term */
  term: string;
  /** number of the choice within the term, from 1 */
  nr: number;
  /** id of the newest event of somebody else that the queue runner had heard */
  seen: string;
  /** attempts that had given their slot back though their end was not in the log yet */
  finishing?: readonly Readonly<{ drvPath: string; attempt: number }>[];
  /** under the policy `clamped`: the virtual time of the farm after the choice, and the tag that ranked the jobset */
  clamp?: Readonly<{ virtual: number; tag: number }>;
}>;

/** A jobset's part of a step's machine time. */
export type Charge = Readonly<{
  jobsetId: number;
  /** integer milliseconds */
  ms: number;
  /** under the policy `clamped`: the jobset's tag after the charge */
  tag?: number;
}>;

/** The log of an attempt as the log store keeps it. */
export type StepLog = Readonly<{ key: string; bytes: number; /** hex */ sha256: string; truncated: boolean }>;

/** An attempt at a derivation began: the only one in the whole farm. */
export type BuildStepStarted = Event<
  'BuildStepStarted',
  {
    drvPath: string;
    /** counted from 1 over the derivation's whole life */
    attempt: number;
    /** the build whose history shows the attempt */
    buildId: number;
    /** jobsets that share its cost */
    jobsetIds: readonly number[];
    system: string;
    machine: string;
    slot: number;
    /** key of the live log in the log store */
    logKey: string;
    /** Unix milliseconds */
    startedAtMs: number;
    dispatch: Dispatch;
  }
>;
/** The attempt came to its end. */
export type BuildStepCompleted = Event<
  'BuildStepCompleted',
  {
    drvPath: string;
    attempt: number;
    buildId: number;
    machine: string;
    status: StepStatus;
    /** Unix milliseconds */
    startedAtMs: number;
    /** Unix milliseconds */
    stoppedAtMs: number;
    charges: readonly Charge[];
    log?: StepLog;
    error?: string;
    /** The failure is the derivation's own: whoever wants it fails without another attempt, until it is cleared. */
    cachesFailure: boolean;
    /** the worker died: found by its successor */
    interrupted: boolean;
    /** Unix milliseconds of the next attempt, where one follows */
    retryAtMs?: number;
  }
>;
/** The derivation's failure is forgotten: it may be tried again. */
export type CachedFailureCleared = Event<'CachedFailureCleared', { drvPath: string }>;

export type StepEvent = BuildStepStarted | BuildStepCompleted | CachedFailureCleared;

/** Stream of a derivation's attempts; `drvPath` is a store path, its base name makes the stream's name. */
export const stepStream = (drvPath: string): string => `step-${drvPath.slice(drvPath.lastIndexOf('/') + 1)}`;

export const stepVersions: Readonly<Record<StepEvent['type'], TypeVersions>> = {
  BuildStepStarted: FIRST,
  BuildStepCompleted: FIRST,
  CachedFailureCleared: FIRST,
};
