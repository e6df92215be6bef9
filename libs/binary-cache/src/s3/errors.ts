/**
 * Why S3 did not do it. `transient`: worth another try later. `denied`: credentials or policy. `missing-bucket`, `full`: as they
 * say. `refused`: anything else that a repetition will not cure.
 */
export type S3ErrorKind = 'transient' | 'denied' | 'missing-bucket' | 'full' | 'refused';

/** A request that failed for good or was repeated in vain. The message names request, bucket, key and S3's own words; no credential. */
export class S3Error extends Error {
  override readonly name = 'S3Error';
  /** HTTP status, where a reply came */
  readonly status: number | undefined;
  /** S3's name of it, or the system's code */
  readonly code: string | undefined;
  constructor(
    readonly kind: S3ErrorKind,
    message: string,
    { status, code, ...options }: ErrorOptions & Readonly<{ status?: number | undefined; code?: string }> = {},
  ) {
    super(message, options);
    this.status = status;
    this.code = code;
  }
}

type SdkError = Readonly<{
  name?: string;
  code?: string;
  message?: string;
  $metadata?: Readonly<{ httpStatusCode?: number }>;
  $response?: Readonly<{ statusCode?: number }>;
}>;

const MISSING_BUCKET = new Set(['NoSuchBucket']);
const FULL = new Set(['QuotaExceeded', 'EntityTooLarge', 'InsufficientStorage', 'XMinioStorageFull']);
/** Refusals by status that another try may cure: lost or late bytes, clocks, tokens that are renewed, races of writers. */
const TRANSIENT = new Set([
  'BadDigest',
  'ConditionalRequestConflict',
  'CredentialsProviderError',
  'ExpiredToken',
  'ExpiredTokenException',
  'IncompleteBody',
  'InternalError',
  'OperationAborted',
  'RequestTimeTooSkewed',
  'RequestTimeout',
  'ServiceUnavailable',
  'SlowDown',
  'Throttling',
  'ThrottlingException',
  'TimeoutError',
  'TokenRefreshRequired',
  'XAmzContentSHA256Mismatch',
]);

/** HTTP status of an SDK error, where a reply came at all. */
export const statusOf = (error: unknown): number | undefined => {
  const { $metadata, $response } = error as SdkError;
  return $metadata?.httpStatusCode ?? $response?.statusCode;
};

/** S3's name of an error, or the system's code. */
export const codeOf = (error: unknown): string => {
  const { name, code } = error as SdkError;
  return (name === undefined || name === 'Error' ? code : name) ?? 'Error';
};

/** What kind of failure the SDK reports. */
export const kindOf = (error: unknown): S3ErrorKind => {
  const code = codeOf(error);
  const status = statusOf(error);
  if (TRANSIENT.has(code)) return 'transient';
  if (MISSING_BUCKET.has(code)) return 'missing-bucket';
  if (FULL.has(code) || status === 507 || status === 413) return 'full';
  // No reply: the connection was refused, cut, or spoke nonsense.
  if (status === undefined || status === 0 || status === 408 || status === 429) return 'transient';
  if (status >= 500 && status !== 501) return 'transient';
  // A reply of success that could not be read to its end.
  if (status < 300) return 'transient';
  return status === 401 || status === 403 ? 'denied' : 'refused';
};

/** Keys of Amazon, wherever a server quotes them. */
const ACCESS_KEY = /\b(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{12,}\b/g;

/** A text without the given secrets or anything that looks like an access key. */
export const scrub = (text: string, secrets: readonly string[]): string =>
  secrets
    .filter((secret) => secret.length > 3)
    .reduce((clean, secret) => clean.replaceAll(secret, '[hidden]'), text)
    .replace(ACCESS_KEY, '[hidden]');

/** The SDK's error as ours. */
export const toS3Error = (what: string, error: unknown, secrets: readonly string[]): S3Error => {
  if (error instanceof S3Error) return error;
  const status = statusOf(error);
  const message = (error as SdkError).message ?? String(error);
  const code = codeOf(error);
  const said = `${status === undefined ? '' : `${status} `}${code}${message && message !== code ? `: ${message}` : ''}`;
  // Without `cause`: the SDK's error holds the whole request, its signature included.
  return new S3Error(kindOf(error), scrub(`${what}: ${said}`, secrets), { status, code });
};
