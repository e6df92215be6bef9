import { Inject, Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { buildStream, evaluationStream, jobsetStream, machineStream, projectStream, userStream } from '#domain';
import { isSafe } from '../http/csrf.js';
import type { Incoming } from '../http/incoming.js';
import type { Problem } from '../http/problem.js';
import { type ApiDependencies, DEPENDENCIES } from '../tokens.js';
import { Commander, isDryRun } from './commander.js';

const WORDS: Readonly<Record<number, string>> = { 403: 'not-allowed', 409: 'conflict' };

/** The stream that a route's parameters speak of; that of who asked where they name none. */
const streamOf = ({ url, input, visitor }: Incoming): string => {
  // Whoever is stopped at the door is stopped before the parts of the request are looked at.
  const { project, jobset, id, name } =
    (input as { params: Record<string, string | number> } | undefined)?.params ?? {};
  const [, room] = url.split(/[/?]/);
  if (project !== undefined && jobset !== undefined) return jobsetStream(String(project), String(jobset));
  if (project !== undefined) return projectStream(String(project));
  if (room === 'build' && id !== undefined) return buildStream(Number(id));
  if (room === 'eval' && id !== undefined) return evaluationStream(Number(id));
  if (room === 'machine' && name !== undefined) return machineStream(String(name));
  return userStream(visitor.user!.id);
};

/** Writes down what somebody who is signed in was refused before any decider was asked. */
export const refusalRecorder =
  (commander: Pick<Commander, 'recordRefusal'>) =>
  async (request: Incoming, { status }: Problem): Promise<void> => {
    const rejection = WORDS[status];
    if (rejection === undefined || isSafe(request.method) || !request.visitor?.user || isDryRun(request)) return;
    const path = request.url.split('?')[0]!.slice(0, 500);
    await commander.recordRefusal(request, {
      stream: streamOf(request),
      command: `${request.method} ${path}`,
      rejection,
    });
  };

const EVERY_MS = 60_000;

/** Sees to it that refusals that were left out of the log are told of, even where nobody is refused anything afterwards. */
@Injectable()
export class SuppressedRefusals implements OnModuleInit, OnModuleDestroy {
  private timer: NodeJS.Timeout | undefined;

  constructor(
    @Inject(DEPENDENCIES) private readonly deps: Pick<ApiDependencies, 'logger'>,
    @Inject(Commander) private readonly commander: Pick<Commander, 'tellSuppressed'>,
  ) {}

  onModuleInit(): void {
    this.timer = setInterval(() => void this.tell(false), EVERY_MS).unref();
  }

  async onModuleDestroy(): Promise<void> {
    clearInterval(this.timer);
    await this.tell(true);
  }

  private async tell(all: boolean): Promise<void> {
    try {
      await this.commander.tellSuppressed(all);
    } catch (error) {
      this.deps.logger.warn({ err: error }, 'could not say how many refusals were left out of the log');
    }
  }
}
