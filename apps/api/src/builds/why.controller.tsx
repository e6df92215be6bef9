import { Controller, Get, Inject } from '@nestjs/common';
import { buildSteps, getBuild, jobsetNames, type StepView } from '#read-model';
import type { Answer } from '../http/answer.js';
import { By, door, Input, type Through } from '../http/door.js';
import { notFound } from '../http/problem.js';
import { idParam } from '../http/text.js';
import { Reader } from '../queries/reader.js';
import { QueueRunner, type Said } from '../scheduler/queue-runner.js';
import { whyJson } from './why.json.js';
import { WhyPage } from './why.page.js';

const whyDoor = door({ params: { id: idParam } });

const RETRY_SECONDS = 2;

const jobsetsOf = (steps: readonly StepView[], said: Said | undefined): readonly number[] => {
  const explanation = said && 'explanation' in said ? said.explanation : null;
  const waits = explanation ? [explanation.top, ...explanation.steps] : [];
  const rivals = waits.flatMap(({ wait }) => (wait.kind === 'ranked' ? wait.ahead : []));
  const ids = [...steps.flatMap(({ dispatch }) => dispatch ?? []), ...rivals].map(({ jobsetId }) => jobsetId);
  return [...new Set(explanation ? [...ids, explanation.jobsetId] : ids)];
};

@Controller('build/:id/why')
export class WhyController {
  constructor(
    @Inject(Reader) private readonly reader: Reader,
    @Inject(QueueRunner) private readonly queueRunner: QueueRunner,
  ) {}

  /** What chose the steps that were started, and what a waiting build waits for; 503 with the former where nobody knows the latter. */
  @Get()
  @By(whyDoor)
  async why(@Input() { params: { id } }: Through<typeof whyDoor>): Promise<Answer> {
    const build = await this.reader.ask((db) => getBuild(db, id));
    if (!build) throw notFound('such build', 'id');
    const [steps, said] = await Promise.all([
      this.reader.ask((db) => buildSteps(db, id)),
      build.status === null ? this.queueRunner.why(id) : undefined,
    ]);
    const names = await this.reader.ask((db) => jobsetNames(db, jobsetsOf(steps, said)));
    const silent = said !== undefined && 'silent' in said;
    return {
      ...(silent ? { status: 503, headers: { 'retry-after': String(RETRY_SECONDS) } } : {}),
      json: () => whyJson(build, steps, said, names),
      html: (page) => <WhyPage {...{ page, build, steps, said, names }} />,
    };
  }
}
