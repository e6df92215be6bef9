import { setMaxListeners } from 'node:events';
import {
  formatNarInfo,
  type NarInfo,
  type NixSettings,
  type PathInfo,
  queryClosure,
  type SecretKey,
  signNarInfo,
  storePathHash,
} from '#nix';
import type { Bucket } from '../s3/bucket.js';
import { ensureCacheInfo, putText } from './cache-info.js';
import { createKeyedLock, createLimit, runInOrder } from './limit.js';
import { storeNar, type StoredNar } from './nar-object.js';
import { type Compression, packNar } from './pack.js';
import { askPresence, NarInfoCache, type Presence } from './presence.js';
import { StoreConnections } from './store-connections.js';

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
  signingKeys: readonly SecretKey[];
  /** NARs that are too large for memory wait here, compressed. */
  spoolDir: string;
  /** Stored NARs up to so many bytes are kept in memory; default 4 MiB. */
  spoolAboveBytes?: number;
  /** NARs at once, default 8; of large ones two. */
  concurrency?: number;
}>;

export type Uploader = Readonly<{
  /**
   * Brings the runtime closure of some valid paths into the bucket and answers all its paths, dependencies first. Throws
   * `S3Error`, `MissingPathError`, `DamagedPathError`, or what Nix says; may be run again at any time after a failure or a crash.
   */
  upload: (
    roots: readonly string[],
    options: Readonly<{ signal: AbortSignal; onProgress?: (progress: UploadProgress) => void }>,
  ) => Promise<readonly UploadedPath[]>;
}>;

/** What is to be sent is not in the store: nobody kept it from the store's garbage collector. */
export class MissingPathError extends Error {
  override readonly name = 'MissingPathError';
}

/** Two uploads in this process do not pack the same NAR side by side: the later one finds it. */
const withNar = createKeyedLock();

const LARGE_NAR = 4 * 1024 * 1024;
const LARGE_AT_ONCE = 2;
const REQUESTS_AT_ONCE = 16;

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
  const { spoolAboveBytes = 4 * 1024 * 1024, concurrency = 8 } = options;
  const cache = new NarInfoCache();
  const nars = createLimit(concurrency);
  const largeNars = createLimit(LARGE_AT_ONCE);
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

  const upload: Uploader['upload'] = async (roots, { signal, onProgress = () => undefined }) => {
    // Every request and process listens to it.
    setMaxListeners(0, signal);
    const store = new StoreConnections(nix, signal);
    try {
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

      const send = async (item: Plan): Promise<void> => {
        signal.throwIfAborted();
        const { info, hash } = item;
        const key = narKey(hash);
        const pack = () =>
          store.use((connection) =>
            packNar(connection.dumpStorePath(info.path), {
              compression,
              spoolDir,
              spoolAboveBytes,
              env: nix.env,
              signal,
            }),
          );
        const mayStand = (await presence.size(key)) !== undefined;
        item.nar = await withNar(`${bucket.name}/${key}`, (waited) =>
          storeNar(bucket, key, info, compression, pack, mayStand || waited),
        );
        bytes += info.narSize;
        progress();
      };
      const path = ({ info }: Plan): string => info.path;
      const sized = (item: Plan) => (item.info.narSize > LARGE_NAR ? largeNars(() => send(item)) : send(item));
      await runInOrder(without, path, () => [], nars, sized);

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
        await runInOrder(phase, path, references, requests, published);
      return plans.map(report);
    } finally {
      await store.close();
    }
  };
  return { upload };
};
