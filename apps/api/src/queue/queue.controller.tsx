import { Controller, Get, Inject, Req } from '@nestjs/common';

import {
  countDurations,
  countQueue,
  type FlowOf,
  getBuilds,
  getJobset,
  type HourOfQueue,
  listMachines,
  listQueue,
  quantileBound,
  queueHours,
  queueSummary,
  runningSteps,
  type QueueScope,
} from '#read-model';
import type { Answer } from '../http/answer.js';
import { buildJson } from '../http/build-json.js';
import { By, door, Input, type Through } from '../http/door.js';
import { seconds } from '../http/hydra.js';
import type { Incoming } from '../http/incoming.js';
import { badInput, notFound } from '../http/problem.js';
import { nameParam, numberParam, pageParam } from '../http/text.js';
import { boundOf } from '../insights/insights.json.js';
import { Reader } from '../queries/reader.js';
import { type ApiDependencies, DEPENDENCIES } from '../tokens.js';
import { QueuePage, StatusPage } from './queue.page.js';

const PER_PAGE = 100;
/** Builds in one JSON answer; Hydra sends all, and so do we as long as there are not very many. */
const ALL = 100_000;
const HOUR_MS = 3_600_000;
/** Hours on the page, and of the JSON if no number is asked for. */
const A_DAY = 24;

/** `PROJECT:JOBSET`, whose builds alone are wanted. */
const jobsetParam = nameParam
  .regex(/^[^:]+:[^:]+$/, 'must be PROJECT:JOBSET')
  .transform((name) => name.split(':') as [project: string, jobset: string]);
const queueDoor = door({
  query: { page: pageParam, jobset: jobsetParam.optional(), system: nameParam.optional() },
});
const hoursDoor = door({
  query: {
    hours: numberParam(1, 720).default(A_DAY),
    jobset: jobsetParam.optional(),
    system: nameParam.optional(),
  },
});
const plainDoor = door({});

const hourJson = ({ hourMs, depth, queued, ended, succeeded, there, waits }: HourOfQueue) => ({
  hour: seconds(hourMs),
  unfinished: depth,
  queued,
  ended,
  succeeded,
  there,
  began: countDurations(waits),
  waitbelow50: boundOf(quantileBound(waits, 0.5)),
  waitbelow95: boundOf(quantileBound(waits, 0.95)),
});

@Controller()
export class QueueController {
  constructor(
    @Inject(DEPENDENCIES) private readonly deps: Pick<ApiDependencies, 'clock'>,
    @Inject(Reader) private readonly reader: Reader,
  ) {}

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
    const [summary, builds, total, running, machines, hours] = await Promise.all([
      this.reader.ask(queueSummary),
      list(PER_PAGE, (page - 1) * PER_PAGE),
      this.reader.ask((db) => countQueue(db, scope)),
      this.reader.ask(runningSteps),
      this.reader.ask(listMachines),
      scope.jobsetId !== undefined && system !== undefined ? [] : this.hours(scope, A_DAY),
    ]);
    const only = { ...(query.jobset && { jobset: query.jobset.join(':') }), ...(system && { system }) };
    const numbers = { total, pageNumber: page, perPage: PER_PAGE };
    return {
      html: (context) => (
        <QueuePage page={context} {...{ summary, builds, running, machines, only, hours, ...numbers }} />
      ),
    };
  }

  /** How long the queue was and how long builds waited, by the hour: of the farm, of one jobset, or for one system. */
  @Get('queue-hours')
  @By(hoursDoor)
  async byHour(@Input() { query }: Through<typeof hoursDoor>): Promise<Answer> {
    const { jobset, system } = query;
    if (jobset && system !== undefined) throw badInput('system', 'must not come with a jobset: one of the two');
    const hours = await this.hours({ system, jobsetId: jobset && (await this.jobsetId(jobset)) }, query.hours);
    return { json: () => ({ hours: hours.map(hourJson) }), redirect: '/queue' };
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

  private hours({ jobsetId, system }: QueueScope, count: number): Promise<readonly HourOfQueue[]> {
    const now = this.deps.clock.now();
    const of: FlowOf = jobsetId !== undefined ? { jobsetId } : system !== undefined ? { system } : {};
    return this.reader.ask((db) => queueHours(db, of, now - (count - 1) * HOUR_MS, now));
  }

  private async jobsetId([project, jobset]: [string, string]): Promise<number> {
    const found = await this.reader.ask((db) => getJobset(db, project, jobset));
    if (!found) throw notFound('such jobset', 'jobset');
    return found.id;
  }
}
