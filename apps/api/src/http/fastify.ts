import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { uuidv7 } from '#runtime';
import type { ApiDependencies } from '../tokens.js';
import { serveAssets } from './assets.js';
import type { Incoming } from './incoming.js';
import type { RequestMetrics } from '../metrics/request-metrics.js';
import type { RouteTable } from './methods.js';
import { negotiate } from './negotiate.js';
import { badInput, Problem } from './problem.js';

/** A jobset with 500 inputs fits; what is larger is no command. */
const BODY_LIMIT = 1024 * 1024;
/** Names of 255 characters, percent-encoded. */
const MAX_PARAM = 2500;
/** Of what comes through a signed door: it goes to the handler as it is, for what counts is what was signed. Forges send up to 25 MB. */
const SIGNED_BODY_LIMIT = 25 * 1024 * 1024;
/** Bodies larger than a command's that may be on their way at once: nobody knows yet whether who sends them knows a secret. */
const MOST_LARGE_BODIES = 8;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const SECURITY = {
  'content-security-policy':
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'same-origin',
  'x-frame-options': 'DENY',
  'cross-origin-opener-policy': 'same-origin',
  vary: 'Accept',
} as const;

const utf8 = (body: Buffer): string => {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(body);
  } catch {
    throw badInput('body', 'must be valid UTF-8');
  }
};

/**
 * Reads a form. A name that ends with `[]` gives a list; another one that comes twice is refused, since which one counts is
 * anybody's guess. A browser ends the lines of a text with CR LF, whatever they ended with in what it was given: they come in as LF.
 */
const parseForm = (body: string): Record<string, string | string[]> => {
  checkEncoding('body', body);
  const fields = new Map<string, string | string[]>();
  for (const [name, sent] of new URLSearchParams(body)) {
    const value = sent.replaceAll('\r\n', '\n');
    const list = fields.get(name);
    if (name.endsWith('[]')) {
      if (Array.isArray(list)) list.push(value);
      else fields.set(name, [value]);
      continue;
    }
    if (fields.has(name)) throw badInput(name, 'must be given once');
    fields.set(name, value);
  }
  return Object.fromEntries(fields);
};

const parseJson = (body: string): unknown => {
  if (body.trim() === '') return undefined;
  try {
    return JSON.parse(body, (key, value: unknown) => {
      if (key === '__proto__') throw badInput(key, 'is not known here');
      return value;
    });
  } catch (error) {
    if (error instanceof SyntaxError) throw badInput('body', `must be JSON: ${error.message}`);
    // Whoever revives values goes down as deep as they are nested.
    if (error instanceof RangeError) throw badInput('body', 'must not be nested so deeply');
    throw error;
  }
};

/** Refuses percent-encoding that is malformed or hides bytes that are no UTF-8, and NUL. */
function checkEncoding(field: string, encoded: string): void {
  let decoded: string;
  try {
    decoded = decodeURIComponent(encoded);
  } catch {
    throw badInput(field, 'must be percent-encoded UTF-8');
  }
  if (decoded.includes('\0')) throw badInput(field, 'must not hold a NUL character');
}

/** Fastify as we want it under Nest: bounds, request ids, security headers, strict decoding. */
export const createAdapter = ({ clock, logger, config }: ApiDependencies): FastifyAdapter =>
  new FastifyAdapter({
    bodyLimit: BODY_LIMIT,
    routerOptions: { maxParamLength: MAX_PARAM },
    requestTimeout: 60_000,
    forceCloseConnections: true,
    // Whose X-Forwarded-For says where a request comes from; anybody else could write there what they like.
    trustProxy: config.web.trustedProxies.length > 0 ? [...config.web.trustedProxies] : false,
    genReqId: () => uuidv7(clock),
    // Before any hook of ours runs: a path that cannot be decoded at all.
    frameworkErrors: (error: FastifyError, _request: FastifyRequest, reply: FastifyReply) => {
      logger.debug({ err: error }, 'a request that could not be read');
      void reply
        .status(400)
        .headers(SECURITY)
        .send({ error: 'url must be percent-encoded UTF-8', field: 'url', rule: 'must be percent-encoded UTF-8' });
    },
  });

const parsed =
  <T>(parse: (body: string) => T) =>
  ({ routeOptions }: FastifyRequest, body: Buffer, done: (error: Error | null, value?: T | Buffer) => void): void => {
    try {
      done(null, routeOptions.config.signed ? body : parse(utf8(body)));
    } catch (error) {
      done(error as Error);
    }
  };

/** What happens to every request before Nest sees it. */
export const prepare = async (
  fastify: FastifyInstance,
  { logger, clock }: ApiDependencies,
  { routes, requests }: Readonly<{ routes: RouteTable; requests: RequestMetrics }>,
): Promise<void> => {
  fastify.addHook('onRoute', (route) => {
    routes.add(route.url, route.method);
    if (route.config?.signed) route.bodyLimit = SIGNED_BODY_LIMIT;
  });
  await serveAssets(fastify);
  fastify.addContentTypeParser(['application/json', 'text/x-json'], { parseAs: 'buffer' }, parsed(parseJson));
  fastify.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'buffer' }, parsed(parseForm));
  const started = new WeakMap<object, number>();
  fastify.addHook('onRequest', async (raw, reply) => {
    const request = raw as Incoming;
    started.set(request, clock.now());
    const given = request.headers['x-correlation-id'];
    request.correlationId = typeof given === 'string' && UUID.test(given) ? given.toLowerCase() : request.id;
    request.wants = negotiate(request.headers, request.url);
    void reply.headers({ ...SECURITY, 'x-request-id': request.id });
    // What a page shows depends on who looks.
    if (!request.url.startsWith('/assets/')) void reply.header('cache-control', 'private, no-cache');
    checkEncoding('url', request.url.replaceAll('+', '%20'));
  });
  let largeBodies = 0;
  fastify.addHook('onRequest', async ({ routeOptions, headers }, reply) => {
    if (!routeOptions.config.signed) return;
    if (Number(headers['content-length'] ?? Infinity) <= BODY_LIMIT) return;
    if (largeBodies >= MOST_LARGE_BODIES)
      throw new Problem(503, 'too many large bodies are on their way; send it again', {
        headers: { 'retry-after': '5' },
      });
    largeBodies++;
    reply.raw.once('close', () => largeBodies--);
  });
  fastify.addHook('onResponse', async (raw, reply) => {
    const { id, correlationId, method, url, visitor } = raw as Incoming;
    const ms = clock.now() - (started.get(raw) ?? clock.now());
    const user = visitor?.user?.id;
    requests.count(raw, reply, ms);
    logger.info({ requestId: id, correlationId, method, url, status: reply.statusCode, ms, user }, 'request');
  });
};
