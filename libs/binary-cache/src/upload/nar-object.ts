import type { PathInfo } from '#nix';
import type { Bucket, ObjectInfo, UploadMemory } from '../s3/bucket.js';
import { S3Error } from '../s3/errors.js';
import type { PackedNar } from './pack.js';

/** A NAR as it stands in the bucket, verified. */
export type StoredNar = Readonly<{ compression: string; fileHash: string; fileSize: number; uploaded: boolean }>;

/** The path's bytes are not what the store says they are: `nix-store --verify-path` will agree. */
export class DamagedPathError extends Error {
  override readonly name = 'DamagedPathError';
}

/** The MD5 of the bytes, or, with a number, of the MD5s of so many parts: told apart by its shape. */
const CHECKSUM = /^[0-9a-f]{32}(-\d+)?$/;
const ATTEMPTS = 4;

/** Whether an ETag can be compared with what we made of the bytes, and differs. */
const contradicts = (etag: string, ours: string): boolean => {
  const [its, expected] = [CHECKSUM.exec(etag), CHECKSUM.exec(ours)];
  return its !== null && expected !== null && its[1] === expected[1] && etag !== ours;
};

/**
 * What the object says of itself, where that holds: it came with these bytes, whose MD5 the server checked, so a
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
  if (!opaqueEtag && md5 !== undefined && contradicts(etag, md5)) return undefined;
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
  memory: UploadMemory,
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
      const { body, fileHash, fileSize, sha256, etag: ours, parts } = packed;
      const metadata = {
        'nar-hash': info.narHash,
        'file-hash': fileHash,
        'file-size': String(fileSize),
        compression,
        md5: ours,
      };
      const putOptions = {
        contentType: 'application/x-nix-archive',
        md5: ours,
        sha256,
        metadata,
        ifStands: there ? { etag: there.etag } : ('absent' as const),
      };
      const { stored, etag } =
        parts && !Buffer.isBuffer(body)
          ? await bucket.putParts(key, body, parts, putOptions, memory)
          : await bucket.put(key, body, putOptions);
      // An equal MD5 in the answer is S3's word; else a HEAD tells what stands: another's NAR, an encrypted one, a wrong one. The
      // ETag of parts says nothing of the whole's size: a HEAD does.
      if (stored && etag === ours && !parts) return { compression, fileHash, fileSize, uploaded: true };
    }
    throw new S3Error(
      'transient',
      `s3://${bucket.name}/${key}: what stands there is not what was sent, ${ATTEMPTS} times over`,
    );
  } finally {
    await packed?.release();
  }
};
