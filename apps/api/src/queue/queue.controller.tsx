import { Controller, Get, Inject, Req } from '@nestjs/common';
import { getBuilds, listQueue, queueSummary, runningSteps } from '#read-model';
import type { Answer } from '../http/answer.js';
import { buildJson } from '../http/build-json.js';
import { By, door, Input, type Through } from '../http/door.js';
import { seconds } from '../http/hydra.js';
import type { Incoming } from '../http/incoming.js';
import { pageParam } from '../http/text.js';
import { Reader } from '../queries/reader.js';
import { QueuePage, StatusPage } from './queue.page.js';

const PER_PAGE = 100;
/** Builds in one JSON answer; Hydra sends all, and so do we as long as there are not very many. */
const ALL = 100_000;

const queueDoor = door({ query: { page: pageParam } });
const plainDoor = door({});

@Controller()
export class QueueController {
  constructor(@Inject(Reader) private readonly reader: Reader) {}

  /** Unfinished builds in the order of their turn: bumped first, then by id. */
  @Get('queue')
  @By(queueDoor)
  async queue(@Input() { query: { page } }: Through<typeof queueDoor>, @Req() request: Incoming): Promise<Answer> {
    // One question each: a page shows a page of it, JSON is all of it.
    const list = (limit: number, offset: number) => this.reader.ask((db) => listQueue(db, { limit, offset }));
    if (request.wants === 'json') {
      const builds = await list(ALL, 0);
      return { json: () => builds.map(buildJson) };
    }
    const [summary, builds] = await Promise.all([this.reader.ask(queueSummary), list(PER_PAGE, (page - 1) * PER_PAGE)]);
    return {
      html: (context) => (
        <QueuePage page={context} summary={summary} builds={builds} pageNumber={page} perPage={PER_PAGE} />
      ),
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
}
