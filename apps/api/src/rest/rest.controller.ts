import { Controller, Get, Inject } from '@nestjs/common';
import { z } from 'zod';
import { counts, getProject, jobsetOverview, latestBuilds, queuedPerPeriod, queueByPriority } from '#read-model';
import type { Answer } from '../http/answer.js';
import { briefBuildJson } from '../http/build-json.js';
import { By, door, Input, type Through } from '../http/door.js';
import { jobsetOverviewJson } from '../http/jobset-overview-json.js';
import { badInput, notFound } from '../http/problem.js';
import { nameParam, numberParam, text } from '../http/text.js';
import { Reader } from '../queries/reader.js';
import { type ApiDependencies, DEPENDENCIES } from '../tokens.js';

const nr = numberParam(1, 10_000);
const jobsetsDoor = door({ query: { project: nameParam } });
const latestDoor = door({
  query: {
    nr,
    project: nameParam.optional(),
    jobset: nameParam.optional(),
    job: text(1000).optional(),
    system: nameParam.optional(),
  },
});
const queueDoor = door({ query: { nr } });
const nothingDoor = door({});
const PERIODS = { hour: 3_600_000, day: 24 * 3_600_000 } as const;
const buildsDoor = door({ query: { nr, period: z.enum(['hour', 'day'], 'must be hour or day').default('hour') } });

/** Hydra's `/api`, the part that reads. */
@Controller('api')
export class RestController {
  constructor(
    @Inject(DEPENDENCIES) private readonly deps: Pick<ApiDependencies, 'clock'>,
    @Inject(Reader) private readonly reader: Reader,
  ) {}

  @Get('jobsets')
  @By(jobsetsDoor)
  async jobsets(@Input() { query: { project } }: Through<typeof jobsetsDoor>): Promise<Answer> {
    if (!(await this.reader.ask((db) => getProject(db, project)))) throw notFound('such project', 'project');
    const jobsets = await this.reader.ask((db) => jobsetOverview(db, project));
    return { json: () => jobsets.map(jobsetOverviewJson) };
  }

  @Get('latestbuilds')
  @By(latestDoor)
  async latestBuilds(@Input() { query }: Through<typeof latestDoor>): Promise<Answer> {
    if (query.jobset !== undefined && query.project === undefined)
      throw badInput('project', 'is required where jobset is given');
    const builds = await this.reader.ask((db) => latestBuilds(db, query));
    return { json: () => builds.map(briefBuildJson) };
  }

  /** As Hydra's: by the builds' own priority, which is not the order in which they are built. */
  @Get('queue')
  @By(queueDoor)
  async queue(@Input() { query }: Through<typeof queueDoor>): Promise<Answer> {
    const builds = await this.reader.ask((db) => queueByPriority(db, query.nr));
    return { json: () => builds.map(briefBuildJson) };
  }

  @Get('nrqueue')
  @By(nothingDoor)
  async queued(): Promise<Answer> {
    const { queued } = await this.reader.ask(counts);
    return { json: () => queued };
  }

  /** The finished builds of the last `nr` hours or days (UTC), by when they were queued, as Hydra's; one without builds is a 0. */
  @Get('nrbuilds')
  @By(buildsDoor)
  async builds(@Input() { query }: Through<typeof buildsDoor>): Promise<Answer> {
    const asked = { nr: query.nr, periodMs: PERIODS[query.period], nowMs: this.deps.clock.now() };
    const builds = await this.reader.ask((db) => queuedPerPeriod(db, asked));
    return { json: () => builds };
  }
}
