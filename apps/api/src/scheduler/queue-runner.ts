import { Inject, Injectable } from '@nestjs/common';
import { z } from 'zod';
import { AnswerFailedError, createQuestions, leadersOf, NobodyAnswersError, type Questions } from '#coordination';
import type { BuildExplanation } from '#scheduler';
import { type ApiDependencies, DEPENDENCIES } from '../tokens.js';
import { explanationSchema } from './explanation.schema.js';

/** The name that the leading queue runner answers by. */
export const QUEUE_RUNNER = 'queue-runner';

const TIMEOUT_MS = 3000;
const statusSchema = z.record(z.string(), z.unknown());

/** What the leading queue runner says, or why it says nothing. */
export type Said = Readonly<{ explanation: BuildExplanation | null }> | Readonly<{ silent: string }>;

/** Asks the leading queue runner: the numbers that it answers with are those that will decide. */
@Injectable()
export class QueueRunner {
  private readonly questions: Questions;

  constructor(@Inject(DEPENDENCIES) private readonly deps: Pick<ApiDependencies, 'database' | 'logger'>) {
    this.questions = createQuestions(deps.database);
  }

  /** What it says of itself; `status` is `up`, `unreachable` where none leads, `unknown` where it cannot be understood. */
  async status(): Promise<Readonly<Record<string, unknown>>> {
    try {
      const said = await this.questions.ask(QUEUE_RUNNER, { kind: 'status' }, { timeoutMs: TIMEOUT_MS });
      const status = statusSchema.safeParse(said);
      return status.success ? status.data : { status: 'unknown' };
    } catch (error) {
      if (error instanceof NobodyAnswersError) return { status: 'unreachable' };
      if (error instanceof AnswerFailedError) return { status: 'unknown', error: error.message };
      throw error;
    }
  }

  /** The same; where none leads, nobody is waited for. */
  async ifLeading(): Promise<Readonly<Record<string, unknown>>> {
    const leaders = await leadersOf(this.deps.database, [QUEUE_RUNNER]);
    return leaders.size === 0 ? { status: 'unreachable' } : this.status();
  }

  /** Why an unfinished build is where it is. A database that is away rejects. */
  async why(buildId: number): Promise<Said> {
    let answer: unknown;
    try {
      answer = await this.questions.ask(QUEUE_RUNNER, { kind: 'why', buildId }, { timeoutMs: TIMEOUT_MS });
    } catch (error) {
      if (error instanceof NobodyAnswersError) return { silent: 'no queue runner leads at the moment' };
      if (!(error instanceof AnswerFailedError)) throw error;
      this.deps.logger.warn({ err: error, buildId }, 'the queue runner could not explain a build');
      return { silent: `the queue runner could not say: ${error.message}` };
    }
    const parsed = explanationSchema.safeParse(answer);
    if (parsed.success) return { explanation: parsed.data };
    this.deps.logger.warn({ err: parsed.error, buildId }, 'the queue runner explains in a form of another version');
    return { silent: 'the queue runner is of another version and cannot be understood' };
  }
}
