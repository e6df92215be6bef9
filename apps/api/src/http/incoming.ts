import type { FastifyRequest } from 'fastify';
import type { FormOf } from './form.js';
import type { Representation } from './negotiate.js';
import type { Visitor } from './visitor.js';

export type { Visitor } from './visitor.js';

/** A request as the edge left it for the controllers. */
export type Incoming = FastifyRequest & {
  visitor: Visitor;
  wants: Representation;
  correlationId: string;
  /** Up to which change of the read model was heard when it came; a request that no route takes has none. */
  changes?: string;
  /** The form of a page that sends such a request, once no other site can have sent it. */
  form?: FormOf;
  /** What came through the door; typed by `Through` in the handler. */
  input: unknown;
};
