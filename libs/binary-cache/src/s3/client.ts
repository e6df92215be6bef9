import { setMaxListeners } from 'node:events';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  type S3ClientConfig,
} from '@aws-sdk/client-s3';
import type { Body, Bucket, ListedObject, ObjectInfo, PutOptions } from './bucket.js';
import { type S3Error, statusOf, toS3Error } from './errors.js';
import { DEFAULT_RETRY, type RetryPolicy, withRetries } from './retry.js';

export type BucketOptions = Readonly<{
  name: string;
  /** Default: Amazon's for the region. */
  endpoint?: string | undefined;
  /** Default: the SDK's; where that knows none and an endpoint is given, `us-east-1`. */
  region?: string | undefined;
  forcePathStyle?: boolean | undefined;
  /** Requests at once, default 32. */
  maxSockets?: number;
  /** Ends every request, and the waits between repetitions. */
  signal?: AbortSignal;
  retry?: RetryPolicy;
  /** Hears of every failure that is repeated; the message holds no credential. */
  onRetry?: (error: S3Error, attempt: number) => void;
}>;

const CONNECT_MS = 10_000;
/** A connection on which nothing moves for so long is given up. */
const IDLE_MS = 60_000;

const clientOf = (
  { endpoint, forcePathStyle, maxSockets = 32 }: BucketOptions,
  region: string | undefined,
): S3Client => {
  const agent = { keepAlive: true, maxSockets };
  const config: S3ClientConfig = {
    ...(endpoint !== undefined && { endpoint }),
    ...(region !== undefined && { region }),
    forcePathStyle: forcePathStyle ?? false,
    followRegionRedirects: true,
    // Servers other than Amazon's store or refuse the framing of the default CRC mode (nix-s3: a put of a stream).
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    // We repeat: the SDK cannot for streams, and tells nobody.
    maxAttempts: 1,
    requestHandler: {
      connectionTimeout: CONNECT_MS,
      socketTimeout: IDLE_MS,
      socketAcquisitionWarningTimeout: 3_600_000,
      httpAgent: agent,
      httpsAgent: agent,
    },
  };
  return new S3Client(config);
};

const unquote = (etag: string | undefined): string => (etag ?? '').replace(/^(?:W\/)?"(.*)"$/, '$1');

/** Opens a bucket by the AWS SDK, credentials by its default chain. Throws `S3Error` where no region can be found. */
export const openBucket = async (options: BucketOptions): Promise<Bucket> => {
  const {
    name,
    endpoint,
    retry = DEFAULT_RETRY,
    onRetry = () => undefined,
    signal = new AbortController().signal,
  } = options;
  // Every request listens to it.
  setMaxListeners(0, signal);
  let client = clientOf(options, options.region);
  try {
    await client.config.region();
  } catch (error) {
    client.destroy();
    if (endpoint === undefined) throw toS3Error(`bucket ${name}`, error, []);
    client = clientOf(options, 'us-east-1');
  }
  /** Whether the server knows If-None-Match and If-Match on a PUT; unlearnt at its first 501. */
  let conditional = true;

  const secrets = async (): Promise<readonly string[]> => {
    const found = await client.config.credentials().catch(() => undefined);
    return found ? [found.accessKeyId, found.secretAccessKey, ...(found.sessionToken ? [found.sessionToken] : [])] : [];
  };
  const request = <T>(what: string, send: () => Promise<T>): Promise<T> =>
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
  const abort = { abortSignal: signal };
  const or404 = (error: unknown): undefined => {
    if (statusOf(error) !== 404 || (error as Error).name === 'NoSuchBucket') throw error;
    return undefined;
  };

  const putOnce = async (
    key: string,
    body: Body,
    putOptions: PutOptions,
    quote = '"',
  ): Promise<Readonly<{ stored: boolean; etag: string }>> => {
    const { contentType, md5, metadata, ifStands } = putOptions;
    const size = Buffer.isBuffer(body) ? body.length : body.size;
    const stream = Buffer.isBuffer(body) ? undefined : body.file.createReadStream({ start: 0, autoClose: false });
    const condition =
      ifStands === 'absent' ? { IfNoneMatch: '*' } : ifStands && { IfMatch: quote + ifStands.etag + quote };
    try {
      const reply = await client.send(
        new PutObjectCommand({
          Bucket: name,
          Key: key,
          Body: stream ?? (body as Buffer),
          ContentLength: size,
          ContentType: contentType,
          ContentMD5: Buffer.from(md5, 'hex').toString('base64'),
          ...(metadata && { Metadata: { ...metadata } }),
          ...(conditional && condition),
        }),
        abort,
      );
      return { stored: true, etag: unquote(reply.ETag) };
    } catch (error) {
      if (!condition || !conditional) throw error;
      const status = statusOf(error);
      // Ceph 16 compares If-Match without its quotes.
      if (status === 412 && 'IfMatch' in condition && quote !== '') return await putOnce(key, body, putOptions, '');
      // 404: the object that If-Match names is gone.
      if (status === 412 || (status === 404 && (error as Error).name === 'NoSuchKey'))
        return { stored: false, etag: '' };
      if (status !== 501) throw error;
      conditional = false;
      return await putOnce(key, body, putOptions);
    } finally {
      stream?.destroy();
    }
  };

  return {
    name,
    head: (key) =>
      request(`HEAD ${at(key)}`, async (): Promise<ObjectInfo | undefined> => {
        const reply = await client.send(new HeadObjectCommand({ Bucket: name, Key: key }), abort).catch(or404);
        return (
          reply && {
            size: reply.ContentLength ?? 0,
            etag: unquote(reply.ETag),
            metadata: reply.Metadata ?? {},
            opaqueEtag:
              (reply.ServerSideEncryption ?? 'AES256') !== 'AES256' || reply.SSECustomerAlgorithm !== undefined,
          }
        );
      }),
    get: (key) =>
      request(`GET ${at(key)}`, async () => {
        const reply = await client.send(new GetObjectCommand({ Bucket: name, Key: key }), abort).catch(or404);
        if (!reply) return undefined;
        return { body: Buffer.from((await reply.Body?.transformToByteArray()) ?? []), etag: unquote(reply.ETag) };
      }),
    put: (key, body, putOptions) => request(`PUT ${at(key)}`, () => putOnce(key, body, putOptions)),
    list: async function* (prefix, { flat = false } = {}) {
      let token: string | undefined;
      do {
        const reply = await request(`LIST ${at(prefix)}`, () =>
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
      await request(`DELETE ${at(key)}`, () => client.send(new DeleteObjectCommand({ Bucket: name, Key: key }), abort));
    },
    close: () => client.destroy(),
  };
};
