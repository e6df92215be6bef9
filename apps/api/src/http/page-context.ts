import type { ApiDependencies } from '../tokens.js';
import type { Incoming, Visitor } from './incoming.js';

/** What every page knows beside its own facts. */
export type PageContext = Readonly<{
  visitor: Visitor;
  /** path and query of this page */
  path: string;
  /** where to sign in, to come back here */
  signInPath: string;
  /** of this farm, without a slash at its end */
  baseUrl: string;
  /** Unix milliseconds: what "3 minutes ago" counts from */
  now: number;
  /** whether an order without a reason is refused */
  wantsReason: boolean;
  /** the mark from which on the page has to be told of changes */
  changes?: string;
}>;

/** The longest address that the form sends on. */
const MAX_NEXT = 2000;

/** Nobody comes back to the overview that is gone to anyway, nor to what was answered to a form. */
const signInPath = ({ method, url }: Pick<Incoming, 'method' | 'url'>): string =>
  method !== 'GET' || url === '/' || /^\/login\b/.test(url) || url.length > MAX_NEXT
    ? '/login'
    : `/login?next=${encodeURIComponent(url)}`;

export const pageContext = (request: Incoming, { clock, config }: ApiDependencies): PageContext => ({
  visitor: request.visitor ?? { roles: [] },
  path: request.url,
  signInPath: signInPath(request),
  baseUrl: config.web.baseUrl,
  now: clock.now(),
  wantsReason: config.web.requireReason,
  ...(request.changes === undefined ? {} : { changes: request.changes }),
});
