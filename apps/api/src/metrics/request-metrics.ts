import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { collectDefaultMetrics, Counter, Histogram, Registry } from 'prom-client';

/** Seconds: from a page out of the cache to what a client gives up on. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
/** Where no route was found: any address may be asked for, and each would be a series of its own. */
const NO_ROUTE = 'none';

/** What the web server measures of itself: its requests, and what its process uses. */
@Injectable()
export class RequestMetrics {
  readonly registry = new Registry();
  private readonly requests = new Counter({
    name: 'http_requests_total',
    help: 'Requests that were answered; a route is an address with its names left open.',
    labelNames: ['method', 'route', 'code'],
    registers: [this.registry],
  });
  private readonly durations = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'How long an answer took to be sent whole. Streams of events, which end when their page is left, are not in it.',
    labelNames: ['method', 'route'],
    buckets: BUCKETS,
    registers: [this.registry],
  });

  constructor() {
    collectDefaultMetrics({ register: this.registry });
  }

  /** Counts a request that has its answer, which took so many milliseconds. */
  count({ method, routeOptions }: FastifyRequest, reply: FastifyReply, ms: number): void {
    const route = routeOptions.url ?? NO_ROUTE;
    this.requests.inc({ method, route, code: reply.statusCode });
    const type = reply.getHeader('content-type') ?? reply.raw.getHeader('content-type');
    if (!String(type).startsWith('text/event-stream')) this.durations.observe({ method, route }, ms / 1000);
  }
}
