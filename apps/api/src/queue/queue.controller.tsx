import { Controller, Get, Inject, Req } from '@nestjs/common';
import {
  countQueue,
  getBuilds,
  getJobset,
  listMachines,
  listQueue,
  queueSummary,
  runningSteps,
  type QueueScope,
} from '#read-model';
import type { Answer } from '../http/answer.js';
import { buildJson } from '../http/build-json.js';
import { By, door, Input, type Through } from '../http/door.js';
import { seconds } from '../http/hydra.js';
import type { Incoming } from '../http/incoming.js';
import { notFound } from '../http/problem.js';
import { nameParam, pageParam } from '../http/text.js';
import { Reader } from '../queries/reader.js';
import { QueuePage, StatusPage } from './queue.page.js';

const PER_PAGE = 100;
/** Builds in one JSON answer; Hydra sends all, and so do we as long as there are not very many. */
const ALL = 100_000;

/** `PROJECT:JOBSET`, whose builds alone are wanted. */
const jobsetParam = nameParam
  .regex(/^[^:]+:[^:]+$/, 'must be PROJECT:JOBSET')
  .transform((name) => name.split(':') as [project: string, jobset: string]);
const queueDoor = door({
  query: { page: pageParam, jobset: jobsetParam.optional(), system: nameParam.optional() },
});
const plainDoor = door({});

@Controller()
export class QueueController {
  constructor(@Inject(Reader) private readonly reader: Reader) {}

  /** Unfinished builds, bumped first, then oldest first: all, those of one jobset, or those for one system. */
  @Get('queue')
  @By(queueDoor)
  async queue(@Input() { query }: Through<typeof queueDoor>, @Req() request: Incoming): Promise<Answer> {
    const { page, system } = query;
    const scope: QueueScope = { system, jobsetId: query.jobset && (await this.jobsetId(query.jobset)) };
    // One question each: a page shows a page of it, JSON is all of it.
    const list = (limit: number, offset: number) => this.reader.ask((db) => listQueue(db, { limit, offset, ...scope }));
    if (request.wants === 'json') {
      const builds = await list(ALL, 0);
      return { json: () => builds.map(buildJson) };
    }
    const [summary, builds, total, running, machines] = await Promise.all([
      this.reader.ask(queueSummary),
      list(PER_PAGE, (page - 1) * PER_PAGE),
      this.reader.ask((db) => countQueue(db, scope)),
      this.reader.ask(runningSteps),
      this.reader.ask(listMachines),
    ]);
    const only = { ...(query.jobset && { jobset: query.jobset.join(':') }), ...(system && { system }) };
    const numbers = { total, pageNumber: page, perPage: PER_PAGE };
    return {
      html: (context) => <QueuePage page={context} {...{ summary, builds, running, machines, only, ...numbers }} />,
    };
  }

  @Get('queue-summary')
  @By(plainDoor)
  async summary(): Promise<Answer> {
    const summary = await this.reader.ask(queueSummary);
    return {
      json: () => ({
        total: summary.total,
        jobsets: summary.jobsets.map(({ project, jobset, queued, oldestAtMs, newestAtMs }) => ({
          project,
          jobset,
          queued,
          oldest: seconds(oldestAtMs),
          newest: seconds(newestAtMs),
        })),
        systems: summary.systems,
      }),
      redirect: '/queue',
    };
  }

  /** Builds of which a step runs now. */
  @Get('status')
  @By(plainDoor)
  async status(): Promise<Answer> {
    const steps = await this.reader.ask(runningSteps);
    const builds = await this.reader.ask((db) =>
      getBuilds(
        db,
        steps.map(({ buildId }) => buildId),
      ),
    );
    return { json: () => builds.map(buildJson), html: (page) => <StatusPage page={page} steps={steps} /> };
  }

  private async jobsetId([project, jobset]: [string, string]): Promise<number> {
    const found = await this.reader.ask((db) => getJobset(db, project, jobset));
    if (!found) throw notFound('such jobset', 'jobset');
    return found.id;
  }
}
