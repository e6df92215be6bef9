import { type Dispatch, type Event, FIRST, type TypeVersions } from '../kernel/index.js';

/**
 * A derivation that must be built, as it was found in the store. Keys that say nothing are left out: there may be very many.
 * One that is listed a second time in a finding has more inputs than an event holds: these are the rest of them.
 */
export type FoundStep = Readonly<{
  drvPath: string;
  system: string;
  /** required system features, where there are any */
  features?: readonly string[];
  preferLocalBuild?: true;
  /** derivations that must be built before it: an index into `steps` of the same finding (all its parts), or a path */
  inputs: readonly (number | string)[];
  /** Unix milliseconds before which it is not tried again */
  retryAtMs?: number;
}>;

/**
 * A worker leads from here on: it has heard everything before this event, and its graph is empty until it finds the steps of
 * what is queued. `term` names its stream.
 */
export type QueueRunnerStarted = Event<
  'QueueRunnerStarted',
  {
    /** UUID */
    term: string;
    /** name of the policy that ranks jobsets */
    policy: string;
    windowMs: number;
    /** most credit for idleness under the policy `clamped`, machine time at 100 shares */
    clampCreditMs: number;
    /** Unix milliseconds */
    startedAtMs: number;
  }
>;
/**
 * A build entered the graph of steps, with those of its steps that were not in it yet. With the starts and ends of attempts it
 * is all that a choice depends on, so that every choice can be made again from the log.
 */
export type BuildStepsFound = Event<
  'BuildStepsFound',
  {
    term: string;
    buildId: number;
    jobsetId: number;
    /** derivation of the build's top step */
    drvPath: string;
    /** Unix seconds of its last bump; 0: never bumped */
    globalPriority: number;
    localPriority: number;
    /** number of the term's newest choice before it; 0: none */
    nr: number;
    /** id of the newest event of somebody else that the queue runner had heard */
    seen: string;
    /** Unix milliseconds */
    foundAtMs: number;
    steps: readonly FoundStep[];
    /** more of its steps follow in the next event: the build enters with the last one */
    more: boolean;
  }
>;
/**
 * A choice came to nothing: the log knew better. The step may be chosen again. Until now it counted as started, so it is told
 * as its start would have been.
 */
export type DispatchWithdrawn = Event<
  'DispatchWithdrawn',
  {
    term: string;
    /** of the choice */
    nr: number;
    drvPath: string;
    attempt: number;
    jobsetIds: readonly number[];
    system: string;
    machine: string;
    /** Unix milliseconds: the moment of the choice */
    startedAtMs: number;
    dispatch: Dispatch;
  }
>;

export type QueueRunnerEvent = QueueRunnerStarted | BuildStepsFound | DispatchWithdrawn;

/** Stream of one term of a queue runner as leader. */
export const queueRunnerStream = (term: string): string => `queue-runner-${term}`;

export const queueRunnerVersions: Readonly<Record<QueueRunnerEvent['type'], TypeVersions>> = {
  QueueRunnerStarted: FIRST,
  BuildStepsFound: FIRST,
  DispatchWithdrawn: FIRST,
};
