import { Agent as HttpAgent, type IncomingMessage, request as httpRequest, type RequestOptions } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Readable } from 'node:stream';

export type Reply = Readonly<{ status: number; headers: IncomingMessage['headers']; body: Buffer }>;

export type Sent = Readonly<{
  method: string;
  /** path and query as they are sent */
  target: string;
  headers: Readonly<Record<string, string>>;
  /** A stream is begun only once the server said that it wants it. */
  body?: Buffer | (() => Readable);
}>;

export type TransportOptions = Readonly<{
  /** Requests at once. */
  maxSockets: number;
  connectMs: number;
  /** A connection on which nothing moves for so long is given up. */
  idleMs: number;
  signal: AbortSignal;
}>;

/** Plain requests to one server over connections that are kept. Rejects where no whole reply came; a status is an answer. */
export type Transport = Readonly<{ send: (url: URL, sent: Sent) => Promise<Reply>; close: () => void }>;

/** What goes wrong below HTTP, named as the SDK names it. */
const timeoutError = (what: string): Error => Object.assign(new Error(what), { name: 'TimeoutError' });

/** Servers that do not know `Expect: 100-continue` say nothing: then the body goes out anyway, after so many milliseconds. */
const CONTINUE_MS = 1_000;
/** S3 answers what we ask singly with little. */
const MOST_BYTES = 64 * 1024 * 1024;

const bodyOf = async (reply: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of reply as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MOST_BYTES) throw new Error(`the reply is larger than ${MOST_BYTES} bytes`);
    chunks.push(chunk);
  }
  // A reply that breaks off is no reply.
  if (!reply.complete) throw Object.assign(new Error('the reply broke off'), { code: 'ECONNRESET' });
  return Buffer.concat(chunks);
};

export const createTransport = ({ maxSockets, connectMs, idleMs, signal }: TransportOptions): Transport => {
  const settings = { keepAlive: true, maxSockets };
  const [http, https] = [new HttpAgent(settings), new HttpsAgent(settings)];

  const send = (url: URL, { method, target, headers, body }: Sent): Promise<Reply> =>
    new Promise((resolve, reject) => {
      const options: RequestOptions = {
        hostname: url.hostname.replace(/^\[(.*)\]$/, '$1'),
        port: url.port,
        method,
        path: target,
        headers,
        signal,
      };
      const out =
        url.protocol === 'https:'
          ? httpsRequest({ ...options, agent: https })
          : httpRequest({ ...options, agent: http });
      let stream: Readable | undefined;
      let replied = false;
      const timers: NodeJS.Timeout[] = [];
      const settle = (): void => {
        timers.forEach((timer) => clearTimeout(timer));
        stream?.destroy();
      };
      out.once('socket', (socket) => {
        if (!socket.connecting) return;
        const timer = setTimeout(() => out.destroy(timeoutError(`no connection within ${connectMs} ms`)), connectMs);
        const done = (): void => clearTimeout(timer);
        socket.once('connect', done).once('close', done);
      });
      out.setTimeout(idleMs, () => out.destroy(timeoutError(`nothing moved for ${idleMs} ms`)));
      // A server that refuses early closes while we still write: its reply counts.
      out.on('error', (error) => {
        settle();
        if (!replied) reject(error);
      });
      out.once('response', (reply) => {
        replied = true;
        bodyOf(reply).then(
          (received) => {
            settle();
            // The rest of a body that nobody wants would go into the next request.
            if (!out.writableEnded) out.destroy();
            resolve({ status: reply.statusCode ?? 0, headers: reply.headers, body: received });
          },
          (error: unknown) => {
            settle();
            out.destroy();
            reject(error);
          },
        );
      });
      if (typeof body !== 'function') {
        out.end(body);
        return;
      }
      const begin = (): void => {
        timers.forEach((timer) => clearTimeout(timer));
        if (stream !== undefined || replied || out.destroyed) return;
        stream = body();
        stream.on('error', (error) => out.destroy(error));
        stream.pipe(out);
      };
      out.once('continue', begin);
      timers.push(setTimeout(begin, CONTINUE_MS));
      out.flushHeaders();
    });

  return {
    send,
    close: () => {
      http.destroy();
      https.destroy();
    },
  };
};
