import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { AppModule } from './app.module.js';
import { Commander } from './commands/commander.js';
import { refusalRecorder } from './commands/refusals.js';
import { AnswerInterceptor } from './http/answer.js';
import { EdgeGuard } from './http/edge.guard.js';
import { Changes } from './live/changes.js';
import { createAdapter, prepare } from './http/fastify.js';
import { RouteTable } from './http/methods.js';
import { RequestMetrics } from './metrics/request-metrics.js';
import { ProblemFilter } from './http/problem.filter.js';
import { Visitors } from './http/visitors.js';
import { Users } from './queries/users.js';
import { nestLogger } from './nest-logger.js';
import type { ApiDependencies } from './tokens.js';

/** The whole API, ready to listen. The caller listens, and closes it. */
export const createServer = async (deps: ApiDependencies): Promise<NestFastifyApplication> => {
  const adapter = createAdapter(deps);
  const routes = new RouteTable();
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.with(deps), adapter, {
    logger: nestLogger(deps.logger),
    bodyParser: false,
    abortOnError: false,
  });
  await prepare(adapter.getInstance(), deps, { routes, requests: app.get(RequestMetrics) });
  const changes = app.get(Changes);
  app.useGlobalGuards(new EdgeGuard(deps, app.get(Visitors), () => changes.mark()));
  app.useGlobalInterceptors(new AnswerInterceptor(deps));
  app.useGlobalFilters(new ProblemFilter(deps, routes, refusalRecorder(app.get(Commander)), app.get(Users)));
  await app.init();
  return app;
};
