import { toS3Error } from './errors.js';

const sdk = (name: string, status: number | undefined, message = '') =>
  Object.assign(new Error(message), { name, $metadata: { httpStatusCode: status } });

describe('what the SDK throws', () => {
  it.each([
    ['SlowDown', 503, 'transient'],
    ['InternalError', 500, 'transient'],
    ['BadDigest', 400, 'transient'],
    ['ExpiredToken', 400, 'transient'],
    ['ECONNRESET', undefined, 'transient'],
    ['CredentialsProviderError', undefined, 'transient'],
    ['UnknownError', 429, 'transient'],
    ['AccessDenied', 403, 'denied'],
    ['InvalidAccessKeyId', 403, 'denied'],
    ['NoSuchBucket', 404, 'missing-bucket'],
    ['QuotaExceeded', 403, 'full'],
    ['UnknownError', 413, 'full'],
    ['NotImplemented', 501, 'refused'],
    ['InvalidArgument', 400, 'refused'],
  ] as const)('%s with status %s is %s', (name, status, kind) => {
    expect(toS3Error('PUT s3://b/k', sdk(name, status), []).kind).toBe(kind);
  });

  it('is told without a credential and without the request it was about', () => {
    const error = toS3Error(
      'PUT s3://b/k',
      sdk('AccessDenied', 403, 'AKIAIOSFODNN7EXAMPLE may not, with wJalrXUtnFEMI'),
      ['wJalrXUtnFEMI'],
    );
    expect(error.message).toBe('PUT s3://b/k: 403 AccessDenied: [hidden] may not, with [hidden]');
    expect(error.cause).toBeUndefined();
  });
});
