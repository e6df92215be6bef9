import { type BackupTarget, type Event, FIRST, type TypeVersions } from '../kernel/index.js';

/** One path of a closure as it stands in the bucket. */
export type BackedUpPath = Readonly<{
  path: string;
  /** `sha256:` and nix base32, as in the narinfo */
  narHash: string;
  /** bytes */
  narSize: number;
  /** hash of the stored (compressed) bytes, as in the narinfo */
  fileHash: string;
  /** bytes */
  fileSize: number;
  /** key of the NAR, prefix included */
  key: string;
  /** false: it was in the bucket already */
  uploaded: boolean;
  /** name of the key that signed the narinfo, where one did */
  signedBy?: string;
}>;

/** A finished build is to be copied. */
export type BackupRequested = Event<'BackupRequested', { buildId: number; target: BackupTarget; compression: string }>;
/** The closure is in the bucket and can be substituted from. A large closure takes several events in one append. */
export type BackupCompleted = Event<
  'BackupCompleted',
  {
    buildId: number;
    target: BackupTarget;
    compression: string;
    /** from 1 */
    part: number;
    parts: number;
    paths: readonly BackedUpPath[];
    startedAtMs: number;
    stoppedAtMs: number;
  }
>;
/** The copy was given up; an operator releases it. */
export type BackupFailed = Event<
  'BackupFailed',
  { buildId: number; target: BackupTarget; error: string; attempts: number; failedAtMs: number }
>;

export type BackupEvent = BackupRequested | BackupCompleted | BackupFailed;

/** Stream of a build's copies. */
export const backupStream = (buildId: number): string => `backup-${buildId}`;

export const backupVersions: Readonly<Record<BackupEvent['type'], TypeVersions>> = {
  BackupRequested: FIRST,
  BackupCompleted: FIRST,
  BackupFailed: FIRST,
};
