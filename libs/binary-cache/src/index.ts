/** Upload of store paths to S3, and the logs of attempts. */
export * from './collect/index.js';
export * from './verify/index.js';
export * from './log-store/index.js';
export { openBucket, type BucketOptions } from './s3/client.js';
export type { Body, Bucket, ListedObject, ObjectInfo, PutOptions } from './s3/bucket.js';
export { S3Error, type S3ErrorKind } from './s3/errors.js';
export { DEFAULT_RETRY, type RetryPolicy } from './s3/retry.js';
export {
  createUploader,
  MissingPathError,
  type UploadedPath,
  type Uploader,
  type UploaderOptions,
  type UploadProgress,
} from './upload/uploader.js';
export { DamagedPathError } from './upload/nar-object.js';
export type { Compression } from './upload/pack.js';
export { createLimit, type Limit } from './upload/limit.js';
