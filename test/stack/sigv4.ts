import { createHash, createHmac } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

const sha256 = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex');
const hmac = (key: string | Buffer, data: string): Buffer => createHmac('sha256', key).update(data).digest();

/** Keys that are known: the secret of each, and the session token that has to come with it. */
export type KnownKeys = Readonly<Record<string, Readonly<{ secret: string; token?: string }>>>;

const HEADER =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/;

/**
 * What is wrong with a request by the rules of Signature Version 4 and of Content-MD5, as a code of S3; undefined: nothing. Written
 * from AWS's description of the server's side, to judge a client by something that is not its own code.
 */
export const refusalOf = (
  { method, url = '/', headers }: IncomingMessage,
  body: Buffer,
  keys: KnownKeys,
  nowMs: number,
): string | undefined => {
  const header = (name: string): string => [headers[name] ?? ''].flat().join(',');
  const parsed = HEADER.exec(header('authorization'));
  if (!parsed) return 'AccessDenied';
  const [, id, day, region, names, signature] = parsed as unknown as [string, string, string, string, string, string];
  const key = keys[id];
  if (!key) return 'InvalidAccessKeyId';
  if (header('x-amz-security-token') !== (key.token ?? '')) return 'InvalidToken';
  const signed = names.split(';');
  const must = Object.keys(headers).filter(
    (name) => name === 'host' || name === 'content-md5' || name.startsWith('x-amz-'),
  );
  if (must.some((name) => !signed.includes(name))) return 'AccessDenied';
  const date = header('x-amz-date');
  const at = Date.parse(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
  if (!(Math.abs(at - nowMs) < 15 * 60_000) || !date.startsWith(day)) return 'RequestTimeTooSkewed';
  const payload = header('x-amz-content-sha256');
  if (payload.startsWith('STREAMING-')) return 'NotImplemented';
  if (payload !== 'UNSIGNED-PAYLOAD' && payload !== sha256(body)) return 'XAmzContentSHA256Mismatch';
  const [path = '', query = ''] = url.split('?', 2);
  const canonicalQuery = query
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => (pair.includes('=') ? pair : `${pair}=`))
    .sort()
    .join('&');
  const lines = signed.map((name) => `${name}:${header(name).trim().replace(/\s+/g, ' ')}\n`).join('');
  const canonical = [method, path, canonicalQuery, lines, names, payload].join('\n');
  const scope = `${day}/${region}/s3/aws4_request`;
  const derived = [day, region, 's3', 'aws4_request'].reduce<string | Buffer>(hmac, `AWS4${key.secret}`);
  const expected = hmac(derived, `AWS4-HMAC-SHA256\n${date}\n${scope}\n${sha256(canonical)}`).toString('hex');
  if (expected !== signature) return 'SignatureDoesNotMatch';
  const md5 = header('content-md5');
  if (md5 !== '' && md5 !== createHash('md5').update(body).digest('base64')) return 'BadDigest';
  return undefined;
};
