import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { Place } from './place.js';
import { codeOf } from './errors.js';
import { EMPTY_PAYLOAD, escapePath, escapeQuery, signRequest, UNSIGNED_PAYLOAD } from './sign.js';
import type { Reply, Transport } from './transport.js';

/** A request for one object, before it is signed. */
export type ObjectRequest = Readonly<{
  method: 'GET' | 'HEAD' | 'PUT';
  key: string;
  query?: Readonly<Record<string, string>>;
  headers?: Readonly<Record<string, string>>;
  body?: Buffer | (() => Readable);
  /** SHA-256 of the body in hex; a body in memory is hashed where it is not given. */
  sha256?: string;
}>;

/** What a refusal looks like when the SDK throws it. */
const refusal = (status: number, code: string, message: string): Error =>
  Object.assign(new Error(message), { name: code, $metadata: { httpStatusCode: status } });

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };
const element = (xml: string, name: string): string | undefined =>
  new RegExp(`<${name}>([^<]*)</${name}>`)
    .exec(xml)?.[1]
    ?.replace(/&(lt|gt|amp|quot|apos);/g, (_, entity: string) => ENTITIES[entity]!);

const STATUS_CODES: Readonly<Record<number, string>> = { 403: 'Forbidden', 404: 'NotFound' };

const errorOf = ({ status, body }: Reply): Error => {
  const xml = body.toString('utf8', 0, 8192);
  const code = element(xml, 'Code') ?? STATUS_CODES[status] ?? 'UnknownError';
  return refusal(status, code, element(xml, 'Message') ?? code);
};

/** Refusals of credentials that were good once. */
const EXPIRED = new Set(['ExpiredToken', 'ExpiredTokenException', 'TokenRefreshRequired', 'InvalidToken']);
/** Beyond this S3 refuses: its own bound is 15 minutes. */
const MOST_SKEW_MS = 5 * 60_000;

/**
 * Requests for objects, signed by us and sent without the SDK, which spends several times the time of all the rest on each. Its
 * credentials are used, and asked for anew where the server says that they have expired.
 */
export class SignedRequests {
  private skewMs = 0;

  constructor(
    private place: Place,
    private readonly transport: Transport,
    private readonly now: () => number,
    /** Where the bucket turns out to be elsewhere. */
    private readonly move: (region: string) => Promise<Place>,
  ) {}

  /** Throws, as the SDK does, what is no reply or a refusal. */
  async send({ method, key, query, headers = {}, body, sha256 }: ObjectRequest): Promise<Reply> {
    const { client, url, region } = this.place;
    const credentials = await client.config.credentials();
    const path = `${url.pathname.replace(/\/$/, '')}/${escapePath(key)}`;
    const payload = body === undefined ? EMPTY_PAYLOAD : (sha256 ?? payloadOf(body));
    const length: Record<string, string> = Buffer.isBuffer(body) ? { 'content-length': String(body.length) } : {};
    const signed = signRequest(
      { method, host: url.host, path, headers: { ...headers, ...length }, ...(query && { query }), payload },
      credentials,
      region,
      this.now() + this.skewMs,
    );
    const reply = await this.transport.send(url, {
      method,
      target: query ? `${path}?${escapeQuery(query)}` : path,
      headers: typeof body === 'function' ? { ...signed, expect: '100-continue' } : signed,
      ...(body !== undefined && { body }),
    });
    if (reply.status >= 200 && reply.status < 300) return reply;
    throw (await this.cure(reply, method, region, credentials)) ?? errorOf(reply);
  }

  /** Asks for credentials anew where those we have are said to have expired. */
  async renew(error: unknown): Promise<void> {
    if (EXPIRED.has(codeOf(error))) await this.place.client.config.credentials({ forceRefresh: true });
  }

  /** Whether what was refused may be right the next time: then an error that is repeated. */
  private async cure(
    reply: Reply,
    method: string,
    region: string,
    used: Readonly<{ accessKeyId: string; sessionToken?: string }>,
  ): Promise<Error | undefined> {
    const { status, headers } = reply;
    const elsewhere = headers['x-amz-bucket-region'];
    if ([301, 307, 400].includes(status) && typeof elsewhere === 'string' && elsewhere !== region) {
      this.place = await this.move(elsewhere);
      return refusal(503, 'ServiceUnavailable', `the bucket is in ${elsewhere}`);
    }
    if (![400, 401, 403].includes(status)) return undefined;
    const server = Date.parse(headers.date ?? '');
    if (Math.abs(server - this.now() - this.skewMs) > MOST_SKEW_MS) {
      this.skewMs = server - this.now();
      return refusal(status, 'RequestTimeTooSkewed', 'the clock here is wrong: going by that of the server');
    }
    const error = errorOf(reply);
    // The answer to a HEAD names no reason.
    if (!EXPIRED.has(codeOf(error)) && method !== 'HEAD') return undefined;
    const fresh = await this.place.client.config.credentials({ forceRefresh: true });
    const same = fresh.accessKeyId === used.accessKeyId && fresh.sessionToken === used.sessionToken;
    return same ? undefined : refusal(status, 'ExpiredToken', 'the credentials had expired');
  }
}

const payloadOf = (body: Buffer | (() => Readable)): string =>
  Buffer.isBuffer(body) ? createHash('sha256').update(body).digest('hex') : UNSIGNED_PAYLOAD;
