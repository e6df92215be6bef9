import { createHash, createHmac } from 'node:crypto';

/** What a request is signed with; `sessionToken` where the credentials are temporary. */
export type SigningCredentials = Readonly<{ accessKeyId: string; secretAccessKey: string; sessionToken?: string }>;

export type UnsignedRequest = Readonly<{
  method: string;
  /** of the URL, with its port where that is not the protocol's own */
  host: string;
  /** as it is sent, escaped by `escapePath`, without a query */
  path: string;
  /** names in lower case */
  headers: Readonly<Record<string, string>>;
  /** of the URL, neither escaped nor sorted */
  query?: Readonly<Record<string, string>>;
  /** SHA-256 of the body in hex, or `UNSIGNED-PAYLOAD` */
  payload: string;
}>;

/** SHA-256 of nothing. */
export const EMPTY_PAYLOAD = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
export const UNSIGNED_PAYLOAD = 'UNSIGNED-PAYLOAD';

const escape = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);

/** The path of a key as S3 wants it: everything but `/` and RFC 3986's unreserved characters escaped, once. */
export const escapePath = (path: string): string => path.split('/').map(escape).join('/');

/** A query in the order and escaping that are signed. */
export const escapeQuery = (query: Readonly<Record<string, string>>): string =>
  Object.entries(query)
    .map(([name, value]): [string, string] => [escape(name), escape(value)])
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');

const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();

/** Keys are derived for a day, region and service: four HMACs that thousands of requests share. */
let derived: Readonly<{ id: string; key: Buffer }> | undefined;

const signingKey = (secret: string, day: string, region: string): Buffer => {
  const id = `${secret} ${day} ${region}`;
  if (derived?.id !== id) {
    const key = ['s3', 'aws4_request'].reduce(hmac, hmac(hmac(`AWS4${secret}`, day), region));
    derived = { id, key };
  }
  return derived.key;
};

/**
 * The headers of a request, signed by Signature Version 4 as S3 wants it (path escaped once). `nowMs`: the server's clock.
 * Source: AWS, "Authenticating Requests: Using the Authorization Header".
 */
export const signRequest = (
  { method, host, path, headers, query = {}, payload }: UnsignedRequest,
  { accessKeyId, secretAccessKey, sessionToken }: SigningCredentials,
  region: string,
  nowMs: number,
): Record<string, string> => {
  const time = new Date(nowMs).toISOString().replace(/[-:]|\.\d{3}/g, '');
  const scope = `${time.slice(0, 8)}/${region}/s3/aws4_request`;
  const signed: Record<string, string> = {
    ...headers,
    host,
    'x-amz-content-sha256': payload,
    'x-amz-date': time,
    ...(sessionToken !== undefined && { 'x-amz-security-token': sessionToken }),
  };
  const names = Object.keys(signed).sort();
  const lines = names.map((name) => `${name}:${signed[name]!.trim().replace(/ +/g, ' ')}\n`).join('');
  const canonical = [method, path, escapeQuery(query), lines, names.join(';'), payload].join('\n');
  const text = `AWS4-HMAC-SHA256\n${time}\n${scope}\n${createHash('sha256').update(canonical).digest('hex')}`;
  const signature = hmac(signingKey(secretAccessKey, time.slice(0, 8), region), text).toString('hex');
  const authorization = `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${names.join(';')}, Signature=${signature}`;
  return { ...signed, authorization };
};
