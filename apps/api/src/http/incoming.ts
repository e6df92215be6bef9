import type { FastifyRequest } from 'fastify';
import type { Role, TokenScope } from '#domain';
import type { User } from '#accounts';
import type { Representation } from './negotiate.js';

/** Who asks: somebody signed in, or nobody in particular. */
export type Visitor = Readonly<{
  user?: User;
  /** of the user; by a token, those that its scope names too */
  roles: readonly Role[];
  /** the bearer token by which the user asks, instead of a session */
  token?: Readonly<{ id: string; scope: TokenScope }>;
  /** the session cookie, where one was shown */ session?: string;
}>;

/** A request as the edge left it for the controllers. */
export type Incoming = FastifyRequest & {
  visitor: Visitor;
  wants: Representation;
  correlationId: string;
  /** Up to which change of the read model was heard when it came; a request that no route takes has none. */
  changes?: string;
  /** What came through the door; typed by `Through` in the handler. */
  input: unknown;
};
