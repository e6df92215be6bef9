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
  /** MD5 of the body, hex: the server refuses other bytes. */
  md5: string;
  metadata?: Readonly<Record<string, string>>;
  /** Only where nothing stands (`absent`), or exactly this ETag does. Servers that know no conditions store always. */
  ifStands?: 'absent' | Readonly<{ etag: string }>;
}>;

/** One bucket. Everything throws `S3Error`, after requests that may succeed when repeated were repeated. */
export interface Bucket {
  readonly name: string;
  head(key: string): Promise<ObjectInfo | undefined>;
  /** A small object whole; undefined where there is none. */
  get(key: string): Promise<Readonly<{ body: Buffer; etag: string }> | undefined>;
  /** Stores. `stored` false: the condition did not hold (or our own first try, whose answer was lost, made it so). */
  put(key: string, body: Body, options: PutOptions): Promise<Readonly<{ stored: boolean; etag: string }>>;
  /** Keys under a prefix, in batches as S3 gives them; `flat`: only those with no `/` after the prefix. */
  list(prefix: string, options?: Readonly<{ flat?: boolean }>): AsyncIterable<readonly ListedObject[]>;
  delete(key: string): Promise<void>;
  close(): void;
}
