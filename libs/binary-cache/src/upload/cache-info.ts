import { createHash } from 'node:crypto';
import { nixCacheInfo } from '#nix';
import type { Bucket } from '../s3/bucket.js';
import { S3Error } from '../s3/errors.js';

const md5 = (bytes: Buffer): string => createHash('md5').update(bytes).digest('hex');

/** Stores a small text and makes sure that S3 says so. Throws `S3Error`. */
export const putText = async (
  bucket: Bucket,
  key: string,
  text: string,
  contentType: string,
  ifStands?: 'absent',
): Promise<void> => {
  const body = Buffer.from(text, 'latin1');
  const hash = md5(body);
  const { stored, etag } = await bucket.put(key, body, { contentType, md5: hash, ...(ifStands && { ifStands }) });
  if (!stored || etag === hash) return;
  const there = await bucket.head(key);
  if (there?.size !== body.length || (!there.opaqueEtag && /^[0-9a-f]{32}$/.test(there.etag)))
    throw new S3Error('transient', `s3://${bucket.name}/${key}: what stands there is not what was sent`);
};

/**
 * Puts `nix-cache-info`, without which Nix takes the place for no cache, if there is none; never changes one. Throws where the
 * one that stands is of another store directory: paths of two stores in one cache would be lies.
 */
export const ensureCacheInfo = async (bucket: Bucket, prefix: string, storeDir: string): Promise<void> => {
  const key = `${prefix}nix-cache-info`;
  const there = await bucket.get(key);
  if (!there) return putText(bucket, key, nixCacheInfo(storeDir), 'text/x-nix-cache-info', 'absent');
  const its = /^StoreDir: *(.*?) *$/m.exec(there.body.toString('latin1'))?.[1];
  if (its !== undefined && its !== storeDir)
    throw new S3Error(
      'refused',
      `s3://${bucket.name}/${key} is of the store ${its}, not ${storeDir}: use another bucket or prefix`,
    );
};
