import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import { catchError, from, mergeMap, type Observable, throwError } from 'rxjs';
import { buildStream, evaluationStream, jobsetStream, machineStream, projectStream, userStream } from '#domain';
import { isSafe } from '../http/csrf.js';
import type { Incoming } from '../http/incoming.js';
import { Problem } from '../http/problem.js';
import { type Commander, isDryRun } from './commander.js';

const WORDS: Readonly<Record<number, string>> = { 403: 'not-allowed', 409: 'conflict' };

/** The stream that a route's parameters speak of; that of who asked where they name none. */
const streamOf = ({ url, input, visitor }: Incoming): string => {
  const { project, jobset, id, name } = (input as { params: Record<string, string | number> }).params;
  const [, room] = url.split(/[/?]/);
  if (project !== undefined && jobset !== undefined) return jobsetStream(String(project), String(jobset));
  if (project !== undefined) return projectStream(String(project));
  if (room === 'build' && id !== undefined) return buildStream(Number(id));
  if (room === 'eval' && id !== undefined) return evaluationStream(Number(id));
  if (room === 'machine' && name !== undefined) return machineStream(String(name));
  return userStream(visitor.user!.id);
};

/** Writes down what somebody who is signed in was refused before any decider was asked. */
export class RefusalInterceptor implements NestInterceptor {
  constructor(private readonly commander: Pick<Commander, 'recordRefusal'>) {}

  intercept(context: ExecutionContext, next: CallHandler<unknown>): Observable<unknown> {
    const request = context.switchToHttp().getRequest<Incoming>();
    if (isSafe(request.method) || request.visitor.user === undefined) return next.handle();
    return next.handle().pipe(
      catchError((error: unknown) => {
        const rejection = error instanceof Problem ? WORDS[error.status] : undefined;
        if (rejection === undefined || isDryRun(request)) return throwError(() => error);
        const path = request.url.split('?')[0]!.slice(0, 500);
        const refusal = { stream: streamOf(request), command: `${request.method} ${path}`, rejection };
        return from(this.commander.recordRefusal(request, refusal)).pipe(mergeMap(() => throwError(() => error)));
      }),
    );
  }
}
