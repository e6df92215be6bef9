import { type ArgumentsHost, type ExceptionFilter, HttpException } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { ErrorPage } from '../ui/error-page.js';
import type { ApiDependencies } from '../tokens.js';
import { give } from './answer.js';
import type { Users } from '../queries/users.js';
import { isSafe } from './csrf.js';
import { type Deleted, deletedFor, deletedProblem } from './deleted.js';
import type { Incoming } from './incoming.js';
import type { RouteTable } from './methods.js';
import { negotiate } from './negotiate.js';
import { isOutage } from './outage.js';
import { Problem } from './problem.js';
import { refusedForm } from './refused-form.js';

const RETRY_SECONDS = 2;

/** Everything that goes wrong becomes an answer here: ours as it is, the framework's translated, the rest a bug (500) or an outage (503). */
export class ProblemFilter implements ExceptionFilter {
  constructor(
    private readonly deps: ApiDependencies,
    private readonly routes: RouteTable,
    /** hears of every problem before it is answered */
    private readonly refused: (request: Incoming, problem: Problem) => Promise<void>,
    private readonly users: Pick<Users, 'nameOf'>,
  ) {}

  async catch(error: unknown, host: ArgumentsHost): Promise<void> {
    const request = host.switchToHttp().getRequest<Incoming>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const slashless = this.withoutSlash(error, request);
    if (slashless !== undefined) {
      // Hydra answers at both; 308 has a command sent again as it is.
      const status = isSafe(request.method) ? 301 : 308;
      await reply.send(await give({ status, redirect: slashless }, request, reply, this.deps));
      return;
    }
    const refusal = await this.told(this.translate(error, request), request);
    const deleted = await this.deleted(refusal, request);
    const problem = deleted ? deletedProblem(refusal, deleted) : refusal;
    const log = this.deps.logger.child({ requestId: request.id, correlationId: request.correlationId });
    if (problem.status === 503) log.warn({ err: error, url: request.url }, 'cannot answer now');
    else if (problem.status >= 500) log.error({ err: error, url: request.url }, 'could not answer');
    if (reply.sent || reply.raw.headersSent) return void reply.raw.destroy();
    request.wants ??= negotiate(request.headers, request.url);
    const { field, rule, headers, facts, html } = problem.details;
    const body = await give(
      {
        status: problem.status,
        ...(headers ? { headers } : {}),
        json: () => ({
          error: problem.message,
          ...(field === undefined ? {} : { field }),
          ...(rule === undefined ? {} : { rule }),
          ...facts,
        }),
        html:
          html ??
          refusedForm(problem, request) ??
          ((page) => (
            <ErrorPage
              page={page}
              status={problem.status}
              message={problem.message}
              deleted={deleted}
              sent={request.method !== 'GET' && request.method !== 'HEAD'}
            />
          )),
      },
      request,
      reply,
      this.deps,
    );
    await reply.send(body);
  }

  /** A refusal that could not be written down is not answered as if it were. */
  private async told(problem: Problem, request: Incoming): Promise<Problem> {
    try {
      await this.refused(request, problem);
      return problem;
    } catch (error) {
      this.deps.logger.error({ err: error, requestId: request.id }, 'could not record a refusal');
      return this.translate(error, request);
    }
  }

  /** What of a deletion the visitor may know. Without a database it is the bare 404. */
  private async deleted({ details: { deletion } }: Problem, { id, visitor }: Incoming): Promise<Deleted | undefined> {
    try {
      return deletion && (await deletedFor(deletion, visitor, this.users));
    } catch (error) {
      this.deps.logger.warn({ err: error, requestId: id }, 'could not say who deleted something');
      return undefined;
    }
  }

  private translate(error: unknown, request: Incoming): Problem {
    if (error instanceof Problem) return error;
    if (isOutage(error))
      return new Problem(503, 'the database is away; try again soon', {
        headers: { 'retry-after': String(RETRY_SECONDS) },
      });
    const status = error instanceof HttpException ? error.getStatus() : undefined;
    if (status === 404) return this.unknownRoute(request);
    if (status !== undefined && status < 500)
      return new Problem(status, (error as Error).message, { field: 'body', rule: (error as Error).message });
    return new Problem(500, 'something went wrong here; the log of the API says what');
  }

  /** Where there is something if the slashes at the end are taken away from an address at which there is nothing. */
  private withoutSlash(error: unknown, { url }: Incoming): string | undefined {
    if (!(error instanceof HttpException) || error.getStatus() !== 404) return undefined;
    const [, path, query] = /^([^?]*[^?/])\/+(\?.*)?$/.exec(url) ?? [];
    return path !== undefined && this.routes.methodsOf(path).length > 0 ? `${path}${query ?? ''}` : undefined;
  }

  private unknownRoute(request: Incoming): Problem {
    const methods = this.routes.methodsOf(request.url);
    if (methods.length === 0) return new Problem(404, 'there is nothing at this address');
    return new Problem(405, `this address takes ${methods.join(', ')} only`, {
      field: 'method',
      rule: `must be one of ${methods.join(', ')}`,
      headers: { allow: methods.join(', ') },
    });
  }
}
