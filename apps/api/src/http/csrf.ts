import type { IncomingHttpHeaders } from 'node:http';
import { Problem } from './problem.js';

const hostOf = (url: string): string | undefined => (URL.canParse(url) ? new URL(url).host : undefined);

/** Methods that change nothing. */
export const isSafe = (method: string): boolean => ['GET', 'HEAD', 'OPTIONS'].includes(method);

/**
 * Refuses a state change that another site may have made a browser send. Browsers always send `Origin` with POST, PUT and
 * DELETE, and our pages' referrer policy keeps both; other clients say `Origin` or `Referer` themselves, as Hydra asks of
 * them. Whoever shows no cookie has nothing to lose and need not say.
 */
export const refuseForgery = (headers: IncomingHttpHeaders, baseUrl: string, hasCookie: boolean): void => {
  const refuse = (rule: string): never => {
    throw new Problem(403, `this request may come from another site: ${rule}`, { field: 'Origin', rule });
  };
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') refuse('Sec-Fetch-Site must be same-origin');
  const from = headers.origin ?? headers.referer;
  if (from === undefined) {
    if (hasCookie) refuse(`send the header Origin: ${baseUrl}`);
    return;
  }
  const host = hostOf(from);
  if (host === undefined || (host !== headers.host && host !== hostOf(baseUrl))) refuse(`Origin must be ${baseUrl}`);
};
