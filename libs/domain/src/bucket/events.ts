import { type BackupTarget, type Event, FIRST, type TypeVersions } from '../kernel/index.js';

/** A number of objects and their size. */
export type Amount = Readonly<{ objects: number; /** stored, as S3 lists them */ bytes: number }>;

/** A collection looked at every object below the prefix, and begins to delete what may go. */
export type GarbageCondemned = Event<
  'GarbageCondemned',
  {
    target: BackupTarget;
    /** of this collection, a UUID */
    collectionId: string;
    /** What stood below the prefix. */
    listed: Amount;
    /** What nothing needs, seen as such for the first time. */
    condemned: Amount;
    /** What was condemned before and is needed again. */
    resurrected: Amount;
    /** What no Iolaus put there, and is left alone because nobody said that it may go. */
    foreign: Amount;
    /** From here on such objects are garbage like all else: said once for a place without prefix. */
    deleteForeign: boolean;
    graceMs: number;
    startedAtMs: number;
    listedAtMs: number;
  }
>;

/** The collection came to its end. */
export type GarbageCollected = Event<
  'GarbageCollected',
  {
    target: BackupTarget;
    collectionId: string;
    deleted: Amount;
    /** What came to be needed between the listing and its deletion. */
    resurrected: Amount;
    /** What is condemned and waits for its time. */
    waiting: Amount;
    /** What stands below the prefix at the end, by the listing and what was deleted since. */
    left: Amount;
    startedAtMs: number;
    stoppedAtMs: number;
  }
>;

export type BucketEvent = GarbageCondemned | GarbageCollected;

/** Stream of all collections in a bucket, whatever their prefix. */
export const bucketStream = (bucket: string): string => `bucket-${bucket}`;

export const bucketVersions: Readonly<Record<BucketEvent['type'], TypeVersions>> = {
  GarbageCondemned: FIRST,
  GarbageCollected: FIRST,
};
