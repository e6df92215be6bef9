import {
  type BuildStatus,
  type BuildStepCompleted,
  type Decider,
  step,
  type StepCommand,
  type StepEvent,
  type StepRejection,
  type StepState,
  type StepStatus,
} from '#domain';
import type { BuildOutcome } from '#nix';
import type { RunnerOptions } from './options.js';

type Completed = BuildStepCompleted['data'];

/** A step's state, and its last attempt that came to an end: a crash may have left builds that did not hear of it. */
export type StepHistory = StepState &
  Readonly<{
    last?: Completed;
    /** of its end in the log; undefined: we just wrote it, it is the newest */ lastPosition?: bigint;
  }>;

/** The domain's decider, remembering the last attempt. Events that come from the log carry their position. */
export const stepHistory: Decider<StepHistory, StepCommand, StepEvent, StepRejection> = {
  initial: step.initial,
  decide: step.decide,
  evolve: (state, event) => {
    const next = step.evolve(state, event);
    if (event.type !== 'BuildStepCompleted')
      return { ...next, ...(state.last && { last: state.last, lastPosition: state.lastPosition }) };
    return { ...next, last: event.data, lastPosition: (event as { position?: bigint }).position };
  },
};

/** How an attempt ended, and what follows. */
export type Verdict = Readonly<{
  status: StepStatus;
  error: string;
  cachesFailure: boolean;
  /** the worker's end, not the step's */
  interrupted: boolean;
  retry: boolean;
}>;

/** Characters of Nix's message that are kept: it ends in events and on pages. */
const MAX_ERROR = 4000;

/** Nix's answer as the farm's (hydra-reference 5.4). `stopping`: a cancelled attempt was ended because the worker ends. */
export const judge = (
  outcome: Pick<BuildOutcome, 'kind' | 'message' | 'retryable' | 'outputs'>,
  { maxOutputBytes }: Pick<RunnerOptions, 'maxOutputBytes'>,
  stopping: boolean,
): Verdict => {
  const verdict = (status: StepStatus, more: Partial<Verdict> = {}): Verdict => ({
    status,
    error: outcome.message.slice(0, MAX_ERROR),
    cachesFailure: false,
    interrupted: false,
    retry: false,
    ...more,
  });
  switch (outcome.kind) {
    case 'succeeded':
    case 'already-valid': {
      const size = [...outcome.outputs.values()].reduce((sum, { narSize }) => sum + narSize, 0);
      if (maxOutputBytes === 0 || size <= maxOutputBytes) return verdict('succeeded', { error: '' });
      return verdict('nar-size-limit-exceeded', {
        error: `the outputs have ${size} bytes, ${maxOutputBytes} are allowed`,
      });
    }
    case 'failed':
      return verdict('failed', { cachesFailure: !outcome.retryable, retry: outcome.retryable });
    case 'timed-out':
      return verdict('timed-out');
    case 'log-limit-exceeded':
      return verdict('log-limit-exceeded');
    case 'not-deterministic':
      return verdict('not-deterministic', { cachesFailure: true });
    case 'misc-failure':
      return verdict('aborted', { retry: true });
    case 'cancelled':
      return stopping
        ? verdict('aborted', { error: 'the queue runner was stopped', interrupted: true })
        : verdict('cancelled', { error: '' });
  }
};

/**
 * The end of a derivation as a build that is queued since a position of the log has to take it. An attempt that ended while
 * the build was queued is its own end, as if the worker had not died in between; an older failure that is remembered is a
 * cached one. By positions, not by times: clocks of two hosts differ.
 */
export const endedSince = (
  { last, lastPosition, cachedFailure }: StepHistory,
  since: bigint,
): Readonly<{ completed: Completed; cached: boolean }> | undefined => {
  const final = last !== undefined && !last.interrupted && last.status !== 'cancelled' && last.retryAtMs === undefined;
  const newer = lastPosition === undefined || lastPosition > since;
  if (final && newer && (last.status === 'succeeded' || !last.cachesFailure || cachedFailure))
    return { completed: last, cached: false };
  return cachedFailure && { completed: cachedFailure, cached: true };
};

/** What a failed step makes of a build (hydra-reference 5.6): `own` where the step is the build's top. */
export const buildStatusOf = (status: StepStatus, own: boolean): BuildStatus => {
  const plain = status === 'failed' || status === 'cached-failure';
  if (!plain) return status;
  return own ? 'failed' : 'dependency-failed';
};

/** Wait before the next attempt after `tries` retryable failures in a row, this one not counted; undefined: no more. */
export const retryDelayMs = (tries: number, { attempts, retryMs, retryFactor }: RunnerOptions): number | undefined =>
  tries + 1 < attempts ? Math.round(retryMs * retryFactor ** tries) : undefined;
