import type { FileHandle } from 'node:fs/promises';

/** What S3 says about a stored object. */
export type ObjectInfo = Readonly<{
  /** bytes */
  size: number;
  /** without quotes; the MD5 in hex for a plain PUT on most servers */
  etag: string;
  /** user metadata, names in lower case without `x-amz-meta-` */
  metadata: Readonly<Record<string, string>>;
  /** stored encrypted with a key of a key service: then the ETag is no MD5 */
  opaqueEtag: boolean;
}>;

/** An object as a listing shows it. */
export type ListedObject = Readonly<{ key: string; size: number; etag: string }>;

/** Bytes to store: in memory, or the whole of a file (its handle stays open; each attempt reads from its start). */
export type Body = Buffer | Readonly<{ file: FileHandle; size: number }>;

export type PutOptions = Readonly<{
  contentType: string;
  /** MD5 of the body, hex: the server refuses other bytes. In parts: the ETag that S3 makes of the parts' MD5s. */
  md5: string;
  /** SHA-256 of the body, hex, where it is known: it is signed then. A body in memory is hashed. */
  sha256?: string;
  metadata?: Readonly<Record<string, string>>;
  /** Only where nothing stands (`absent`), or exactly this ETag does. Servers that know no conditions store always. */
  ifStands?: 'absent' | Readonly<{ etag: string }>;
}>;

/** How a body is cut: every part but the last has `partSize` bytes (S3: at least 5 MiB, at most 10,000 parts). */
export type Parts = Readonly<{
  partSize: number;
  /** of each part, hex */
  md5s: readonly string[];
}>;

/** An upload in parts that was begun: what has to be known to go on with it after a crash. */
export type UnfinishedUpload = Readonly<{
  key: string;
  uploadId: string;
  parts: Parts;
  /** what the server answered to each part that it has, by its number from 1 */
  etags: Readonly<Record<string, string>>;
}>;

/** Where one key's unfinished upload is kept. */
export type UploadMemory = Readonly<{
  load: () => Promise<UnfinishedUpload | undefined>;
  save: (upload: UnfinishedUpload) => Promise<void>;
  clear: () => Promise<void>;
}>;

/** One bucket. Everything throws `S3Error`, after requests that may succeed when repeated were repeated. */
export interface Bucket {
  readonly name: string;
  head(key: string): Promise<ObjectInfo | undefined>;
  /** A small object whole; undefined where there is none. */
  get(key: string): Promise<Readonly<{ body: Buffer; etag: string }> | undefined>;
  /** Stores. `stored` false: the condition did not hold (or our own first try, whose answer was lost, made it so). */
  put(key: string, body: Body, options: PutOptions): Promise<Readonly<{ stored: boolean; etag: string }>>;
  /**
   * Stores a file in parts, each checked by its MD5, and goes on where `memory` says that an upload of the same bytes stopped.
   * A failure leaves the parts for the next call; one that no repetition cures removes them.
   */
  putParts(
    key: string,
    body: Exclude<Body, Buffer>,
    parts: Parts,
    options: PutOptions,
    memory: UploadMemory,
  ): Promise<Readonly<{ stored: boolean; etag: string }>>;
  /** Removes the parts of an upload that will not be finished; one that is gone already is none. */
  abortUpload(key: string, uploadId: string): Promise<void>;
  /** Keys under a prefix, in batches as S3 gives them; `flat`: only those with no `/` after the prefix. */
  list(prefix: string, options?: Readonly<{ flat?: boolean }>): AsyncIterable<readonly ListedObject[]>;
  delete(key: string): Promise<void>;
  /** Up to 1000 keys in one request; those that are not there count as deleted. */
  deleteMany(keys: readonly string[]): Promise<void>;
  /** An object's bytes as they come; undefined where there is none. A connection that breaks in between is not repeated. */
  stream(key: string): Promise<AsyncIterable<Buffer> | undefined>;
  close(): void;
}
