import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
} from '@aws-sdk/client-s3';
import type { Body, Parts, PutOptions, UnfinishedUpload, UploadMemory } from './bucket.js';
import { codeOf, S3Error, statusOf } from './errors.js';
import { readRange } from './read-range.js';
import type { Requests } from './requests.js';

const PARTS_AT_ONCE = 4;
const MD5 = /^[0-9a-f]{32}$/;

const same = (a: Parts, b: Parts): boolean =>
  a.partSize === b.partSize && a.md5s.length === b.md5s.length && a.md5s.every((md5, index) => md5 === b.md5s[index]);

/** The upload, or its absence, is no more: finished by a request whose answer was lost, or removed by somebody. */
const isGone = (error: unknown): boolean => error instanceof S3Error && error.code === 'NoSuchUpload';

export const abortUpload = async ({ bucket, ask }: Requests, key: string, uploadId: string): Promise<void> => {
  try {
    await ask(`ABORT s3://${bucket}/${key}`, (client, abort) =>
      client.send(new AbortMultipartUploadCommand({ Bucket: bucket, Key: key, UploadId: uploadId }), abort),
    );
  } catch (error) {
    if (!isGone(error)) throw error;
  }
};

/** Takes up the upload that was begun of the same bytes, or begins one; one of other bytes is removed. */
const begin = async (
  requests: Requests,
  key: string,
  parts: Parts,
  { contentType, metadata }: PutOptions,
  memory: UploadMemory,
): Promise<UnfinishedUpload> => {
  const kept = await memory.load();
  if (kept?.key === key && same(kept.parts, parts)) return kept;
  if (kept) await abortUpload(requests, kept.key, kept.uploadId);
  const { bucket, ask } = requests;
  const { UploadId } = await ask(`POST s3://${bucket}/${key}?uploads`, (client, abort) =>
    client.send(
      new CreateMultipartUploadCommand({
        Bucket: bucket,
        Key: key,
        ContentType: contentType,
        ...(metadata && { Metadata: { ...metadata } }),
      }),
      abort,
    ),
  );
  if (!UploadId) throw new S3Error('refused', `s3://${bucket}/${key}: S3 began an upload without an id`);
  const upload = { key, uploadId: UploadId, parts, etags: {} };
  await memory.save(upload);
  return upload;
};

const sendParts = async (
  { bucket, object }: Requests,
  { file, size }: Exclude<Body, Buffer>,
  upload: UnfinishedUpload,
  memory: UploadMemory,
): Promise<Readonly<Record<string, string>>> => {
  const { key, uploadId, parts } = upload;
  const etags: Record<string, string> = { ...upload.etags };
  const missing = parts.md5s.map((_, index) => index + 1).filter((number) => etags[number] === undefined);
  let failed = false;
  let saving = Promise.resolve();
  const send = async (number: number): Promise<void> => {
    const [start, end] = [(number - 1) * parts.partSize, Math.min(size, number * parts.partSize)];
    const md5 = parts.md5s[number - 1]!;
    const what = `PUT s3://${bucket}/${key} part ${number} of ${parts.md5s.length}`;
    etags[number] = await object(
      what,
      {
        method: 'PUT',
        key,
        query: { partNumber: String(number), uploadId },
        headers: {
          'content-length': String(end - start),
          'content-md5': Buffer.from(md5, 'hex').toString('base64'),
        },
        body: () => readRange(file, start, end),
      },
      ({ etag, opaqueEtag }) => {
        if (opaqueEtag || !MD5.test(etag) || etag === md5) return etag;
        throw new S3Error('transient', `${what}: S3 holds other bytes than were sent`);
      },
    );
    saving = saving.then(() => memory.save({ ...upload, etags: { ...etags } }));
    await saving;
  };
  const work = async (): Promise<void> => {
    for (let number = missing.shift(); number !== undefined && !failed; number = missing.shift()) await send(number);
  };
  const ended = await Promise.allSettled(
    Array.from({ length: PARTS_AT_ONCE }, () =>
      work().catch((error: unknown) => {
        failed = true;
        throw error;
      }),
    ),
  );
  const broken = ended.find((each) => each.status === 'rejected');
  if (broken) throw broken.reason;
  return etags;
};

/** Puts the parts together. `stored` false: the condition did not hold, or the upload is gone. */
const complete = async (
  requests: Requests,
  { key, uploadId, parts }: UnfinishedUpload,
  etags: Readonly<Record<string, string>>,
  ifAbsent: boolean,
): Promise<Readonly<{ stored: boolean; etag: string }>> => {
  const { bucket, ask, unquote } = requests;
  return ask(`POST s3://${bucket}/${key}?uploadId`, async (client, abort) => {
    const once = async (conditional: boolean): Promise<Readonly<{ stored: boolean; etag: string }>> => {
      try {
        const reply = await client.send(
          new CompleteMultipartUploadCommand({
            Bucket: bucket,
            Key: key,
            UploadId: uploadId,
            MultipartUpload: {
              Parts: parts.md5s.map((_, index) => ({ PartNumber: index + 1, ETag: `"${etags[index + 1]}"` })),
            },
            ...(conditional && { IfNoneMatch: '*' }),
          }),
          abort,
        );
        return { stored: true, etag: unquote(reply.ETag) };
      } catch (error) {
        if (conditional && statusOf(error) === 501) return once(false);
        if (statusOf(error) === 412 || codeOf(error) === 'NoSuchUpload') return { stored: false, etag: '' };
        throw error;
      }
    };
    return once(ifAbsent && requests.conditional());
  });
};

/** `Bucket.putParts`. */
export const putParts = async (
  requests: Requests,
  key: string,
  body: Exclude<Body, Buffer>,
  parts: Parts,
  options: PutOptions,
  memory: UploadMemory,
): Promise<Readonly<{ stored: boolean; etag: string }>> => {
  const forget = async (upload: UnfinishedUpload): Promise<void> => {
    await abortUpload(requests, key, upload.uploadId);
    await memory.clear();
  };
  let upload = await begin(requests, key, parts, options, memory);
  for (let again = false; ; again = true) {
    try {
      const etags = await sendParts(requests, body, upload, memory);
      const done = await complete(requests, upload, etags, options.ifStands === 'absent');
      if (done.stored) await memory.clear();
      else await forget(upload);
      return done;
    } catch (error) {
      if (!(error instanceof S3Error) || error.kind === 'transient') throw error;
      // Somebody removed the upload, or another one wrote its parts: once more from the start.
      if (again || !(isGone(error) || error.code === 'InvalidPart')) {
        await forget(upload).catch(() => undefined);
        throw error;
      }
      await forget(upload);
      upload = await begin(requests, key, parts, options, memory);
    }
  }
};
