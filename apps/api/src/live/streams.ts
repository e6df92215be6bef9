import { Inject, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Problem } from '../http/problem.js';
import { type ApiDependencies, DEPENDENCIES } from '../tokens.js';
import { EventStream } from './sse.js';

/** Streams of one address, and of all: each holds a connection for as long as its client likes. */
const MOST = { address: 256, all: 2048 } as const;
const RETRY_SECONDS = 30;

/** Opens streams of events, as many as there may be. */
@Injectable()
export class Streams {
  private all = 0;
  private readonly byAddress = new Map<string, number>();

  constructor(@Inject(DEPENDENCIES) private readonly deps: Pick<ApiDependencies, 'signal'>) {}

  /** Takes the reply over. Throws a `Problem` 503 before that where there are too many. */
  open(request: FastifyRequest, reply: FastifyReply): EventStream {
    const { ip } = request;
    const here = this.byAddress.get(ip) ?? 0;
    if (here >= MOST.address || this.all >= MOST.all)
      throw new Problem(503, 'too many pages are kept up to date at once; try again later', {
        headers: { 'retry-after': String(RETRY_SECONDS) },
      });
    this.all++;
    this.byAddress.set(ip, here + 1);
    // Of a client that went away already, too, this is told.
    reply.raw.once('close', () => this.closed(ip));
    return new EventStream(request, reply, this.deps.signal);
  }

  private closed(ip: string): void {
    this.all--;
    const left = (this.byAddress.get(ip) ?? 1) - 1;
    if (left > 0) this.byAddress.set(ip, left);
    else this.byAddress.delete(ip);
  }
}
