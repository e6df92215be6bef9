import type { Readable } from 'node:stream';
import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { from, mergeMap, type Observable } from 'rxjs';
import type { ApiDependencies } from '../tokens.js';
import type { Incoming } from './incoming.js';
import { type PageContext, pageContext } from './page-context.js';

/** A page, for whoever looks at it. */
export type Html = (page: PageContext) => JSX.Element;

/** What a controller answers: the same fact as JSON and as a page; the interceptor gives what the client wants. */
export type Answer = Readonly<{
  status?: number;
  headers?: Readonly<Record<string, string>>;
  /** What is JSON, or a promise of it. */
  json?: () => unknown;
  html?: Html;
  /** Neither of the two: a script, a CSV file. Goes before them. */
  text?: Readonly<{ /** media type with its charset */ type: string; body: string }>;
  /** Bytes as they come, with all that is to be said of them. Goes before all others. */
  stream?: Readonly<{ headers: Readonly<Record<string, string>>; body: Readable }>;
  /** Where else to look. A page's client is sent there (303 after a form, else `status` or 302); a JSON client too where there is no `json`. */
  redirect?: string;
}>;

const HTML = 'text/html; charset=utf-8';
const JSON_TYPE = 'application/json; charset=utf-8';

/** What moved for good is asked there for what it was asked for here: pages of lists go on. */
const asAsked = (redirect: string, url: string): string => {
  const query = url.indexOf('?');
  return query === -1 || redirect.includes('?') ? redirect : redirect + url.slice(query);
};

/** Writes an answer in the representation that the request wants; the body that is still to be sent comes back. */
export const give = async (answer: Answer, request: Incoming, reply: FastifyReply, deps: ApiDependencies) => {
  const { json, html, redirect, headers = {} } = answer;
  void reply.headers(headers);
  if (answer.stream !== undefined) {
    void reply.status(answer.status ?? 200).headers(answer.stream.headers);
    return answer.stream.body;
  }
  if (answer.text !== undefined) {
    void reply.status(answer.status ?? 200).header('content-type', answer.text.type);
    return answer.text.body;
  }
  const asJson = json !== undefined && (request.wants === 'json' || (html === undefined && redirect === undefined));
  if (redirect !== undefined && !asJson) {
    const after = request.method === 'GET' || request.method === 'HEAD' ? 302 : 303;
    const status = answer.status !== undefined && answer.status >= 300 ? answer.status : after;
    const location = status === 301 ? asAsked(redirect, request.url) : redirect;
    void reply.status(status).header('location', location).header('content-type', HTML);
    return '';
  }
  void reply.status(answer.status ?? 200);
  if (asJson) {
    void reply.header('content-type', JSON_TYPE);
    return JSON.stringify(await json());
  }
  if (html === undefined) return '';
  void reply.header('content-type', HTML);
  return `<!doctype html>${await html(pageContext(request, deps))}`;
};

/** Turns every handler's `Answer` into a reply. Handlers that took the reply themselves return undefined. */
export class AnswerInterceptor implements NestInterceptor {
  constructor(private readonly deps: ApiDependencies) {}

  intercept(context: ExecutionContext, next: CallHandler<Answer | undefined>): Observable<unknown> {
    const http = context.switchToHttp();
    return next
      .handle()
      .pipe(
        mergeMap((answer) =>
          answer === undefined
            ? from([undefined])
            : from(give(answer, http.getRequest<Incoming>(), http.getResponse<FastifyReply>(), this.deps)),
        ),
      );
  }
}
