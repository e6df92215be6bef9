import type { BackupTarget } from '#domain';
import { firstRow, type Queryable, rows } from '../rows.js';

/** A garbage collection. Times are Unix milliseconds, sizes are bytes; narinfos count as objects too. */
export type CollectionView = Readonly<{
  collectionId: string;
  bucket: string;
  prefix: string;
  graceMs: number;
  startedAtMs: number;
  /** null: it runs, or was killed */
  stoppedAtMs: number | null;
  /** what stood below the prefix when it began */
  listed: number;
  listedBytes: number;
  condemned: number;
  condemnedBytes: number;
  /** what is needed again */
  resurrected: number;
  resurrectedBytes: number;
  /** what is not ours and was left alone */
  foreign: number;
  foreignBytes: number;
  deleted: number;
  deletedBytes: number;
  /** what was condemned and waits for its time; null until it stopped, as are the next ones */
  waiting: number | null;
  waitingBytes: number | null;
  left: number | null;
  leftBytes: number | null;
}>;

const COLLECTION = `collection_id as "collectionId", bucket, prefix, grace_ms as "graceMs", started_at_ms as "startedAtMs",
  stopped_at_ms as "stoppedAtMs", listed, listed_bytes as "listedBytes", condemned, condemned_bytes as "condemnedBytes",
  resurrected, resurrected_bytes as "resurrectedBytes", foreign_objects as "foreign", foreign_bytes as "foreignBytes",
  deleted, deleted_bytes as "deletedBytes", waiting, waiting_bytes as "waitingBytes", left_objects as "left",
  left_bytes as "leftBytes"
  from read_model.bucket_collections where bucket = $1 and prefix = $2`;

/** The newest collection that came to its end. */
export const lastCollection = (db: Queryable, { bucket, prefix }: BackupTarget): Promise<CollectionView | undefined> =>
  firstRow(
    db,
    `select ${COLLECTION} and stopped_at_ms is not null order by started_at_ms desc, collection_id desc limit 1`,
    [bucket, prefix],
  );

/** Collections, newest first; one without `stoppedAtMs` runs or was killed. */
export const bucketCollections = (
  db: Queryable,
  { bucket, prefix }: BackupTarget,
  limit = 50,
): Promise<CollectionView[]> =>
  rows(db, `select ${COLLECTION} order by started_at_ms desc, collection_id desc limit $3`, [bucket, prefix, limit]);

/** A day (UTC) of a place. Bytes are of what was stored. */
export type BucketDay = Readonly<{
  /** `2026-01-31` */
  day: string;
  uploaded: number;
  uploadedBytes: number;
  deleted: number;
  deletedBytes: number;
  /**
   * What stood there at the end of the day: what the last collection before left, and the NARs that were uploaded since
   * (their narinfos, under 1 KiB each, are counted from the next collection on); all uploads where there was none.
   */
  bytes: number;
}>;

/**
 * The last days of a place, oldest first, the day of `nowMs` last; days before anything happened are there too. Costs what the days with
 * uploads are, and the uploads of the days of collections.
 */
export const bucketHistory = (
  db: Queryable,
  { bucket, prefix }: BackupTarget,
  { days = 90, nowMs }: Readonly<{ days?: number; nowMs: number }>,
): Promise<BucketDay[]> =>
  rows(
    db,
    `select to_char(to_timestamp(d.day * 86400) at time zone 'UTC', 'YYYY-MM-DD') as day, coalesce(u.objects, 0) as uploaded,
            coalesce(u.bytes, 0) as "uploadedBytes", c.deleted, c.deleted_bytes as "deletedBytes",
            coalesce(l.left_bytes, 0) + coalesce(s.bytes, 0) + coalesce(o.bytes, 0) as bytes
     from (select $4::bigint - n as day from generate_series(0, $3::int - 1) n) d
     left join read_model.bucket_days u on u.bucket = $1 and u.prefix = $2 and u.day = d.day
     cross join lateral (
       select coalesce(sum(deleted), 0) as deleted, coalesce(sum(deleted_bytes), 0) as deleted_bytes
       from read_model.bucket_collections
       where bucket = $1 and prefix = $2 and stopped_at_ms >= d.day * 86400000 and stopped_at_ms < (d.day + 1) * 86400000) c
     left join lateral (
       select left_bytes, listed_at_ms, listed_at_ms / 86400000 as day from read_model.bucket_collections
       where bucket = $1 and prefix = $2 and stopped_at_ms < (d.day + 1) * 86400000
       order by started_at_ms desc limit 1) l on true
     -- whole days after that of the listing
     cross join lateral (
       select sum(bytes) as bytes from read_model.bucket_days
       where bucket = $1 and prefix = $2 and day > coalesce(l.day, -1) and day <= d.day) s
     -- and its rest
     left join lateral (
       select sum(bytes) as bytes from read_model.bucket_uploads
       where bucket = $1 and prefix = $2 and stopped_at_ms > l.listed_at_ms and stopped_at_ms < (l.day + 1) * 86400000) o
       on l.day is not null
     order by d.day`,
    [bucket, prefix, days, Math.floor(nowMs / 86_400_000)],
  );

/** Every place that was ever backed up to or collected. */
export const bucketPlaces = (db: Queryable): Promise<BackupTarget[]> =>
  rows(
    db,
    `select bucket, prefix from read_model.bucket_days union select bucket, prefix from read_model.bucket_collections
     order by bucket, prefix`,
  );

/** Builds whose copy to a place was asked for and did not end, and the place in the log up to which that is known. */
export type OpenBackups = Readonly<{ position: bigint; buildIds: readonly number[] }>;

/** The open copies by the read model; undefined where there is none yet, so that all of the log must be asked. */
export const openBackups = async (
  db: Queryable,
  { bucket, prefix }: BackupTarget,
): Promise<OpenBackups | undefined> => {
  const { rows: there } = await db.query(`select to_regclass('read_model.backups') is not null as there`);
  if (!there[0]!['there']) return undefined;
  // One statement: the projector writes rows and checkpoint in one transaction.
  const found = await firstRow<{ position: string; buildIds: number[] }>(
    db,
    `select position::text as position, coalesce((select json_agg(build_id order by build_id) from read_model.backups
       where bucket = $1 and prefix = $2 and status = 'requested'), '[]'::json) as "buildIds"
     from read_model.checkpoints where projection = 'backups'`,
    [bucket, prefix],
  );
  return found && { position: BigInt(found.position), buildIds: found.buildIds };
};
