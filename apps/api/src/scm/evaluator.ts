import { Inject, Injectable } from '@nestjs/common';
import { z } from 'zod';
import { AnswerFailedError, createQuestions, NobodyAnswersError, type Questions } from '#coordination';
import type { ClearedClones, Cloned, ScmDiff } from '#nix';
import { Problem } from '../http/problem.js';
import { type ApiDependencies, DEPENDENCIES } from '../tokens.js';

/** The name that the leading evaluator answers by. */
export const EVALUATOR = 'evaluator';

/** Its own limit for a difference is 10 s for each of a few commands. */
const DIFF_TIMEOUT_MS = 30_000;
const CLEAR_TIMEOUT_MS = 30_000;

const diffAnswer = z.union([
  z.object({ text: z.string() }),
  z.object({ unknown: z.enum(['uri', 'rev1', 'rev2']) }),
  z.object({ busy: z.literal(true) }),
]);
const clearAnswer = z.object({ clones: z.int(), busy: z.int() });

const notNow = (why: string): Problem => new Problem(503, why, { headers: { 'retry-after': '5' } });

/** Asks the leading evaluator, in whose cache the fetched repositories are. Who is away or cannot say is a `Problem` (503). */
@Injectable()
export class Evaluator {
  private readonly questions: Questions;

  constructor(@Inject(DEPENDENCIES) private readonly deps: Pick<ApiDependencies, 'database' | 'logger'>) {
    this.questions = createQuestions(deps.database);
  }

  /** What happened between two revisions, from what was fetched. */
  async scmDiff(asked: Readonly<{ type: Cloned; uri: string; rev1: string; rev2: string }>): Promise<ScmDiff> {
    const answer = await this.ask({ kind: 'scm-diff', ...asked }, diffAnswer, DIFF_TIMEOUT_MS);
    if ('busy' in answer) throw notNow('the evaluator looks for other differences; try again soon');
    return answer;
  }

  /** Removes the clones of fetched repositories, or counts them. */
  clearClones(dryRun: boolean): Promise<ClearedClones> {
    return this.ask({ kind: 'clear-clones', dryRun }, clearAnswer, CLEAR_TIMEOUT_MS);
  }

  private async ask<T>(question: object, schema: z.ZodType<T>, timeoutMs: number): Promise<T> {
    let answer: unknown;
    try {
      answer = await this.questions.ask(EVALUATOR, question, { timeoutMs });
    } catch (error) {
      if (error instanceof NobodyAnswersError) throw notNow('no evaluator is at work that could say');
      if (!(error instanceof AnswerFailedError)) throw error;
      this.deps.logger.warn({ err: error, question }, 'the evaluator could not answer');
      throw notNow('the evaluator could not answer; its log says why');
    }
    const parsed = schema.safeParse(answer);
    if (!parsed.success) throw notNow('the evaluator is of another version and cannot be understood');
    return parsed.data;
  }
}
