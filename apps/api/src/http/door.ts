import { applyDecorators, createParamDecorator, type ExecutionContext, SetMetadata } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { z } from 'zod';
import { badInput, type Problem } from './problem.js';
import { type FormOf, REASON_FORM } from './form.js';
import { flagParam, text } from './text.js';
import type { Incoming } from './incoming.js';

/** What a route takes in: every part has a schema, and what no schema names is refused by name. */
export type Door<P = unknown, Q = unknown, B = unknown> = Readonly<{
  params: z.ZodType<P>;
  query: z.ZodType<Q>;
  body: z.ZodType<B>;
  /** A command: nobody gets in without being signed in. */
  signedIn: boolean;
  /** Another machine says who it is by signing the body, which comes as its bytes: no session and no token is looked at. */
  signed?: boolean;
  /** Whoever asks is not even looked up: for what must answer without a database. */
  anonymous?: boolean;
  /** What a page asks for to send it: what is refused comes back in it. */
  form?: FormOf;
}>;

/** What came through a door. */
export type Through<D> = D extends Door<infer P, infer Q, infer B> ? Readonly<{ params: P; query: Q; body: B }> : never;

type Shape = z.ZodRawShape;
type Parts<P extends Shape, Q extends Shape, B extends Shape> = { params?: P; query?: Q; body?: B };

/** What all commands take beside their own. */
const commandQuery = { 'dry-run': flagParam.optional() };
const commandBody = { reason: text(1000).optional() };

type Object<S extends Shape> = z.output<z.ZodObject<S, z.core.$strict>>;

/** A route that reads. */
export const door = <
  P extends Shape = Record<never, never>,
  Q extends Shape = Record<never, never>,
  B extends Shape = Record<never, never>,
>({
  params,
  query,
  body,
}: Parts<P, Q, B>): Door<Object<P>, Object<Q>, Object<B>> =>
  ({
    params: z.strictObject(params ?? {}),
    query: z.strictObject(query ?? {}),
    body: z.strictObject(body ?? {}),
    signedIn: false,
  }) as unknown as Door<Object<P>, Object<Q>, Object<B>>;

/** A route that commands: also takes `?dry-run=1` and a `reason`. */
export const commandDoor = <
  P extends Shape = Record<never, never>,
  Q extends Shape = Record<never, never>,
  B extends Shape = Record<never, never>,
>(
  parts: Parts<P, Q, B>,
) =>
  ({
    ...door({
      ...parts,
      query: { ...parts.query, ...commandQuery },
      body: { ...parts.body, ...commandBody },
    }),
    signedIn: true,
    form: REASON_FORM,
  }) as unknown as Door<Object<P>, Object<Q & typeof commandQuery>, Object<B & typeof commandBody>>;

/** The same door, of a form with fields of its own. */
export const withForm = <P, Q, B>(entrance: Door<P, Q, B>, form: FormOf): Door<P, Q, B> => ({ ...entrance, form });

/** A route for machines that sign what they send: its handler checks the signature of the body's bytes before it reads them. */
export const signedDoor = () =>
  ({
    params: z.strictObject({}),
    query: z.strictObject({}),
    body: z.unknown().transform((body) => (Buffer.isBuffer(body) ? body : Buffer.alloc(0))),
    signedIn: false,
    signed: true,
  }) as unknown as Door<Object<Record<never, never>>, Object<Record<never, never>>, Buffer>;

/** A route that changes an account or its preferences: `?dry-run=1` is refused, for these are no events. */
export const accountDoor = <P extends Shape = Record<never, never>, B extends Shape = Record<never, never>>(
  parts: Omit<Parts<P, Record<never, never>, B>, 'query'>,
) =>
  ({
    ...door({ ...parts, body: { ...parts.body, ...commandBody } }),
    signedIn: true,
    form: REASON_FORM,
  }) as unknown as Door<Object<P>, Object<Record<never, never>>, Object<B & typeof commandBody>>;

const DOOR = 'iolaus:door';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** the door's `signed`: its body is read before any door is looked at */
    signed?: true;
  }
}

/** Puts a door before a handler. A route without one is refused by the guard: nothing comes in unchecked. */
export const By = (entrance: Door<never, never, never> | Door): MethodDecorator =>
  applyDecorators(SetMetadata(DOOR, entrance), ...(entrance.signed ? [RouteConfig({ signed: true })] : []));
export const doorKey = DOOR;

/** Hands the handler what came through its door. */
export const Input = createParamDecorator(
  (_: unknown, context: ExecutionContext) => context.switchToHttp().getRequest<Incoming>().input,
);

/** The first broken rule of a schema as the client spelt its field. */
export const brokenRule = (error: z.ZodError, at: readonly string[] = []): Problem => {
  const issue = error.issues[0]!;
  const path = [...at, ...issue.path.map(String)];
  if (issue.code === 'unrecognized_keys') {
    const key = issue.keys[0]!;
    const why = key === 'dry-run' ? 'is of no use here: no event would come of it' : 'is not known here';
    return badInput([...path, key].join('.'), why);
  }
  const { rule, at: below } = ruleOf(issue);
  return badInput([...path, ...below].join('.') || 'body', rule);
};

/** What zod says by itself: about its types, which people do not write. */
const ITS_OWN = /^(Invalid |Too )/;
const KINDS: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'an object',
  array: 'a list',
  record: 'an object',
};

type Said = Readonly<{ rule: string; /** where below the issue's own path */ at: readonly string[] }>;

/** A broken rule in our words; of a choice between schemas, the rule of the one that comes nearest. */
const ruleOf = (issue: z.core.$ZodIssue): Said => {
  if (issue.code === 'invalid_type' && issue.input === undefined) return { rule: 'is required', at: [] };
  if (!ITS_OWN.test(issue.message)) return { rule: issue.message, at: [] };
  if (issue.code === 'invalid_type') {
    const kind = KINDS[issue.expected] ?? 'of another kind';
    // What comes twice in a query is a list.
    return { rule: kind === 'a text' && Array.isArray(issue.input) ? 'must be given once' : `must be ${kind}`, at: [] };
  }
  if (issue.code === 'invalid_union') {
    if (issue.input === undefined) return { rule: 'is required', at: [] };
    const said = issue.errors.flatMap(([first]) => (first ? [{ ...ruleOf(first), path: first.path.map(String) }] : []));
    const nearest = said.sort((a, b) => b.path.length - a.path.length || rank(a.rule) - rank(b.rule))[0];
    if (nearest) return { rule: nearest.rule, at: [...nearest.path, ...nearest.at] };
  }
  return { rule: VAGUE, at: [] };
};

const VAGUE = 'is not one of the values that can stand here';
/** The more a rule says, the better it is: one about a kind is the last but one. */
const rank = (rule: string): number => (rule === VAGUE ? 2 : Object.values(KINDS).includes(rule.slice(8)) ? 1 : 0);

/** Parses what a form amounts to; throws the `Problem` that names the field. */
export const parse = <T>(schema: z.ZodType<T>, value: unknown): T => {
  const parsed = schema.safeParse(value, { reportInput: true });
  if (!parsed.success) throw brokenRule(parsed.error);
  return parsed.data;
};

/** Parses a part of a body that is put together from more than the request; throws the `Problem` that names the field below `at`. */
export const parseAt = <T>(at: string, schema: z.ZodType<T>, value: unknown): T => {
  const parsed = schema.safeParse(value, { reportInput: true });
  if (!parsed.success) throw brokenRule(parsed.error, [at]);
  return parsed.data;
};

/** Lets a request in, or throws the `Problem` that names what is wrong with it. */
export const enter = (entrance: Door, request: Pick<Incoming, 'params' | 'query' | 'body'>): Through<Door> => ({
  params: parse(entrance.params, { ...(request.params as object) }),
  query: parse(entrance.query, { ...(request.query as object) }),
  body: parse(entrance.body, request.body ?? {}),
});
