import { createHash } from 'node:crypto';
import {
  COMPRESSORS,
  type Compressor,
  decompress,
  hashToBase32,
  type NarInfo,
  parseHash,
  parseNarInfo,
  storePathHash,
} from '#nix';
import type { Bucket } from '../s3/bucket.js';
import { S3Error } from '../s3/errors.js';
import { createLimit } from '../upload/limit.js';

/**
 * What is wrong with a path in a bucket. `narinfo`: it cannot be read, or stands at another path's key. `nar`: there is none, or its bytes
 * are not those that the narinfo names. `reference`: a path that it refers to has no narinfo.
 */
export type Fault = Readonly<{
  kind: 'narinfo' | 'nar' | 'reference';
  /** of the narinfo */
  key: string;
  /** Of the path that is to be uploaded anew; undefined where nothing says which. */
  path?: string;
  /** of the NAR, where that is wrong */
  narKey?: string;
  text: string;
}>;

export type VerifyOptions = Readonly<{
  bucket: Bucket;
  prefix: string;
  /** of the decompressors */
  env: Readonly<Record<string, string>>;
  signal: AbortSignal;
  /** NARs at once, default 4. */
  concurrency?: number;
  onProgress?: (progress: Readonly<{ done: number; total: number; bytes: number }>) => void;
}>;

export type Verified = Readonly<{ narinfos: number; bytes: number; faults: readonly Fault[] }>;

const ATTEMPTS = 3;
const NARINFO = /^([0-9a-df-np-sv-z]{32})\.narinfo$/;
const sha256 = (digest: Buffer): string => hashToBase32({ algo: 'sha256', bytes: digest });
const base32 = (hash: string): string => hashToBase32(parseHash(hash));

type Sums = Readonly<{ fileHash: string; fileSize: number; narHash: string; narSize: number }>;

/** Reads an object through its decompressor and hashes both sides; a text where it cannot be decompressed. */
const sumsOf = async (
  object: AsyncIterable<Buffer>,
  compression: string,
  options: Pick<VerifyOptions, 'env' | 'signal'>,
): Promise<Sums | string> => {
  const [file, nar] = [createHash('sha256'), createHash('sha256')];
  let [fileSize, narSize] = [0, 0];
  let broken: unknown;
  const counted = async function* (): AsyncGenerator<Buffer> {
    try {
      for await (const chunk of object) {
        options.signal.throwIfAborted();
        file.update(chunk);
        fileSize += chunk.length;
        yield chunk;
      }
    } catch (error) {
      broken = error;
      throw error;
    }
  };
  const known = (COMPRESSORS as readonly string[]).includes(compression);
  if (!known && compression !== 'none') return `compression '${compression}' is not known here`;
  try {
    for await (const chunk of known ? decompress(compression as Compressor, counted(), options) : counted()) {
      nar.update(chunk);
      narSize += chunk.length;
    }
  } catch (error) {
    if (broken !== undefined || options.signal.aborted) throw error;
    return `cannot be decompressed: ${(error as Error).message}`;
  }
  return { fileHash: sha256(file.digest()), fileSize, narHash: sha256(nar.digest()), narSize };
};

/** Reads every narinfo and every byte of every NAR of a place. Memory holds its keys. Throws `S3Error`. */
export const verifyPlace = async (options: VerifyOptions): Promise<Verified> => {
  const { bucket, prefix, signal, concurrency = 4, onProgress = () => undefined } = options;
  const hashes = new Set<string>();
  for await (const objects of bucket.list(prefix)) {
    signal.throwIfAborted();
    for (const { key } of objects) {
      const hash = NARINFO.exec(key.slice(prefix.length))?.[1];
      if (hash !== undefined) hashes.add(hash);
    }
  }
  const faults: Fault[] = [];
  let [done, bytes] = [0, 0];

  const read = async (key: string, info: NarInfo): Promise<Sums | string> => {
    for (let attempt = 1; ; attempt++) {
      const object = await bucket.stream(key);
      if (!object) return 'does not exist';
      try {
        return await sumsOf(object, info.compression, options);
      } catch (error) {
        signal.throwIfAborted();
        if (attempt === ATTEMPTS)
          throw new S3Error('transient', `s3://${bucket.name}/${key}: ${(error as Error).message}`, { cause: error });
      }
    }
  };

  const wrongBytes = (info: NarInfo, sums: Sums): string | undefined => {
    if (info.fileSize !== undefined && info.fileSize !== sums.fileSize)
      return `has ${sums.fileSize} bytes instead of ${info.fileSize}`;
    if (info.fileHash !== undefined && base32(info.fileHash) !== sums.fileHash)
      return `has hash ${sums.fileHash} instead of ${info.fileHash}`;
    if (info.narSize !== sums.narSize) return `holds a NAR of ${sums.narSize} bytes instead of ${info.narSize}`;
    if (base32(info.narHash) !== sums.narHash)
      return `holds a NAR with hash ${sums.narHash} instead of ${info.narHash}`;
    return undefined;
  };

  const check = async (hash: string): Promise<void> => {
    const key = `${prefix}${hash}.narinfo`;
    const object = await bucket.get(key);
    // Collected meanwhile.
    if (!object) return;
    let info: NarInfo;
    try {
      info = parseNarInfo(object.body.toString('latin1'));
      if (storePathHash(info.storePath) !== hash) throw new Error(`it is of ${info.storePath}`);
    } catch (error) {
      faults.push({ kind: 'narinfo', key, text: `${key} is no narinfo of its path: ${(error as Error).message}` });
      return;
    }
    const path = info.storePath;
    const store = path.slice(0, path.lastIndexOf('/'));
    for (const reference of info.references)
      if (!hashes.has(storePathHash(reference)))
        faults.push({
          kind: 'reference',
          key,
          path: reference.startsWith('/') ? reference : `${store}/${reference}`,
          text: `${key}: refers to ${reference}, which has no narinfo`,
        });
    const narKey = prefix + info.url;
    const sums = await read(narKey, info);
    if (typeof sums !== 'string') bytes += sums.fileSize;
    const wrong = typeof sums === 'string' ? sums : wrongBytes(info, sums);
    if (wrong !== undefined) faults.push({ kind: 'nar', key, path, narKey, text: `${narKey} of ${path} ${wrong}` });
  };

  const limit = createLimit(concurrency);
  let failed = false;
  await Promise.all(
    [...hashes].map((hash) =>
      limit(async () => {
        if (failed) return;
        try {
          signal.throwIfAborted();
          await check(hash);
        } catch (error) {
          failed = true;
          throw error;
        }
        done += 1;
        onProgress({ done, total: hashes.size, bytes });
      }),
    ),
  );
  return { narinfos: hashes.size, bytes, faults };
};
