import { type Command, type Decider, unreachable } from '../kernel/index.js';
import type { BuildStepCompleted, BuildStepStarted, StepEvent } from './events.js';

export type StepCommand =
  | Command<'StartStep', BuildStepStarted['data']>
  | Command<'CompleteStep', BuildStepCompleted['data']>
  | Command<'ClearCachedFailure', { drvPath: string }>;

export type StepRejection = 'step-running' | 'step-not-running' | 'attempt-out-of-order' | 'cached-failure';

export type StepState = Readonly<{
  /** attempts begun so far */
  attempts: number;
  running?: BuildStepStarted['data'];
  /** how the failure that is remembered ended */
  cachedFailure?: BuildStepCompleted['data'];
  /** retryable failures in a row, interruptions not counted */
  tries: number;
}>;

export const step: Decider<StepState, StepCommand, StepEvent, StepRejection> = {
  initial: { attempts: 0, tries: 0 },
  decide: ({ type, data }, state) => {
    switch (type) {
      case 'StartStep':
        if (state.running) return { rejected: 'step-running' };
        if (state.cachedFailure) return { rejected: 'cached-failure' };
        if (data.attempt !== state.attempts + 1) return { rejected: 'attempt-out-of-order' };
        return [{ type: 'BuildStepStarted', data }];
      case 'CompleteStep':
        // Reported again after a lost connection.
        if (!state.running && data.attempt <= state.attempts) return [];
        if (state.running?.attempt !== data.attempt) return { rejected: 'step-not-running' };
        return [{ type: 'BuildStepCompleted', data }];
      case 'ClearCachedFailure':
        return state.cachedFailure ? [{ type: 'CachedFailureCleared', data }] : [];
      default:
        return unreachable(type);
    }
  },
  evolve: (state, event) => {
    switch (event.type) {
      case 'BuildStepStarted':
        return { ...state, attempts: event.data.attempt, running: event.data };
      case 'BuildStepCompleted': {
        const { cachesFailure, interrupted, retryAtMs } = event.data;
        const tries = interrupted ? state.tries : retryAtMs === undefined ? 0 : state.tries + 1;
        return { attempts: state.attempts, tries, ...(cachesFailure ? { cachedFailure: event.data } : {}) };
      }
      case 'CachedFailureCleared': {
        const { attempts, tries, running } = state;
        return { attempts, tries, ...(running ? { running } : {}) };
      }
      default:
        return unreachable(event);
    }
  },
};
