import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Bucket, type Compression, createUploader, openBucket, type Uploader } from '#binary-cache';
import { type BackupTarget, targetKey } from '#domain';
import { type NixSettings, parseSecretKey, type SecretKey } from '#nix';
import type { Clock, Config, Logger, S3BackupConfig } from '#runtime';
import { targetOf } from './request-backups.js';

/** Uploaders by place and compression, made when they are first needed. */
export type Places = Readonly<{
  /** undefined: no section names the place any more. Throws `S3Error`. */
  uploader: (target: BackupTarget, compression: string) => Promise<Uploader | undefined>;
  close: () => void;
}>;

const readKey = async (section: S3BackupConfig, file: string): Promise<SecretKey> => {
  try {
    return parseSecretKey(await readFile(file, 'utf8'));
  } catch (error) {
    throw new Error(
      `[[s3backup]] ${section.name}: the signing key '${file}' cannot be used: ${(error as Error).message}`,
    );
  }
};

/** Reads the signing keys of all sections; throws, naming section and file, where one cannot be used. */
export const openPlaces = async (
  { s3backup, dataDir }: Pick<Config, 's3backup' | 'dataDir'>,
  nix: NixSettings,
  logger: Logger,
  clock: Clock,
  signal: AbortSignal,
): Promise<Places> => {
  const sections = new Map<string, Readonly<{ section: S3BackupConfig; signingKeys: readonly SecretKey[] }>>();
  for (const section of s3backup) {
    const { name, prefix, secretKeyFiles } = section;
    if (prefix !== '' && !prefix.endsWith('/'))
      logger.warn({ bucket: name, prefix }, "the prefix does not end with '/': Nix cannot substitute from there");
    const signingKeys = await Promise.all(secretKeyFiles.map((file) => readKey(section, file)));
    const key = targetKey(targetOf(section));
    sections.set(key, { section, signingKeys });
  }
  const buckets = new Map<string, Promise<Bucket>>();
  const uploaders = new Map<string, Uploader>();

  const bucketOf = (key: string, { name, endpoint, region, forcePathStyle }: S3BackupConfig): Promise<Bucket> => {
    const known = buckets.get(key);
    if (known) return known;
    const opened = openBucket({
      name,
      endpoint,
      region,
      forcePathStyle,
      signal,
      now: clock.now,
      onRetry: (error, attempt) =>
        logger.debug({ bucket: name, reason: error.message, attempt }, 'a request to S3 is repeated'),
    });
    buckets.set(key, opened);
    // The next one tries anew.
    opened.catch(() => buckets.delete(key));
    return opened;
  };

  return {
    uploader: async (target, compression) => {
      const key = targetKey(target);
      const place = sections.get(key);
      if (!place) return undefined;
      const bucket = await bucketOf(key, place.section);
      const id = `${compression} ${key}`;
      const uploader =
        uploaders.get(id) ??
        createUploader({
          nix,
          bucket,
          prefix: target.prefix,
          compression: compression as Compression,
          signingKeys: place.signingKeys,
          spoolDir: join(dataDir, 'tmp', 's3-backup'),
          onWarning: (error) => logger.warn({ err: error, bucket: target.bucket }, 'remains of a backup stay for now'),
        });
      uploaders.set(id, uploader);
      return uploader;
    },
    close: () => {
      for (const opened of buckets.values()) opened.then((bucket) => bucket.close()).catch(() => undefined);
    },
  };
};
