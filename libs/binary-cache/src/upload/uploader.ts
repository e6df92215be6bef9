import { setMaxListeners } from 'node:events';
import {
  BATCH_INPUT_BYTES,
  dumpSmallPath,
  formatNarInfo,
  type NarInfo,
  type NixSettings,
  type PathInfo,
  queryClosure,
  type SecretKey,
  type ServeConnection,
  signNarInfo,
  storePathHash,
} from '#nix';
import type { Bucket } from '../s3/bucket.js';
import { steadyNow } from '../s3/clock.js';
import { S3Error } from '../s3/errors.js';
import { createBatchCompressor } from './batch-compressor.js';
import { ensureCacheInfo, putText } from './cache-info.js';
import { createBudget, createKeyedLock, createLimit, type Limit, runInOrder } from './limit.js';
import { DamagedPathError, storeNar, type StoredNar } from './nar-object.js';
import { type Compression, packNar, packSmallNar, partSizeFor } from './pack.js';
import { askPresence, NarInfoCache, type Presence } from './presence.js';
import { StoreConnections } from './store-connections.js';
import { createUnfinishedUploads } from './unfinished.js';

/** One path of a closure as it stands in the bucket. */
export type UploadedPath = Readonly<{
  path: string;
  /** `sha256:BASE32` */
  narHash: string;
  /** bytes */
  narSize: number;
  /** of the stored bytes, `sha256:BASE32` */
  fileHash: string;
  /** bytes */
  fileSize: number;
  /** of the NAR, prefix included */
  key: string;
  /** false: it was there already */
  uploaded: boolean;
  /** name of the first of our keys that signed the narinfo */
  signedBy?: string;
}>;

/** How far an upload is. `bytes`: of NARs that were sent, before compression. */
export type UploadProgress = Readonly<{ paths: number; pathsTotal: number; bytes: number; bytesTotal: number }>;

export type UploaderOptions = Readonly<{
  nix: NixSettings;
  bucket: Bucket;
  /** Put before every key as it is. */
  prefix: string;
  compression: Compression;
  /**
   * Each signs every narinfo. A key is exchanged in three steps: the new one is added beside the old, so that what is uploaded
   * from then on, and what stands and is met again, has both signatures; clients come to trust the new one; the old one is
   * removed here. What was signed by it keeps that signature.
   */
  signingKeys: readonly SecretKey[];
  /** NARs that are too large for memory wait here, compressed. */
  spoolDir: string;
  /** Stored NARs up to so many bytes are kept in memory; default 4 MiB. */
  spoolAboveBytes?: number;
  /** Stored NARs above so many bytes go up in parts of that size, resumed after a crash; default 64 MiB, not below `spoolAboveBytes`. */
  partSize?: number;
  /** NARs at once, default 8; of large ones two, of small ones what fits into 16 MiB. */
  concurrency?: number;
  /** Hears of what goes wrong beside an upload: remains of earlier ones that could not be removed. */
  onWarning?: (error: unknown) => void;
}>;

export type Uploader = Readonly<{
  /**
   * Brings the runtime closure of some valid paths into the bucket and answers all its paths, dependencies first. Throws
   * `S3Error`, `MissingPathError`, `DamagedPathError`, or what Nix says; may be run again at any time after a failure or a crash.
   */
  upload: (
    roots: readonly string[],
    options: Readonly<{
      signal: AbortSignal;
      onProgress?: (progress: UploadProgress) => void;
      /** Nobody tries again after a failure: what was sent of NARs in parts is removed, as after one that nothing cures. Default false. */
      last?: boolean;
    }>,
  ) => Promise<readonly UploadedPath[]>;
}>;

/** What is to be sent is not in the store: nobody kept it from the store's garbage collector. */
export class MissingPathError extends Error {
  override readonly name = 'MissingPathError';
}

/** Whether no repetition will help. */
const isFinal = (error: unknown): boolean =>
  error instanceof DamagedPathError || (error instanceof S3Error && error.kind !== 'transient');

/** Two uploads in this process do not pack the same NAR side by side: the later one finds it. */
const withNar = createKeyedLock();

const LARGE_NAR = 4 * 1024 * 1024;
const LARGE_AT_ONCE = 2;
const REQUESTS_AT_ONCE = 16;
const SMALL_BUDGET = 16 * 1024 * 1024;
/** What a small NAR costs beside its bytes. */
const SMALL_COST = 128 * 1024;
const DUMPS_AT_ONCE = 4;
const UNTOUCHED_MS = 7 * 24 * 3_600_000;

const sameReferences = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && new Set([...a, ...b]).size === a.length;

/** What is to be done with a path: nothing (`good`), a narinfo over a NAR that is there (`nar`), or both. */
type Plan = {
  readonly info: PathInfo;
  readonly hash: string;
  good?: NarInfo;
  nar?: StoredNar;
  sigs: readonly string[];
};

/** Makes what uploads closures to one place of one bucket. It remembers narinfos from upload to upload. */
export const createUploader = (options: UploaderOptions): Uploader => {
  const { nix, bucket, prefix, compression, signingKeys, spoolDir } = options;
  const { spoolAboveBytes = 4 * 1024 * 1024, concurrency = 8, onWarning = () => undefined } = options;
  const leastPart = Math.max(spoolAboveBytes, options.partSize ?? 64 * 1024 * 1024);
  const unfinished = createUnfinishedUploads(bucket, spoolDir);
  let swept = false;
  const cache = new NarInfoCache();
  const nars = createLimit(concurrency);
  const largeNars = createLimit(LARGE_AT_ONCE);
  const smallNars = createBudget(SMALL_BUDGET);
  const dumps = createLimit(DUMPS_AT_ONCE);
  const requests = createLimit(REQUESTS_AT_ONCE);
  const narKey = (hash: string): string => `${prefix}${hash}.nar`;
  const narinfoKey = (hash: string): string => `${prefix}${hash}.narinfo`;
  const signs = (sigs: readonly string[], key: SecretKey): boolean =>
    sigs.some((sig) => sig.startsWith(`${key.name}:`));

  /** A narinfo that stands counts if it says of the path what the store says, and its NAR stands in the size it names. */
  const plan = async (info: PathInfo, presence: Presence): Promise<Plan> => {
    const hash = storePathHash(info.path);
    const there = await presence.narinfo(narinfoKey(hash));
    const fits =
      there !== undefined &&
      there.storePath === info.path &&
      there.narHash === info.narHash &&
      there.narSize === info.narSize &&
      there.url === `${hash}.nar` &&
      there.fileHash !== undefined &&
      there.fileSize !== undefined &&
      sameReferences(there.references, info.references) &&
      (await presence.size(narKey(hash))) === there.fileSize;
    if (!fits) return { info, hash, sigs: info.sigs };
    const { fileHash, fileSize } = there as NarInfo & { fileHash: string; fileSize: number };
    if (signingKeys.every((key) => signs(there.sigs, key))) return { info, hash, good: there, sigs: there.sigs };
    return {
      info,
      hash,
      nar: { compression: there.compression, fileHash, fileSize, uploaded: false },
      sigs: there.sigs,
    };
  };

  const publish = async ({ info, hash, nar, sigs }: Plan): Promise<void> => {
    if (nar === undefined) throw new Error(`no NAR of '${info.path}' to publish`);
    const unsigned: NarInfo = {
      storePath: info.path,
      url: `${hash}.nar`,
      compression: nar.compression,
      fileHash: nar.fileHash,
      fileSize: nar.fileSize,
      narHash: info.narHash,
      narSize: info.narSize,
      references: info.references,
      ...(info.deriver !== undefined && { deriver: info.deriver }),
      sigs,
      ...(info.ca !== undefined && { ca: info.ca }),
    };
    const signed = signingKeys.filter((key) => !signs(sigs, key)).reduce(signNarInfo, unsigned);
    await putText(bucket, narinfoKey(hash), formatNarInfo(signed), 'text/x-nix-narinfo');
  };

  const report = ({ info, hash, good, nar }: Plan): UploadedPath => ({
    path: info.path,
    narHash: info.narHash,
    narSize: info.narSize,
    fileHash: (good?.fileHash ?? nar?.fileHash)!,
    fileSize: (good?.fileSize ?? nar?.fileSize)!,
    key: narKey(hash),
    uploaded: nar?.uploaded ?? false,
    ...(signingKeys[0] && { signedBy: signingKeys[0].name }),
  });

  const isSmall = ({ narSize }: PathInfo): boolean => narSize <= Math.min(BATCH_INPUT_BYTES, spoolAboveBytes);
  const limitOf = ({ info }: Plan): Limit => {
    if (isSmall(info)) return (work) => smallNars(info.narSize * 2 + SMALL_COST, work);
    return info.narSize > LARGE_NAR ? largeNars : nars;
  };

  /** Removes what was sent of NARs in parts that nobody will finish. */
  const forget = async (items: readonly Plan[]): Promise<void> => {
    for (const { hash } of items) {
      const memory = unfinished.of(narKey(hash));
      const begun = await memory.load();
      if (begun) await bucket.abortUpload(begun.key, begun.uploadId);
      await memory.clear();
    }
  };

  const upload: Uploader['upload'] = async (roots, { signal, onProgress = () => undefined, last = false }) => {
    // Every request and process listens to it.
    setMaxListeners(0, signal);
    const store = new StoreConnections(nix, signal);
    const small =
      compression === 'none' ? undefined : createBatchCompressor(compression, { dir: spoolDir, env: nix.env, signal });
    let begun: readonly Plan[] = [];
    try {
      if (!swept) await unfinished.sweep(UNTOUCHED_MS, steadyNow()).catch(onWarning);
      swept = true;
      const closure = await store.use(async (connection) => {
        // Locked while the connection lives: the store's collector must not take what is being sent.
        const valid = new Set(await connection.queryValidPaths(roots, { lock: true }));
        const missing = roots.filter((root) => !valid.has(root));
        if (missing.length > 0) throw new MissingPathError(`not in the store any more: ${missing.join(', ')}`);
        return queryClosure(connection, roots);
      });
      await ensureCacheInfo(bucket, prefix, nix.storeDir);
      const presence = await askPresence(bucket, prefix, closure.length, cache);
      const plans = await Promise.all(closure.map((info) => requests(() => plan(info, presence))));
      const todo = plans.filter(({ good }) => good === undefined);
      const without = todo.filter(({ nar }) => nar === undefined);
      const bytesTotal = without.reduce((sum, { info }) => sum + info.narSize, 0);
      let [paths, bytes] = [plans.length - todo.length, 0];
      const progress = (): void => onProgress({ paths, pathsTotal: plans.length, bytes, bytesTotal });
      progress();

      /** The NAR of a small path, whole; by Nix where its store lies elsewhere than its paths say. */
      const dump = async (path: string): Promise<Buffer> => {
        try {
          return dumpSmallPath(path);
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
        }
        const ask = async (connection: ServeConnection): Promise<Buffer> => {
          const chunks: Buffer[] = [];
          for await (const chunk of connection.dumpStorePath(path)) chunks.push(chunk);
          return Buffer.concat(chunks);
        };
        return dumps(() => store.use(ask));
      };
      const send = async (item: Plan): Promise<void> => {
        signal.throwIfAborted();
        const { info, hash } = item;
        const key = narKey(hash);
        const pack = () => {
          if (isSmall(info)) return packSmallNar(dump(info.path), small);
          const partSize = partSizeFor(info.narSize, leastPart);
          return store.use((connection) =>
            packNar(connection.dumpStorePath(info.path), {
              compression,
              spoolDir,
              spoolAboveBytes,
              partSize,
              env: nix.env,
              signal,
            }),
          );
        };
        const mayStand = (await presence.size(key)) !== undefined;
        item.nar = await withNar(`${bucket.name}/${key}`, (waited) =>
          storeNar(bucket, key, info, compression, pack, mayStand || waited, unfinished.of(key)),
        );
        bytes += info.narSize;
        progress();
      };
      const path = ({ info }: Plan): string => info.path;
      begun = without.filter(({ info }) => info.narSize > leastPart);
      await runInOrder(without, path, () => [], limitOf, send);

      const published = async (item: Plan): Promise<void> => {
        signal.throwIfAborted();
        await publish(item);
        paths += 1;
        progress();
      };
      const top = new Set(roots);
      const references = ({ info }: Plan): readonly string[] => info.references.filter((other) => other !== info.path);
      // The roots last, even one that nothing but itself needs: a client that sees a root can have all of it.
      for (const phase of [todo.filter((item) => !top.has(path(item))), todo.filter((item) => top.has(path(item)))])
        await runInOrder(phase, path, references, () => requests, published);
      return plans.map(report);
    } catch (error) {
      if ((last || isFinal(error)) && !signal.aborted) await forget(begun).catch(onWarning);
      throw error;
    } finally {
      await store.close();
    }
  };
  return { upload };
};
