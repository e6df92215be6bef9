import { setMaxListeners } from 'node:events';
import type { IncomingHttpHeaders } from 'node:http';
import { DeleteObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { steadyNow } from './clock.js';
import type { Body, Bucket, ListedObject, ObjectInfo, PutOptions } from './bucket.js';
import { deleteMany, streamObject } from './bulk.js';
import { S3Error, toS3Error } from './errors.js';
import { abortUpload, putParts } from './multipart.js';
import { findPlace, type Place } from './place.js';
import { readRange } from './read-range.js';
import type { Requests } from './requests.js';
import { DEFAULT_RETRY, type RetryPolicy, withRetries } from './retry.js';
import { type ObjectRequest, SignedRequests } from './signed.js';
import { createTransport } from './transport.js';

export type BucketOptions = Readonly<{
  name: string;
  /** Default: Amazon's for the region. */
  endpoint?: string | undefined;
  /** Default: the SDK's; where that knows none and an endpoint is given, `us-east-1`. */
  region?: string | undefined;
  forcePathStyle?: boolean | undefined;
  /** Requests at once, default 32. */
  maxSockets?: number;
  /** A connection on which nothing moves for so many milliseconds is given up; default 60,000. */
  idleMs?: number;
  /** Ends every request, and the waits between repetitions. */
  signal?: AbortSignal;
  retry?: RetryPolicy;
  /** Hears of every failure that is repeated; the message holds no credential. */
  onRetry?: (error: S3Error, attempt: number) => void;
  /**
   * Milliseconds since 1970, for signatures. Default: the start of this process and its steady clock. Where that goes wrong (a
   * host that slept), the server refuses once, and its clock is taken.
   */
  now?: () => number;
}>;

const CONNECT_MS = 10_000;

const unquote = (etag: string | undefined): string => (etag ?? '').replace(/^(?:W\/)?"(.*)"$/, '$1');

const header = (headers: IncomingHttpHeaders, name: string): string | undefined => {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
};

const infoOf = (headers: IncomingHttpHeaders): ObjectInfo => ({
  size: Number(headers['content-length'] ?? 0),
  etag: unquote(headers.etag),
  metadata: Object.fromEntries(
    Object.keys(headers)
      .filter((name) => name.startsWith('x-amz-meta-'))
      .map((name) => [name.slice('x-amz-meta-'.length), header(headers, name) ?? '']),
  ),
  opaqueEtag:
    (header(headers, 'x-amz-server-side-encryption') ?? 'AES256') !== 'AES256' ||
    headers['x-amz-server-side-encryption-customer-algorithm'] !== undefined,
});

/** Opens a bucket; address, region and credentials by the AWS SDK's default chains. Throws `S3Error` where no region can be found. */
export const openBucket = async (options: BucketOptions): Promise<Bucket> => {
  const {
    name,
    maxSockets = 32,
    idleMs = 60_000,
    retry = DEFAULT_RETRY,
    onRetry = () => undefined,
    signal = new AbortController().signal,
    now = steadyNow,
  } = options;
  // Every request listens to it.
  setMaxListeners(0, signal);
  const placeOptions = { ...options, maxSockets, connectMs: CONNECT_MS, idleMs };
  let place = await findPlace(placeOptions).catch((error: unknown) => {
    throw toS3Error(`bucket ${name}`, error, []);
  });
  const move = async (region: string): Promise<Place> => {
    const before = place;
    if (before.region === region) return before;
    place = await findPlace(placeOptions, region);
    before.client.destroy();
    return place;
  };
  const transport = createTransport({ maxSockets, connectMs: CONNECT_MS, idleMs, signal });
  const signed = new SignedRequests(place, transport, now, move);
  /** Whether the server knows If-None-Match and If-Match on a PUT; unlearnt at its first 501. */
  let conditional = true;

  const secrets = async (): Promise<readonly string[]> => {
    const found = await place.client.config.credentials().catch(() => undefined);
    return found ? [found.accessKeyId, found.secretAccessKey, ...(found.sessionToken ? [found.sessionToken] : [])] : [];
  };
  const repeated = <T>(what: string, send: () => Promise<T>): Promise<T> =>
    withRetries(
      retry,
      signal,
      () =>
        send().catch(async (error: unknown) => {
          throw toS3Error(what, error, await secrets());
        }),
      onRetry,
    );
  const at = (key: string): string => `s3://${name}/${key}`;
  const object: Requests['object'] = (what, request, read) =>
    repeated(what, async () => {
      const { headers, body } = await signed.send(request);
      return read(infoOf(headers), body);
    });
  const ask: Requests['ask'] = (what, send) =>
    repeated(what, async () => {
      try {
        return await send(place.client, { abortSignal: signal });
      } catch (error) {
        await signed.renew(error);
        throw error;
      }
    });
  const requests: Requests = { bucket: name, ask, object, unquote, conditional: () => conditional };

  const or404 = (error: unknown): undefined => {
    if (!(error instanceof S3Error) || error.status !== 404 || error.kind === 'missing-bucket') throw error;
    return undefined;
  };

  type Stored = Readonly<{ stored: boolean; etag: string }>;
  const putOnce = async (key: string, body: Body, putOptions: PutOptions, quote = '"'): Promise<Stored> => {
    const { contentType, md5, sha256, metadata = {}, ifStands } = putOptions;
    const condition: Record<string, string> =
      ifStands === undefined
        ? {}
        : ifStands === 'absent'
          ? { 'if-none-match': '*' }
          : { 'if-match': quote + ifStands.etag + quote };
    const request: ObjectRequest = {
      method: 'PUT',
      key,
      headers: {
        'content-type': contentType,
        'content-md5': Buffer.from(md5, 'hex').toString('base64'),
        ...Object.fromEntries(Object.entries(metadata).map(([field, value]) => [`x-amz-meta-${field}`, value])),
        ...(!Buffer.isBuffer(body) && { 'content-length': String(body.size) }),
        ...(conditional && condition),
      },
      body: Buffer.isBuffer(body) ? body : () => readRange(body.file, 0, body.size),
      ...(sha256 !== undefined && { sha256 }),
    };
    try {
      return await object(`PUT ${at(key)}`, request, ({ etag }) => ({ stored: true, etag }));
    } catch (error) {
      if (!(error instanceof S3Error) || ifStands === undefined || !conditional) throw error;
      // Ceph 16 compares If-Match without its quotes.
      if (error.status === 412 && ifStands !== 'absent' && quote !== '')
        return await putOnce(key, body, putOptions, '');
      // 404: the object that If-Match names is gone.
      if (error.status === 412 || (error.status === 404 && error.kind !== 'missing-bucket'))
        return { stored: false, etag: '' };
      if (error.status !== 501) throw error;
      conditional = false;
      return await putOnce(key, body, putOptions);
    }
  };

  return {
    name,
    head: (key) => object(`HEAD ${at(key)}`, { method: 'HEAD', key }, (info) => info).catch(or404),
    get: (key) => object(`GET ${at(key)}`, { method: 'GET', key }, ({ etag }, body) => ({ body, etag })).catch(or404),
    put: (key, body, putOptions) => putOnce(key, body, putOptions),
    putParts: (key, body, parts, putOptions, memory) => putParts(requests, key, body, parts, putOptions, memory),
    abortUpload: (key, uploadId) => abortUpload(requests, key, uploadId),
    list: async function* (prefix, { flat = false } = {}) {
      let token: string | undefined;
      do {
        const reply = await ask(`LIST ${at(prefix)}`, (client, abort) =>
          client.send(
            new ListObjectsV2Command({
              Bucket: name,
              Prefix: prefix,
              ...(flat && { Delimiter: '/' }),
              ...(token !== undefined && { ContinuationToken: token }),
            }),
            abort,
          ),
        );
        yield (reply.Contents ?? []).flatMap(({ Key, Size, ETag }): ListedObject[] =>
          Key === undefined ? [] : [{ key: Key, size: Size ?? 0, etag: unquote(ETag) }],
        );
        token = reply.IsTruncated ? reply.NextContinuationToken : undefined;
      } while (token !== undefined);
    },
    delete: async (key) => {
      await ask(`DELETE ${at(key)}`, (client, abort) =>
        client.send(new DeleteObjectCommand({ Bucket: name, Key: key }), abort),
      );
    },
    deleteMany: (keys) => deleteMany(requests, keys),
    stream: (key) => streamObject(requests, key),
    close: () => {
      transport.close();
      place.client.destroy();
    },
  };
};
