import { Controller, Get, Inject } from '@nestjs/common';
import { type BuildView, getJobset, jobBuilds, latestBuildOfJob, type LatestOptions } from '#read-model';
import type { Answer } from '../http/answer.js';
import { buildJson } from '../http/build-json.js';
import { By, door, Input, type Through } from '../http/door.js';
import { notFound } from '../http/problem.js';
import { nameParam, text } from '../http/text.js';
import { Reader } from '../queries/reader.js';
import { type ApiDependencies, DEPENDENCIES } from '../tokens.js';
import { belowBuild } from '../ui/links.js';
import { JobPage } from './job.page.js';

const names = { project: nameParam, jobset: nameParam, job: text(1000).min(1, 'must not be empty') };
const jobDoor = door({ params: names });
const systemDoor = door({ params: { ...names, system: nameParam } });
/** `*`: what follows. */
const jobRestDoor = door({ params: { ...names, '*': text(4096) } });
const systemRestDoor = door({ params: { ...names, system: nameParam, '*': text(4096) } });
type Names = Through<typeof jobDoor>['params'];

const SHOWN = 50;

@Controller('job/:project/:jobset/:job')
export class JobsController {
  constructor(
    @Inject(DEPENDENCIES) private readonly deps: ApiDependencies,
    @Inject(Reader) private readonly reader: Reader,
  ) {}

  @Get()
  @By(jobDoor)
  async show(@Input() { params }: Through<typeof jobDoor>): Promise<Answer> {
    const builds = await this.builds(params);
    return {
      json: () => builds.map(buildJson),
      html: async (page) => {
        const { user } = page.visitor;
        const [newest] = builds;
        const stars = user && (await this.deps.accounts.listStars(user.id));
        const starred = stars?.some(({ jobsetId, job }) => jobsetId === newest?.jobsetId && job === newest.job);
        return <JobPage page={page} of={params} builds={builds} starred={starred} />;
      },
    };
  }

  /** The newest build that succeeded. */
  @Get('latest')
  @By(jobDoor)
  async latest(@Input() { params }: Through<typeof jobDoor>): Promise<Answer> {
    return this.to(await this.newest(params, {}));
  }

  /** The same for what belongs to that build: `latest/download/1`. */
  @Get('latest/*')
  @By(jobRestDoor)
  async latestRest(@Input() { params }: Through<typeof jobRestDoor>): Promise<Answer> {
    return this.to(await this.newest(params, {}), params['*']);
  }

  @Get('latest-for/:system')
  @By(systemDoor)
  async latestFor(@Input() { params }: Through<typeof systemDoor>): Promise<Answer> {
    return this.to(await this.newest(params, { system: params.system }));
  }

  @Get('latest-for/:system/*')
  @By(systemRestDoor)
  async latestForRest(@Input() { params }: Through<typeof systemRestDoor>): Promise<Answer> {
    return this.to(await this.newest(params, { system: params.system }), params['*']);
  }

  /** The newest build that succeeded and is part of an evaluation without unfinished builds. */
  @Get('latest-finished')
  @By(jobDoor)
  async latestFinished(@Input() { params }: Through<typeof jobDoor>): Promise<Answer> {
    return this.to(await this.newest(params, { finishedEvalOnly: true }));
  }

  @Get('latest-finished/*')
  @By(jobRestDoor)
  async latestFinishedRest(@Input() { params }: Through<typeof jobRestDoor>): Promise<Answer> {
    return this.to(await this.newest(params, { finishedEvalOnly: true }), params['*']);
  }

  /** For badges: https://shields.io/endpoint. */
  @Get('shield')
  @By(jobDoor)
  async shield(@Input() { params }: Through<typeof jobDoor>): Promise<Answer> {
    const build = await this.newest(params, { succeeded: false });
    if (!build) throw notFound('finished build of this job');
    const [color, message] =
      build.status === 'succeeded'
        ? ['green', 'passing']
        : build.status === 'cancelled'
          ? ['yellow', 'cancelled']
          : ['red', 'failing'];
    return { json: () => ({ schemaVersion: 1, label: 'hydra build', color, message }) };
  }

  private to(build: BuildView | undefined, rest = ''): Answer {
    if (!build) throw notFound('such build of this job');
    return { redirect: belowBuild(build.id, rest) };
  }

  private newest({ project, jobset, job }: Names, options: LatestOptions): Promise<BuildView | undefined> {
    return this.reader.ask((db) => latestBuildOfJob(db, project, jobset, job, options));
  }

  private async builds({ project, jobset, job }: Names): Promise<BuildView[]> {
    const builds = await this.reader.ask((db) => jobBuilds(db, project, jobset, job, SHOWN));
    if (builds.length > 0) return builds;
    const known = await this.reader.ask((db) => getJobset(db, project, jobset));
    throw known ? notFound('such job', 'job') : notFound('such jobset', 'jobset');
  }
}
