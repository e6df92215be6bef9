import { createHash } from 'node:crypto';
import { DeleteObjectsCommand, GetObjectCommand } from '@aws-sdk/client-s3';
import { kindOf, S3Error, statusOf } from './errors.js';
import type { Requests } from './requests.js';

/** Deletes up to 1000 keys in one request. What S3 says of single keys is thrown as one `S3Error`; absent ones are deleted. */
export const deleteMany = async ({ bucket, ask }: Requests, keys: readonly string[]): Promise<void> => {
  if (keys.length === 0) return;
  await ask(`DELETE of ${keys.length} objects in s3://${bucket}`, async (client, abort) => {
    const command = new DeleteObjectsCommand({
      Bucket: bucket,
      Delete: { Quiet: true, Objects: keys.map((Key) => ({ Key })) },
    });
    // Ceph and Swift insist on the MD5; the SDK sends another checksum instead.
    command.middlewareStack.add(
      (next) => (args) => {
        const { body, headers } = args.request as { body: string | Uint8Array; headers: Record<string, string> };
        headers['content-md5'] = createHash('md5').update(body).digest('base64');
        return next(args);
      },
      { step: 'build', name: 'contentMd5' },
    );
    const failed = ((await client.send(command, abort)).Errors ?? []).filter(({ Code }) => Code !== 'NoSuchKey');
    const [first] = failed;
    if (!first) return;
    const status = first.Code === 'AccessDenied' ? 403 : 500;
    throw new S3Error(
      kindOf({ name: first.Code ?? 'Error', $metadata: { httpStatusCode: status } }),
      `DELETE s3://${bucket}/${first.Key ?? ''}: ${first.Code}: ${first.Message} (${failed.length} of ${keys.length} objects)`,
    );
  });
};

/** An object's bytes as they come; undefined where there is none. What breaks after the first byte is the reader's to repeat. */
export const streamObject = ({ bucket, ask }: Requests, key: string): Promise<AsyncIterable<Buffer> | undefined> =>
  ask(`GET s3://${bucket}/${key}`, async (client, abort) => {
    const reply = await client
      .send(new GetObjectCommand({ Bucket: bucket, Key: key }), abort)
      .catch((error: unknown) => {
        if (statusOf(error) !== 404 || (error as Error).name === 'NoSuchBucket') throw error;
        return undefined;
      });
    return reply?.Body as AsyncIterable<Buffer> | undefined;
  });
