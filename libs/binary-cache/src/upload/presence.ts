import { hashToBase32, type NarInfo, parseHash, parseNarInfo } from '#nix';
import type { Bucket } from '../s3/bucket.js';

/** NarInfos read before, by key; an entry counts while the object's ETag is the same. Forgets the oldest beyond its bound. */
export class NarInfoCache {
  private readonly known = new Map<string, Readonly<{ etag: string; narinfo: NarInfo }>>();
  constructor(private readonly bound = 100_000) {}

  get(key: string, etag: string): NarInfo | undefined {
    const entry = this.known.get(key);
    return entry?.etag === etag ? entry.narinfo : undefined;
  }

  set(key: string, etag: string, narinfo: NarInfo): void {
    this.known.delete(key);
    this.known.set(key, { etag, narinfo });
    if (this.known.size > this.bound) this.known.delete(this.known.keys().next().value!);
  }
}

/** What stands in the bucket of the paths that were asked for. */
export type Presence = Readonly<{
  /** undefined: none, or one that cannot be read (to be replaced) */
  narinfo: (key: string) => Promise<NarInfo | undefined>;
  /** Size of the object in bytes; undefined: none. */
  size: (key: string) => Promise<number | undefined>;
}>;

/** Up to so many paths are asked for one by one. */
const SINGLY = 64;

const base32 = (hash: string): string => hashToBase32(parseHash(hash));

/** With hashes in base 32: Hydra's and older writers' are in hex. */
const readable = (body: Buffer): NarInfo | undefined => {
  try {
    const info = parseNarInfo(body.toString('latin1'));
    return {
      ...info,
      narHash: base32(info.narHash),
      ...(info.fileHash !== undefined && { fileHash: base32(info.fileHash) }),
    };
  } catch {
    // Somebody else's or damaged: it is replaced by ours, which is all that is to be known of it.
    return undefined;
  }
};

/** All keys under the prefix with size and ETag; undefined where the bucket holds so much that asking singly is cheaper. */
const listed = async (bucket: Bucket, prefix: string, maxPages: number) => {
  const found = new Map<string, Readonly<{ size: number; etag: string }>>();
  let pages = 0;
  for await (const objects of bucket.list(prefix, { flat: true })) {
    for (const { key, size, etag } of objects) found.set(key, { size, etag });
    pages += 1;
    if (pages > maxPages) return undefined;
  }
  return found;
};

/**
 * Asks what stands: by one listing where many paths are wanted and the bucket is not far larger than that (a page of 1000 keys
 * costs about as much as 16 HEADs), else by a request for each.
 */
export const askPresence = async (
  bucket: Bucket,
  prefix: string,
  count: number,
  cache: NarInfoCache,
): Promise<Presence> => {
  const read = async (key: string): Promise<NarInfo | undefined> => {
    const found = await bucket.get(key);
    const narinfo = found && readable(found.body);
    if (narinfo) cache.set(key, found.etag, narinfo);
    return narinfo;
  };
  const all = count > SINGLY ? await listed(bucket, prefix, Math.max(4, Math.ceil(count / 16))) : undefined;
  if (!all) return { narinfo: read, size: async (key) => (await bucket.head(key))?.size };
  return {
    narinfo: async (key) => {
      const object = all.get(key);
      return object && (cache.get(key, object.etag) ?? read(key));
    },
    size: (key) => Promise.resolve(all.get(key)?.size),
  };
};
