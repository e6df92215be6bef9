import { createParkedEvents, type ParkedEvent } from '#coordination';
import {
  type BackupPlace,
  backupPlaces,
  type BucketDay,
  bucketCollections,
  bucketHistory,
  bucketPlaces,
  type CollectionView,
  lastCollection,
  type ParkedUpload,
  parkedUploads,
} from '#read-model';
import type { S3BackupConfig } from '#runtime';
import type { Reader } from '../queries/reader.js';
import type { ApiDependencies } from '../tokens.js';

/** The consumer that asks for backups of finished builds, as its parked events call it. */
export const REQUESTS = 's3-backup-requests';

/** A place that builds are or were copied to. `section`: as it is configured now; undefined: no section names it any more. */
export type Place = BackupPlace & Readonly<{ section: S3BackupConfig | undefined; last: CollectionView | undefined }>;

/** A place with all that its page shows. */
export type PlaceDetails = Place &
  Readonly<{
    history: readonly BucketDay[];
    collections: readonly CollectionView[];
    parked: readonly ParkedUpload[];
  }>;

const NOTHING = {
  completed: 0,
  requested: 0,
  failed: 0,
  uploadedPaths: 0,
  uploadedBytes: 0,
  oldestRequestedAtMs: null,
  lastCompletedAtMs: null,
} as const;

const keyOf = ({ bucket, prefix }: Readonly<{ bucket: string; prefix: string }>): string => `${bucket}/${prefix}`;

type Deps = Pick<ApiDependencies, 'config'>;

/** The section of a place; undefined: none names it. Two of one place: the first, as for uploads. */
export const sectionOf = (
  { config }: Deps,
  { bucket, prefix }: Readonly<{ bucket: string; prefix: string }>,
): S3BackupConfig | undefined => config.s3backup.find((each) => each.name === bucket && each.prefix === prefix);

/** All places, of one bucket or of all: those that are configured, and those that something was put into. */
export const findPlaces = async (reader: Reader, deps: Deps, bucket?: string): Promise<readonly Place[]> => {
  const [counted, known] = await Promise.all([
    reader.ask((db) => backupPlaces(db, bucket)),
    reader.ask((db) => bucketPlaces(db)),
  ]);
  const found = new Map<string, BackupPlace>();
  const configured = deps.config.s3backup.map(({ name, prefix }) => ({ bucket: name, prefix }));
  for (const place of [...configured, ...known])
    if (bucket === undefined || place.bucket === bucket) found.set(keyOf(place), { ...place, ...NOTHING });
  for (const place of counted) found.set(keyOf(place), place);
  const places = [...found.values()].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  return Promise.all(
    places.map(async (place) => ({
      ...place,
      section: sectionOf(deps, place),
      last: await reader.ask((db) => lastCollection(db, place)),
    })),
  );
};

/** What the page of a place shows beside. */
export const detailsOf = async (
  reader: Reader,
  place: Place,
  { days, nowMs }: Readonly<{ days: number; nowMs: number }>,
): Promise<PlaceDetails> => {
  const [history, collections, parked] = await Promise.all([
    reader.ask((db) => bucketHistory(db, place, { days, nowMs })),
    reader.ask((db) => bucketCollections(db, place, 20)),
    reader.ask((db) => parkedUploads(db, place.bucket, { prefix: place.prefix })),
  ]);
  return { ...place, history, collections, parked };
};

/** Finished builds whose backup could not even be asked for. */
export const parkedRequests = ({ database }: Pick<ApiDependencies, 'database'>): Promise<ParkedEvent[]> =>
  createParkedEvents(database).list(REQUESTS);
