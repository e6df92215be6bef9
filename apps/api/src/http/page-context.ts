import type { ApiDependencies } from '../tokens.js';
import type { Incoming, Visitor } from './incoming.js';

/** What every page knows beside its own facts. */
export type PageContext = Readonly<{
  visitor: Visitor;
  /** path and query of this page */
  path: string;
  /** Unix milliseconds: what "3 minutes ago" counts from */
  now: number;
}>;

export const pageContext = (request: Incoming, { clock }: ApiDependencies): PageContext => ({
  visitor: request.visitor ?? { roles: [] },
  path: request.url,
  now: clock.now(),
});
