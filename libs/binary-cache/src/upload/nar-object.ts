import type { PathInfo } from '#nix';
import type { Bucket, ObjectInfo } from '../s3/bucket.js';
import { S3Error } from '../s3/errors.js';
import type { PackedNar } from './pack.js';

/** A NAR as it stands in the bucket, verified. */
export type StoredNar = Readonly<{ compression: string; fileHash: string; fileSize: number; uploaded: boolean }>;

/** The path's bytes are not what the store says they are: `nix-store --verify-path` will agree. */
export class DamagedPathError extends Error {
  override readonly name = 'DamagedPathError';
}

const MD5 = /^[0-9a-f]{32}$/;
const ATTEMPTS = 4;

/**
 * What the object says of itself, where that holds: it came in one PUT with these bytes, whose MD5 the server checked, so a
 * NAR that a crash or another uploader left without narinfo can be told from a wrong one without fetching it.
 */
const standing = (
  { size, etag, metadata, opaqueEtag }: ObjectInfo,
  info: PathInfo,
): Omit<StoredNar, 'uploaded'> | undefined => {
  const { compression, md5 } = metadata;
  const [narHash, fileHash] = [metadata['nar-hash'], metadata['file-hash']];
  if (narHash !== info.narHash || compression === undefined || fileHash === undefined) return undefined;
  if (metadata['file-size'] !== String(size)) return undefined;
  if (!opaqueEtag && MD5.test(etag) && etag !== md5) return undefined;
  return { compression, fileHash, fileSize: size };
};

/**
 * Brings a NAR into the bucket, or takes the good one that stands there, and answers only once S3's own word on the stored
 * bytes agrees with what was sent. What stands is replaced only if it is wrong; on servers with conditional requests not even two
 * uploaders with different compressors can exchange a NAR under a narinfo.
 */
export const storeNar = async (
  bucket: Bucket,
  key: string,
  info: PathInfo,
  compression: string,
  pack: () => Promise<PackedNar>,
  mayStand: boolean,
): Promise<StoredNar> => {
  let packed: PackedNar | undefined;
  try {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const there = mayStand || attempt > 1 ? await bucket.head(key) : undefined;
      const good = there && standing(there, info);
      if (good) return { ...good, uploaded: packed !== undefined };
      packed ??= await pack();
      if (packed.narHash !== info.narHash || packed.narSize !== info.narSize)
        throw new DamagedPathError(
          `'${info.path}' is damaged in the store: its hash is ${packed.narHash} (${packed.narSize} bytes) instead of ${info.narHash} (${info.narSize})`,
        );
      const { fileHash, fileSize, md5 } = packed;
      const metadata = {
        'nar-hash': info.narHash,
        'file-hash': fileHash,
        'file-size': String(fileSize),
        compression,
        md5,
      };
      const { stored, etag } = await bucket.put(key, packed.body, {
        contentType: 'application/x-nix-archive',
        md5,
        metadata,
        ifStands: there ? { etag: there.etag } : 'absent',
      });
      // An equal MD5 in the answer is S3's word; else a HEAD tells what stands: another's NAR, an encrypted one, a wrong one.
      if (stored && etag === md5) return { compression, fileHash, fileSize, uploaded: true };
    }
    throw new S3Error(
      'transient',
      `s3://${bucket.name}/${key}: what stands there is not what was sent, ${ATTEMPTS} times over`,
    );
  } finally {
    await packed?.release();
  }
};
