import { type Dispatch, type Event, FIRST, type StepStatus, type TypeVersions } from '../kernel/index.js';

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
    /** what its charges were made on; absent in logs of before it was recorded */
    basis?: Readonly<{
      /** UUID of the queue runner's term */
      term: string;
      /** number of the term's newest choice before it; 0: none */
      nr: number;
      /** id of the newest event of somebody else that the queue runner had heard */
      seen: string;
    }>;
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
