import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type KnownKeys, refusalOf } from './sigv4.js';

/**
 * What happens to a request. `cut-before`: the connection breaks before S3 hears of it. `cut-after`: S3 does it, the answer is
 * lost. `cut-reply`: the answer breaks off half way. `corrupt`: a byte of the body changes after S3's checks, so that a server without
 * checks of its own stores it. `hang`: no answer ever. The others are refusals.
 */
export type Fault =
  'none' | '503' | '500' | 'cut-before' | 'cut-after' | 'cut-reply' | 'corrupt' | 'hang' | keyof typeof REFUSALS;

const REFUSALS = {
  expired: [400, 'ExpiredToken'],
  denied: [403, 'AccessDenied'],
  full: [403, 'QuotaExceeded'],
  'no-bucket': [404, 'NoSuchBucket'],
} as const;

/** Statuses of what the checks of a request say. */
const STATUS: Readonly<Record<string, number>> = {
  BadDigest: 400,
  XAmzContentSHA256Mismatch: 400,
  NotImplemented: 501,
};

/** A request as S3 answered it (0: it never heard of it). */
export type SeenRequest = Readonly<{ method: string; path: string; query: string; status: number }>;

export type S3Proxy = Readonly<{
  endpoint: string;
  /** In the order of their answers. */
  seen: SeenRequest[];
  /** Requests begun so far. */
  count: () => number;
  stop: () => Promise<void>;
}>;

const errorXml = (code: string): string =>
  `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>injected</Message></Error>`;

const bodyOf = async (incoming: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
};

/** Keys as the environment has them now. */
const environmentKeys = (): KnownKeys => ({
  [process.env['AWS_ACCESS_KEY_ID'] ?? '']: { secret: process.env['AWS_SECRET_ACCESS_KEY'] ?? '' },
});

/** Stands before an S3 server, is as strict about signatures and checksums as the real one, records what is asked, and breaks what `fault` says (asked with the number of the request, from 1). */
export const startS3Proxy = async (
  target: string,
  fault: (n: number, request: Readonly<{ method: string; path: string; query: string }>) => Fault,
  keys: () => KnownKeys = environmentKeys,
): Promise<S3Proxy> => {
  const { hostname, port } = new URL(target);
  const seen: SeenRequest[] = [];
  let count = 0;

  const forward = (incoming: IncomingMessage, body: Buffer): Promise<{ reply: IncomingMessage; body: Buffer }> =>
    new Promise((resolve, reject) => {
      const out = request(
        { hostname, port, method: incoming.method, path: incoming.url, headers: incoming.headers },
        (reply) => {
          bodyOf(reply).then((received) => resolve({ reply, body: received }), reject);
        },
      );
      out.on('error', reject);
      out.end(body);
    });

  const serve = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const what = {
      method: incoming.method ?? '',
      path: (incoming.url ?? '').replace(/\?.*$/, ''),
      query: /\?(.*)$/.exec(incoming.url ?? '')?.[1] ?? '',
    };
    const kind = fault((count += 1), what);
    if (kind === 'cut-before') {
      seen.push({ ...what, status: 0 });
      incoming.socket.destroy();
      return;
    }
    const refuse = (status: number, code: string): void => {
      seen.push({ ...what, status });
      outgoing.writeHead(status, { 'content-type': 'application/xml' });
      outgoing.end(what.method === 'HEAD' ? undefined : errorXml(code));
    };
    const body = await bodyOf(incoming);
    if (kind === 'hang') return;
    if (kind in REFUSALS) {
      const [status, code] = REFUSALS[kind as keyof typeof REFUSALS];
      return refuse(status, code);
    }
    const refusal = refusalOf(incoming, body, keys(), Date.now());
    if (refusal !== undefined) return refuse(STATUS[refusal] ?? 403, refusal);
    if (kind === '503' || kind === '500') {
      seen.push({ ...what, status: 0 });
      outgoing.writeHead(Number(kind), { 'content-type': 'application/xml' });
      outgoing.end(what.method === 'HEAD' ? undefined : errorXml(kind === '503' ? 'SlowDown' : 'InternalError'));
      return;
    }
    if (kind === 'corrupt' && body.length > 0) body[body.length >> 1]! ^= 0xff;
    const { reply, body: answer } = await forward(incoming, body);
    seen.push({ ...what, status: reply.statusCode ?? 0 });
    if (kind === 'cut-after') {
      incoming.socket.destroy();
      return;
    }
    outgoing.writeHead(reply.statusCode ?? 502, { ...reply.headers });
    if (kind === 'cut-reply' && answer.length > 1) {
      outgoing.write(answer.subarray(0, answer.length >> 1), () => incoming.socket.destroy());
      return;
    }
    outgoing.end(what.method === 'HEAD' ? undefined : answer);
  };

  const server = createServer((incoming, outgoing) => {
    serve(incoming, outgoing).catch(() => incoming.socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    count: () => count,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
