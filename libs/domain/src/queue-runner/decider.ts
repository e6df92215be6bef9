import { type Command, type Decider, unreachable } from '../kernel/index.js';
import type { BuildStepsFound, DispatchWithdrawn, QueueRunnerEvent, QueueRunnerStarted } from './events.js';

export type QueueRunnerCommand =
  | Command<'StartQueueRunner', QueueRunnerStarted['data']>
  | Command<'RecordSteps', BuildStepsFound['data']>
  | Command<'WithdrawDispatch', DispatchWithdrawn['data']>;

export type QueueRunnerRejection = 'term-started' | 'term-not-started';

export type QueueRunnerState = Readonly<{ started: boolean }>;

/** A term is begun once, and only it finds steps. */
export const queueRunner: Decider<QueueRunnerState, QueueRunnerCommand, QueueRunnerEvent, QueueRunnerRejection> = {
  initial: { started: false },
  decide: ({ type, data }, { started }) => {
    switch (type) {
      case 'StartQueueRunner':
        return started ? { rejected: 'term-started' } : [{ type: 'QueueRunnerStarted', data }];
      case 'RecordSteps':
        return started ? [{ type: 'BuildStepsFound', data }] : { rejected: 'term-not-started' };
      case 'WithdrawDispatch':
        return started ? [{ type: 'DispatchWithdrawn', data }] : { rejected: 'term-not-started' };
      default:
        return unreachable(type);
    }
  },
  evolve: (state, { type }) => (type === 'QueueRunnerStarted' ? { started: true } : state),
};
