import { RequestMethod } from '@nestjs/common';
import { z } from 'zod';
import { type Door, doorKey } from '../http/door.js';
import { ANSWERS, commanded, problem } from './answers.js';
import { PARAMETERS, SUMMARIES } from './summaries.js';

type Controller = abstract new (...args: never[]) => unknown;
type Json = Readonly<Record<string, unknown>>;
type Route = Readonly<{ name: string; method: string; path: string; door: Door }>;

/** The name of what stands for the rest of a path, which may hold slashes. */
const REST = 'rest';

const joined = (...parts: readonly string[]): string => {
  const path = parts.flatMap((part) => part.split('/')).filter((part) => part !== '');
  return `/${path.map((part) => (part === '*' ? `{${REST}}` : part.replace(/^:(\w+)/, '{$1}'))).join('/')}`;
};

/** The routes of a controller, from what its decorators left. */
const routesOf = (controller: Controller): Route[] => {
  const base = Reflect.getMetadata('path', controller) as string;
  const handlers = controller.prototype as Record<string, object>;
  return Object.getOwnPropertyNames(controller.prototype).flatMap((name) => {
    if (name === 'constructor') return [];
    const handler = Object.getOwnPropertyDescriptor(handlers, name)?.value as object | undefined;
    const door = handler && (Reflect.getMetadata(doorKey, handler) as Door | undefined);
    if (!handler || !door) return [];
    const path = joined(base, Reflect.getMetadata('path', handler) as string);
    const method = RequestMethod[Reflect.getMetadata('method', handler) as number]!;
    return [{ name: `${controller.name.replace('Controller', '')}.${name}`, method, path, door }];
  });
};

const schemaOf = (schema: z.ZodType, io: 'input' | 'output'): Json => {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as Json & { $schema?: string };
  return rest;
};

const described = (where: 'path' | 'query', name: string): Json =>
  name in PARAMETERS[where] ? { description: PARAMETERS[where][name] } : {};

const parameters = (schema: z.ZodType, where: 'path' | 'query'): Json[] => {
  const { properties = {}, required = [] } = schemaOf(schema, 'input') as {
    properties?: Record<string, Json>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, one]) => ({
    name: name === '*' ? REST : name,
    in: where,
    required: where === 'path' || required.includes(name),
    ...described(where, name === '*' ? REST : name),
    schema: one,
  }));
};

const HEADERS = [
  {
    name: 'Idempotency-Key',
    in: 'header',
    required: false,
    description: 'The same key again is the same command; with another body it is refused (422).',
    schema: { type: 'string', maxLength: 255 },
  },
  {
    name: 'If-Match',
    in: 'header',
    required: false,
    description: 'The revision that is expected; 409 with the current one where it is another.',
    schema: { type: 'string' },
  },
];

const json = (schema: Json) => ({ 'application/json': { schema } });
const error = { description: 'Refused', content: json({ $ref: '#/components/schemas/Problem' }) };
const unavailable = { ...error, description: 'Not now: ask again after Retry-After seconds' };

const operation = ({ name, method, path, door }: Route): Json => {
  const answer = ANSWERS[`${method} ${path}`] ?? (door.signedIn && method !== 'GET' ? commanded : undefined);
  const body = schemaOf(door.body, 'input') as { properties?: object; required?: string[] };
  // What appends events can be tried, guarded and sent again.
  const appends = 'dry-run' in ((schemaOf(door.query, 'input') as { properties?: object }).properties ?? {});
  const takesBody = method !== 'GET' && (door.signed || Object.keys(body.properties ?? {}).length > 0);
  return {
    operationId: name,
    tags: [name.split('.')[0]],
    summary: SUMMARIES[`${method} ${path}`] ?? name,
    parameters: [...parameters(door.params, 'path'), ...parameters(door.query, 'query'), ...(appends ? HEADERS : [])],
    ...(takesBody
      ? {
          requestBody: {
            required: door.signed === true || (body.required ?? []).length > 0,
            content: json(door.signed ? { type: 'object' } : body),
          },
        }
      : {}),
    ...(door.signed
      ? { description: 'For a forge, which signs the bytes of the body: see the guide to webhooks.' }
      : {}),
    ...(door.signedIn ? { security: [{ session: [] }, { token: [] }] } : {}),
    responses: {
      '2XX': { description: 'Done', content: json(answer ? schemaOf(answer, 'output') : {}) },
      '3XX': { description: 'Elsewhere: see Location' },
      '4XX': error,
      // A farm that is not whole says in what.
      '503':
        path === '/healthz' && answer ? { ...unavailable, content: json(schemaOf(answer, 'output')) } : unavailable,
    },
  };
};

/** The OpenAPI 3.1 document of all routes: what they take, from their doors, and what they answer. `version`: of Iolaus. */
export const openApiDocument = (
  controllers: readonly Controller[],
  { version, baseUrl }: { version: string; baseUrl: string },
): Json => {
  const paths: Record<string, Record<string, Json>> = {};
  for (const route of controllers.flatMap(routesOf).sort((a, b) => (a.path < b.path ? -1 : 1)))
    (paths[route.path] ??= {})[route.method.toLowerCase()] = operation(route);
  return {
    openapi: '3.1.0',
    info: {
      title: 'Iolaus',
      version,
      description:
        'A continuous build system for Nix, with Hydra’s URLs and shapes. Every page is also JSON: ask with Accept: application/json.',
    },
    servers: [{ url: baseUrl }],
    paths,
    components: {
      schemas: { Problem: schemaOf(problem, 'output') },
      securitySchemes: {
        session: { type: 'apiKey', in: 'cookie', name: 'iolaus_session' },
        token: { type: 'http', scheme: 'bearer' },
      },
    },
  };
};
