import { Controller, Get, Inject } from '@nestjs/common';
import { someoneLeads } from '#coordination';
import { finishedPerHour, listMachines, projectorStatus, queueSummary, runningSteps, usageAt } from '#read-model';
import type { Answer } from '../http/answer.js';
import { By, door } from '../http/door.js';
import { Reader } from '../queries/reader.js';
import { type ApiDependencies, DEPENDENCIES } from '../tokens.js';
import { farmMetrics } from './farm-metrics.js';
import { PROMETHEUS } from './prometheus.js';
import { RequestMetrics } from './request-metrics.js';

const plainDoor = door({});
/** Nobody is looked up, so that a scrape gets its answer while the database is away. */
const anonymousDoor = { ...plainDoor, anonymous: true };
const HOUR_MS = 3_600_000;

/** What Prometheus scrapes. */
@Controller()
export class MetricsController {
  constructor(
    @Inject(DEPENDENCIES) private readonly deps: ApiDependencies,
    @Inject(Reader) private readonly reader: Reader,
    @Inject(RequestMetrics) private readonly requests: RequestMetrics,
  ) {}

  /** The web server that answers: its requests and its process. */
  @Get('metrics')
  @By(anonymousDoor)
  async server(): Promise<Answer> {
    return { text: { type: PROMETHEUS, body: await this.requests.registry.metrics() } };
  }

  /** The farm: queue, machines, jobsets' parts of it, and how far the read model is. */
  @Get('prometheus')
  @By(plainDoor)
  async farm(): Promise<Answer> {
    const { database, store, clock } = this.deps;
    const atMs = clock.now();
    const [running, machines, queue, hours, head, projector, workerLeads, usage] = await Promise.all([
      this.reader.ask(runningSteps),
      this.reader.ask(listMachines),
      this.reader.ask(queueSummary),
      this.reader.ask((db) => finishedPerHour(db, atMs - 23 * HOUR_MS, atMs + 1)),
      store.head(),
      projectorStatus(database),
      someoneLeads(database, 'projector'),
      this.reader.ask((db) => usageAt(db, { atMs })),
    ]);
    const finished: Record<string, number> = {};
    for (const { outcomes } of hours)
      for (const [status, builds] of Object.entries(outcomes)) finished[status] = (finished[status] ?? 0) + builds;
    const body = await farmMetrics({ atMs, running, machines, queue, finished, head, projector, workerLeads, usage });
    return { text: { type: PROMETHEUS, body } };
  }
}
