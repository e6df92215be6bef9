import { type Command, type Decider, unreachable } from '../kernel/index.js';
import type { EvaluationEvent, FoundJob, JobError } from './events.js';

export type EvaluationCommand =
  /** `chunk` counts from 0 over both kinds, so that a repeated report is known as such. */
  | Command<'RecordJobs', { evaluationId: number; jobsetId: number; chunk: number; jobs: readonly FoundJob[] }>
  | Command<'RecordErrors', { evaluationId: number; jobsetId: number; chunk: number; errors: readonly JobError[] }>
  | Command<'ReleaseEvaluation', { evaluationId: number; name: string }>
  | Command<'RevokeRelease', { evaluationId: number }>;

export type EvaluationRejection =
  'chunk-out-of-order' | 'evaluation-absent' | 'already-released' | 'not-released' | 'invalid-name';

export type EvaluationState = Readonly<{ /** chunks recorded so far */ chunks: number; release?: string }>;

const RELEASE_NAME = /^[A-Za-z0-9.@:_-]{1,255}$/;

export const evaluation: Decider<EvaluationState, EvaluationCommand, EvaluationEvent, EvaluationRejection> = {
  initial: { chunks: 0 },
  decide: (command, state) => {
    switch (command.type) {
      case 'RecordJobs':
      case 'RecordErrors':
        if (command.data.chunk < state.chunks) return [];
        if (command.data.chunk > state.chunks) return { rejected: 'chunk-out-of-order' };
        return [
          command.type === 'RecordJobs'
            ? { type: 'EvaluationJobsFound', data: command.data }
            : { type: 'EvaluationErrorsFound', data: command.data },
        ];
      case 'ReleaseEvaluation': {
        const { evaluationId, name } = command.data;
        if (state.chunks === 0) return { rejected: 'evaluation-absent' };
        if (!RELEASE_NAME.test(name))
          return {
            rejected: 'invalid-name',
            field: 'name',
            detail: 'must be 1 to 255 of letters, digits and . @ : _ -',
          };
        if (state.release === name) return [];
        if (state.release !== undefined) return { rejected: 'already-released' };
        return [{ type: 'EvaluationReleased', data: { evaluationId, name, releasedAt: command.at } }];
      }
      case 'RevokeRelease':
        if (state.release === undefined) return { rejected: 'not-released' };
        return [
          {
            type: 'ReleaseRevoked',
            data: { evaluationId: command.data.evaluationId, name: state.release, revokedAt: command.at },
          },
        ];
      default:
        return unreachable(command);
    }
  },
  evolve: (state, event) => {
    switch (event.type) {
      case 'EvaluationJobsFound':
      case 'EvaluationErrorsFound':
        return { ...state, chunks: event.data.chunk + 1 };
      case 'EvaluationReleased':
        return { ...state, release: event.data.name };
      case 'ReleaseRevoked':
        return { chunks: state.chunks };
      default:
        return unreachable(event);
    }
  },
};
