import { type Queryable, rows } from '../rows.js';
import type { BackupView } from './queries.js';

/** What was done for one place that builds are copied to. Times are Unix milliseconds, sizes bytes. */
export type BackupPlace = Readonly<{
  bucket: string;
  prefix: string;
  /** copies, by how they stand */
  completed: number;
  requested: number;
  failed: number;
  /** paths that were not there before, of all completed copies */
  uploadedPaths: number;
  uploadedBytes: number;
  /** of the longest waiting copy */
  oldestRequestedAtMs: number | null;
  lastCompletedAtMs: number | null;
}>;

/** Places that builds were copied to, by bucket and prefix; of one bucket, or of all. */
export const backupPlaces = (db: Queryable, bucket?: string): Promise<BackupPlace[]> =>
  rows(
    db,
    `select bucket, prefix, count(*) filter (where status = 'completed') as completed,
       count(*) filter (where status = 'requested') as requested, count(*) filter (where status = 'failed') as failed,
       sum(uploaded_paths) as "uploadedPaths", sum(uploaded_bytes) as "uploadedBytes",
       min(requested_at_ms) filter (where status = 'requested') as "oldestRequestedAtMs",
       max(stopped_at_ms) filter (where status = 'completed') as "lastCompletedAtMs"
     from read_model.backups where $1::text is null or bucket = $1 group by bucket, prefix order by bucket, prefix`,
    [bucket ?? null],
  );

/** A copy that was given up and waits to be released. */
export type ParkedUpload = Readonly<
  Pick<BackupView, 'buildId' | 'bucket' | 'prefix' | 'compression' | 'attempts' | 'error'> & {
    project: string;
    jobset: string;
    job: string;
    /** when it was given up */
    sinceMs: number;
  }
>;

/** Uploads to a bucket that were given up, oldest build first; of one prefix or build, or of all. */
export const parkedUploads = (
  db: Queryable,
  bucket: string,
  { prefix, buildId, limit = 200 }: Readonly<{ prefix?: string; buildId?: number; limit?: number }> = {},
): Promise<ParkedUpload[]> =>
  rows(
    db,
    `select k.build_id as "buildId", k.bucket, k.prefix, k.compression, k.attempts, k.error,
       coalesce(j.project, '') as project, coalesce(j.name, '') as jobset, coalesce(b.job, '') as job,
       coalesce(k.stopped_at_ms, k.requested_at_ms) as "sinceMs"
     from read_model.backups k
     left join read_model.builds b on b.id = k.build_id
     left join read_model.jobsets j on j.id = b.jobset_id
     where k.status = 'failed' and k.bucket = $1 and ($2::text is null or k.prefix = $2)
       and ($3::int is null or k.build_id = $3)
     order by k.build_id, k.prefix limit $4`,
    [bucket, prefix ?? null, buildId ?? null, limit],
  );
