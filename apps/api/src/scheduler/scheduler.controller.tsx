import { Controller, Get, Inject } from '@nestjs/common';
import { getJobset, jobsetNames, listDispatches, MAX_MOMENTS, usageAt, usageSeries } from '#read-model';
import type { Answer } from '../http/answer.js';
import { By, door, Input, type Through } from '../http/door.js';
import { badInput, notFound } from '../http/problem.js';
import { nameParam, numberParam } from '../http/text.js';
import { Reader } from '../queries/reader.js';
import { type ApiDependencies, DEPENDENCIES } from '../tokens.js';
import { cursorOf, cursorParam, dispatchJson, jobsetParam } from './dispatches.json.js';
import { momentParam, notAhead } from './moment.js';
import { SchedulerPage } from './scheduler.page.js';
import { farmUsageJson } from './usage.json.js';
import { UsageDay } from './usage-day.js';

const momentDoor = door({ query: { at: momentParam } });
const seriesDoor = door({
  query: {
    from: momentParam,
    to: momentParam,
    step: numberParam(1, 31_536_000).default(1800),
    jobset: jobsetParam.optional(),
    limit: numberParam(1, 1000).default(12),
  },
});
const dispatchesDoor = door({
  query: {
    jobset: jobsetParam.optional(),
    machine: nameParam.optional(),
    before: cursorParam.optional(),
    limit: numberParam(1, 1000).default(100),
  },
});

const DAY_MS = 86_400_000;
/** Newest dispatches on the page. */
const NEWEST = 20;

/** How the farm is shared out: use, entitlement, and every choice of the queue runner. */
@Controller()
export class SchedulerController {
  constructor(
    @Inject(DEPENDENCIES) private readonly deps: ApiDependencies,
    @Inject(Reader) private readonly reader: Reader,
    @Inject(UsageDay) private readonly day: UsageDay,
  ) {}

  /** `at`: that moment instead of now. */
  @Get('api/scheduler/usage')
  @By(momentDoor)
  async usage(@Input() { query: { at } }: Through<typeof momentDoor>): Promise<Answer> {
    const atMs = notAhead('at', at, this.deps.clock.now());
    const usage = await this.reader.ask((db) => usageAt(db, { atMs }));
    return { json: () => farmUsageJson(usage) };
  }

  /** For plots: every `step` seconds from `from` to `to`, the day before now where they are left out. */
  @Get('api/scheduler/usage/series')
  @By(seriesDoor)
  async series(@Input() { query }: Through<typeof seriesDoor>): Promise<Answer> {
    const toMs = notAhead('to', query.to, this.deps.clock.now());
    const fromMs = query.from ?? toMs - DAY_MS;
    const stepMs = query.step * 1000;
    if (fromMs > toMs) throw badInput('from', 'must not lie after to');
    if ((toMs - fromMs) / stepMs >= MAX_MOMENTS) throw badInput('step', `must leave at most ${MAX_MOMENTS} points`);
    const jobset = query.jobset && { jobsetId: await this.idOf(query.jobset) };
    const range = { fromMs, toMs, stepMs, limit: query.limit, ...jobset };
    const series = await this.reader.ask((db) => usageSeries(db, range));
    return { json: () => series };
  }

  /** Newest first; `next` is the `before` of the page that follows, null on the last one. `jobset`: whose turn it was. */
  @Get('api/scheduler/dispatches')
  @By(dispatchesDoor)
  async dispatches(@Input() { query }: Through<typeof dispatchesDoor>): Promise<Answer> {
    const { machine, before, limit } = query;
    const filter = {
      ...(query.jobset ? { jobsetId: await this.idOf(query.jobset) } : {}),
      ...(machine === undefined ? {} : { machine }),
      ...(before ? { before } : {}),
    };
    // One more than asked for tells whether more follow.
    const found = await this.reader.ask((db) => listDispatches(db, { ...filter, limit: limit + 1 }));
    const shown = found.slice(0, limit);
    const names = await this.reader.ask((db) =>
      jobsetNames(
        db,
        shown.map(({ dispatch }) => dispatch.jobsetId),
      ),
    );
    return {
      json: () => ({
        dispatches: shown.map((one) => dispatchJson(one, names)),
        next: found.length > limit ? cursorOf(shown.at(-1)!) : null,
      }),
    };
  }

  @Get('scheduler')
  @By(momentDoor)
  async show(@Input() { query: { at } }: Through<typeof momentDoor>): Promise<Answer> {
    const atMs = notAhead('at', at, this.deps.clock.now());
    const live = at === undefined;
    const usage = await this.reader.ask((db) => usageAt(db, { atMs }));
    return {
      json: () => farmUsageJson(usage),
      html: async (page) => {
        const before = { startedAtMs: atMs + 1, buildId: 0, nr: 0 };
        const [series, dispatches] = await Promise.all([
          this.day.before(atMs, live),
          this.reader.ask((db) => listDispatches(db, { limit: NEWEST, ...(live ? {} : { before }) })),
        ]);
        const names = await this.reader.ask((db) =>
          jobsetNames(
            db,
            dispatches.map(({ dispatch }) => dispatch.jobsetId),
          ),
        );
        return <SchedulerPage {...{ page, usage, series, dispatches, names, live }} />;
      },
    };
  }

  private async idOf({ project, jobset }: { project: string; jobset: string }): Promise<number> {
    const found = await this.reader.ask((db) => getJobset(db, project, jobset));
    if (!found) throw notFound('such jobset', 'jobset');
    return found.id;
  }
}
