import { randomBytes } from 'node:crypto';
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  ListObjectsV2Command,
  PutBucketPolicyCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { startDemoS3 } from '../../apps/cli/src/demo/s3.js';

/** An S3 for one spec file: a server of its own, or IOLAUS_TEST_S3_ENDPOINT with the credentials of AWS_*. */
export type TestS3 = Readonly<{
  endpoint: string;
  region: string;
  /** False: the fake one, which knows no conditions, no wrong secret and no wrong MD5. */
  real: boolean;
  /** For what a test does past our own code. */
  client: S3Client;
  /** A fresh bucket that everybody may read by HTTP at `<endpoint>/<bucket>/<key>`; removed by `stop`. */
  newBucket: (name?: string) => Promise<string>;
  /** All keys of a bucket, sorted. */
  keys: (bucket: string) => Promise<string[]>;
  /** Removes the keys that are picked. */
  remove: (bucket: string, pick: (key: string) => boolean) => Promise<void>;
  stop: () => Promise<void>;
}>;

/** Starts it; credentials come from the environment from then on, as for the worker. */
export const startS3 = async (): Promise<TestS3> => {
  const given = process.env['IOLAUS_TEST_S3_ENDPOINT'];
  const own = given ? undefined : await startDemoS3({ buckets: [] });
  if (own) {
    process.env['AWS_ACCESS_KEY_ID'] = own.accessKey;
    process.env['AWS_SECRET_ACCESS_KEY'] = own.secretKey;
  }
  const endpoint = given ?? own!.endpoint;
  const region = process.env['AWS_REGION'] ?? 'us-east-1';
  const client = new S3Client({
    endpoint,
    region,
    forcePathStyle: true,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
  const buckets: string[] = [];
  const keys = async (bucket: string): Promise<string[]> => {
    const found: string[] = [];
    let token: string | undefined;
    do {
      const page = await client.send(
        new ListObjectsV2Command({ Bucket: bucket, ...(token !== undefined && { ContinuationToken: token }) }),
      );
      found.push(...(page.Contents ?? []).map(({ Key }) => Key!));
      token = page.IsTruncated ? page.NextContinuationToken : undefined;
    } while (token !== undefined);
    return found.sort();
  };
  return {
    endpoint,
    region,
    real: given !== undefined,
    client,
    keys,
    remove: async (bucket, pick) => {
      for (const key of (await keys(bucket)).filter(pick))
        await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }));
    },
    newBucket: async (bucket = `iolaus-test-${randomBytes(6).toString('hex')}`) => {
      await client.send(new CreateBucketCommand({ Bucket: bucket }));
      buckets.push(bucket);
      const grant = (action: string, resource: string) => ({
        Effect: 'Allow',
        Principal: '*',
        Action: action,
        Resource: resource,
      });
      const Policy = JSON.stringify({
        Version: '2012-10-17',
        Statement: [
          grant('s3:GetObject', `arn:aws:s3:::${bucket}/*`),
          grant('s3:ListBucket', `arn:aws:s3:::${bucket}`),
        ],
      });
      // The fake one takes a policy for the bucket's making again, and lets everybody read anyway.
      if (given) await client.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy }));
      return bucket;
    },
    stop: async () => {
      if (given) {
        for (const bucket of buckets) {
          for (const key of await keys(bucket))
            await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }));
          await client.send(new DeleteBucketCommand({ Bucket: bucket }));
        }
      }
      client.destroy();
      await own?.stop();
    },
  };
};
