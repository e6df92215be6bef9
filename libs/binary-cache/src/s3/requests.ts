import type { S3Client } from '@aws-sdk/client-s3';
import type { ObjectInfo } from './bucket.js';
import type { ObjectRequest } from './signed.js';

/** The two ways to ask a bucket, both with repetitions and our errors. */
export type Requests = Readonly<{
  bucket: string;
  /** By the SDK: what is asked seldom. */
  ask: <T>(what: string, send: (client: S3Client, options: { abortSignal: AbortSignal }) => Promise<T>) => Promise<T>;
  /** By our own signer: what is asked for each object. `read` may throw to have it repeated. */
  object: <T>(what: string, request: ObjectRequest, read: (info: ObjectInfo, body: Buffer) => T) => Promise<T>;
  /** An ETag without its quotes. */
  unquote: (etag: string | undefined) => string;
  /** Whether the server knows conditions on what it stores, as far as we learnt. */
  conditional: () => boolean;
}>;
