import { type BackupTarget, type Command, type Decider, unreachable } from '../kernel/index.js';
import type { BackedUpPath, BackupEvent } from './events.js';

/** Paths in one `BackupCompleted`: about 100 KiB of JSON, well under the event limit. */
export const PATHS_PER_EVENT = 250;

export type BackupCommand =
  | Command<
      'RequestBackup',
      {
        buildId: number;
        target: BackupTarget;
        compression: string;
        /** Even if it was completed: objects may have been collected since. */
        again?: boolean;
      }
    >
  | Command<
      'CompleteBackup',
      {
        buildId: number;
        target: BackupTarget;
        compression: string;
        paths: readonly BackedUpPath[];
        startedAtMs: number;
        stoppedAtMs: number;
      }
    >
  | Command<
      'FailBackup',
      { buildId: number; target: BackupTarget; error: string; attempts: number; failedAtMs: number }
    >;

export type BackupRejection = 'backup-not-requested';

/** Status by target. */
export type BackupState = Readonly<Record<string, 'requested' | 'completed' | 'failed'>>;

/** A target as a key of the state: neither a bucket's name holds a slash. */
export const targetKey = ({ bucket, prefix }: BackupTarget): string => `${bucket}/${prefix}`;

export const backup: Decider<BackupState, BackupCommand, BackupEvent, BackupRejection> = {
  initial: {},
  decide: ({ type, data }, state) => {
    const status = state[targetKey(data.target)];
    switch (type) {
      case 'RequestBackup': {
        const { again = false, ...request } = data;
        // Asked again after a failure: an operator released it. Asked again otherwise: known already.
        const isNews = status === undefined || status === 'failed' || (status === 'completed' && again);
        return isNews ? [{ type: 'BackupRequested', data: request }] : [];
      }
      case 'CompleteBackup': {
        if (status === 'completed') return [];
        if (status === undefined) return { rejected: 'backup-not-requested' };
        const parts = Math.max(1, Math.ceil(data.paths.length / PATHS_PER_EVENT));
        return Array.from({ length: parts }, (_, i) => ({
          type: 'BackupCompleted' as const,
          data: {
            ...data,
            part: i + 1,
            parts,
            paths: data.paths.slice(i * PATHS_PER_EVENT, (i + 1) * PATHS_PER_EVENT),
          },
        }));
      }
      case 'FailBackup':
        if (status === undefined) return { rejected: 'backup-not-requested' };
        return status === 'requested' ? [{ type: 'BackupFailed', data }] : [];
      default:
        return unreachable(type);
    }
  },
  evolve: (state, { type, data }) => {
    const set = (status: BackupState[string]): BackupState => ({ ...state, [targetKey(data.target)]: status });
    switch (type) {
      case 'BackupRequested':
        return set('requested');
      case 'BackupCompleted':
        return set('completed');
      case 'BackupFailed':
        return set('failed');
      default:
        return unreachable(type);
    }
  },
};
