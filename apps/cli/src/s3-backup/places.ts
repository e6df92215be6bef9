import { type Bucket, openBucket } from '#binary-cache';
import { type BackupTarget, targetKey } from '#domain';
import type { Config, Logger, S3BackupConfig } from '#runtime';
import { BadInputError } from '../errors.js';

/** A place of the configuration that builds are copied to. */
export type Place = Readonly<{
  target: BackupTarget;
  section: S3BackupConfig;
  /** Of every place in the same bucket. */
  prefixes: readonly string[];
}>;

export type PlaceFilter = Readonly<{ bucket?: string; prefix?: string }>;

/** The places that a command is about: all of the configuration, or those of a bucket, or of a prefix. Throws `BadInputError`. */
export const choosePlaces = (
  { s3backup, configFile }: Pick<Config, 's3backup' | 'configFile'>,
  { bucket, prefix }: PlaceFilter,
): readonly Place[] => {
  const places = new Map<string, Place>();
  for (const section of s3backup) {
    const target = { bucket: section.name, prefix: section.prefix };
    const prefixes = s3backup.filter(({ name }) => name === section.name).map((other) => other.prefix);
    // Of two sections for one place the first counts, as for the worker.
    if (!places.has(targetKey(target))) places.set(targetKey(target), { target, section, prefixes });
  }
  const chosen = [...places.values()].filter(
    ({ target }) =>
      (bucket === undefined || target.bucket === bucket) && (prefix === undefined || target.prefix === prefix),
  );
  if (chosen.length > 0) return chosen;
  if (places.size === 0) throw new BadInputError(`${configFile}: there is no [[s3backup]] section`);
  const asked = [bucket !== undefined && `--bucket ${bucket}`, prefix !== undefined && `--prefix '${prefix}'`];
  throw new BadInputError(`${asked.filter(Boolean).join(' ')}: no [[s3backup]] section of ${configFile} is for that`);
};

/** Opens a place's bucket, and closes it when `use` ends. */
export const withBucket = async <T>(
  { section }: Place,
  logger: Logger,
  use: (bucket: Bucket) => Promise<T>,
): Promise<T> => {
  const { name, endpoint, region, forcePathStyle } = section;
  const onRetry = (error: Error): void => logger.debug({ reason: error.message }, 'a request to S3 is repeated');
  const bucket = await openBucket({ name, endpoint, region, forcePathStyle, onRetry });
  try {
    return await use(bucket);
  } finally {
    bucket.close();
  }
};
