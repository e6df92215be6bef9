import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** Keeps proxies and browsers from taking a quiet stream for a dead one. */
const COMMENT_MS = 15_000;

/**
 * A stream of server-sent events on a plain reply: Nest's own numbers messages without an id itself, and a browser that
 * comes back with such a number would hear a log again from the start.
 */
export class EventStream {
  /** Aborted when the client went away or the process ends. */
  readonly signal: AbortSignal;
  private readonly response: ServerResponse;
  private readonly timer: NodeJS.Timeout;

  constructor(request: FastifyRequest, reply: FastifyReply, stop: AbortSignal) {
    const gone = new AbortController();
    this.response = reply.raw;
    reply.hijack();
    this.response.writeHead(200, {
      ...(reply.getHeaders() as Record<string, string>),
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
      connection: 'keep-alive',
    });
    this.signal = AbortSignal.any([gone.signal, stop]);
    this.response.on('close', () => gone.abort());
    // A client that is reset in the middle of a write: 'close' follows and ends the stream.
    this.response.on('error', () => gone.abort());
    this.timer = setInterval(() => this.response.write(':\n\n'), COMMENT_MS);
    this.signal.addEventListener('abort', () => this.end(), { once: true });
    if (this.signal.aborted || request.method === 'HEAD') this.end();
    else this.response.write('retry: 1000\n\n');
  }

  /** Sends one message; waits while the client does not keep up. `data` is one line. */
  async send(event: string, id: string, data: string): Promise<void> {
    if (this.response.writableEnded) return;
    if (this.response.write(`event: ${event}\nid: ${id}\ndata: ${data}\n\n`)) return;
    await once(this.response, 'drain', { signal: this.signal }).catch((error: Error) => {
      // Waiting for a client that left is over, not wrong.
      if (!this.signal.aborted) throw error;
    });
  }

  end(): void {
    clearInterval(this.timer);
    if (!this.response.writableEnded) this.response.end();
  }
}
