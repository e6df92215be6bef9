import { type Command, type Decider, unreachable } from '../kernel/index.js';
import type { BuildEvent, BuildFinished, BuildQueued } from './events.js';

export type BuildCommand =
  | Command<'QueueBuild', Omit<BuildQueued['data'], 'queuedAt'>>
  | Command<'BumpBuild', Record<never, never>>
  | Command<'FinishBuild', BuildFinished['data']>
  | Command<'CancelBuild', Record<never, never>>
  | Command<'RestartBuild', { drvPath?: string }>
  | Command<'KeepBuild', Record<never, never>>
  | Command<'UnkeepBuild', Record<never, never>>;

export type BuildRejection = 'build-absent' | 'build-finished' | 'build-not-finished';

export type BuildState = Readonly<{
  status: 'absent' | 'queued' | 'finished';
  buildId: number;
  /** how often it was queued before */
  run: number;
  kept: boolean;
  globalPriority: number;
  drvPath: string;
}>;

/** Milliseconds since the epoch of an ISO 8601 time. */
const ms = (at: string): number => Date.parse(at);

export const build: Decider<BuildState, BuildCommand, BuildEvent, BuildRejection> = {
  initial: { status: 'absent', buildId: 0, run: 0, kept: false, globalPriority: 0, drvPath: '' },
  decide: ({ type, data, at }, state) => {
    const { status, buildId, run } = state;
    // Queued once by whoever comes first: the process that queues an evaluation's builds may run again.
    if (type === 'QueueBuild')
      return status === 'absent' ? [{ type: 'BuildQueued', data: { ...data, queuedAt: at } }] : [];
    if (status === 'absent') return { rejected: 'build-absent' };
    switch (type) {
      case 'FinishBuild':
        // A report again after a lost connection, or of a run before a cancel and a restart: no error, no second event.
        return status === 'finished' || data.run !== run ? [] : [{ type: 'BuildFinished', data }];
      case 'CancelBuild':
        if (status === 'finished') return { rejected: 'build-finished' };
        return [{ type: 'BuildCancelled', data: { buildId, run, cancelledAtMs: ms(at) } }];
      case 'RestartBuild':
        if (status !== 'finished') return { rejected: 'build-not-finished' };
        return [{ type: 'BuildRestarted', data: { buildId, run: run + 1, restartedAt: at, ...data } }];
      case 'BumpBuild': {
        if (status === 'finished') return { rejected: 'build-finished' };
        const globalPriority = Math.floor(ms(at) / 1000);
        return globalPriority === state.globalPriority
          ? []
          : [{ type: 'BuildBumped', data: { buildId, globalPriority } }];
      }
      case 'KeepBuild':
        if (status !== 'finished') return { rejected: 'build-not-finished' };
        return state.kept ? [] : [{ type: 'BuildKept', data: { buildId } }];
      case 'UnkeepBuild':
        return state.kept ? [{ type: 'BuildUnkept', data: { buildId } }] : [];
      default:
        return unreachable(type);
    }
  },
  evolve: (state, event) => {
    switch (event.type) {
      case 'BuildQueued':
        return { ...state, status: 'queued', buildId: event.data.buildId, drvPath: event.data.drvPath };
      case 'BuildBumped':
        return { ...state, globalPriority: event.data.globalPriority };
      case 'BuildFinished':
      case 'BuildCancelled':
        return { ...state, status: 'finished' };
      case 'BuildRestarted':
        return { ...state, status: 'queued', run: event.data.run, drvPath: event.data.drvPath ?? state.drvPath };
      case 'BuildKept':
        return { ...state, kept: true };
      case 'BuildUnkept':
        return { ...state, kept: false };
      default:
        return unreachable(event);
    }
  },
};
