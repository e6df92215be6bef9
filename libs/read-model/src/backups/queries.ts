import { type Queryable, rows } from '../rows.js';

/** A build's copy in a bucket. Times are Unix milliseconds. */
export type BackupView = Readonly<{
  buildId: number;
  bucket: string;
  prefix: string;
  compression: string;
  status: 'requested' | 'completed' | 'failed';
  requestedAtMs: number;
  startedAtMs: number | null;
  stoppedAtMs: number | null;
  /** of the closure */
  paths: number;
  /** those that were not in the bucket before */
  uploadedPaths: number;
  narBytes: number;
  uploadedBytes: number;
  /** of a copy that was given up */
  attempts: number | null;
  error: string | null;
}>;

const BACKUP = `build_id as "buildId", bucket, prefix, compression, status, requested_at_ms as "requestedAtMs",
  started_at_ms as "startedAtMs", stopped_at_ms as "stoppedAtMs", paths, uploaded_paths as "uploadedPaths",
  nar_bytes as "narBytes", uploaded_bytes as "uploadedBytes", attempts, error from read_model.backups`;

/** A build's copies, by bucket and prefix. */
export const buildBackups = (db: Queryable, buildId: number): Promise<BackupView[]> =>
  rows(db, `select ${BACKUP} where build_id = $1 order by bucket, prefix`, [buildId]);

/** Copies that are asked for and not there, oldest build first. */
export const backupsPending = (db: Queryable, limit = 1000): Promise<BackupView[]> =>
  rows(db, `select ${BACKUP} where status = 'requested' order by build_id, bucket, prefix limit $1`, [limit]);

/** Copies that were given up: an operator releases them. */
export const backupsFailed = (db: Queryable, limit = 1000): Promise<BackupView[]> =>
  rows(db, `select ${BACKUP} where status = 'failed' order by build_id, bucket, prefix limit $1`, [limit]);
