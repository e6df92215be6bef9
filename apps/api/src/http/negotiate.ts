import type { IncomingHttpHeaders } from 'node:http';

export type Representation = 'json' | 'html';

const JSON_TYPES = new Set(['application/json', 'text/x-json', 'application/*']);
const HTML_TYPES = new Set(['text/html', 'application/xhtml+xml', 'text/*']);

/** The quality that one range of an Accept header has; what is malformed counts as 1, as browsers expect. */
const quality = (parameters: readonly string[]): number => {
  const q = parameters.find((parameter) => parameter.trim().startsWith('q='));
  const value = q === undefined ? 1 : Number(q.trim().slice(2));
  return Number.isFinite(value) ? value : 1;
};

/**
 * What the client wants: JSON or a page. As Hydra's: by `Accept`; where it has no opinion, a JSON body asks for a JSON
 * answer; else a page. Everything under `/api` is for machines.
 */
export const negotiate = (headers: IncomingHttpHeaders, path: string): Representation => {
  let json = 0;
  let html = 0;
  for (const range of (headers.accept ?? '').split(',')) {
    const [type = '', ...parameters] = range.split(';');
    const name = type.trim().toLowerCase();
    if (JSON_TYPES.has(name)) json = Math.max(json, quality(parameters));
    if (HTML_TYPES.has(name)) html = Math.max(html, quality(parameters));
  }
  if (json !== html) return json > html ? 'json' : 'html';
  const isMachine = path.startsWith('/api/') || path === '/healthz';
  return isMachine || /^(application|text)\/(x-)?json\b/i.test(headers['content-type'] ?? '') ? 'json' : 'html';
};
