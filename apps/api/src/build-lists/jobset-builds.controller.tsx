import { Controller, Get, Inject } from '@nestjs/common';
import { latestEvaluation, newestSucceeded, type NewestOptions } from '#read-model';
import type { Answer } from '../http/answer.js';
import { By, door, Input, type Through } from '../http/door.js';
import { notFound } from '../http/problem.js';
import { nameParam, text } from '../http/text.js';
import { jobsetOrMoved } from '../jobsets/jobset-or-moved.js';
import { ownersOfProject } from '../queries/project-owners.js';
import { Reader } from '../queries/reader.js';
import { type ApiDependencies, DEPENDENCIES } from '../tokens.js';
import { below, belowEvaluation, jobsetPath } from '../ui/links.js';
import { buildListAnswer, listQuery, readBuildList } from './build-list.js';
import { JobsetBuildsPage } from './build-lists.page.js';
import { toBuild } from './newest.js';

const names = { project: nameParam, jobset: nameParam };
const listDoor = door({ params: names, query: listQuery });
const plainDoor = door({ params: names });
const systemDoor = door({ params: { ...names, system: nameParam } });
/** `*`: what follows. */
const restDoor = door({ params: { ...names, '*': text(4096) } });
const systemRestDoor = door({ params: { ...names, system: nameParam, '*': text(4096) } });
type Names = Through<typeof plainDoor>['params'];

/** Builds of a jobset, of whatever job. */
@Controller('jobset/:project/:jobset')
export class JobsetBuildsController {
  constructor(
    @Inject(DEPENDENCIES) private readonly deps: ApiDependencies,
    @Inject(Reader) private readonly reader: Reader,
  ) {}

  @Get('all')
  @By(listDoor)
  async all(@Input() { params, query }: Through<typeof listDoor>): Promise<Answer> {
    const jobset = await jobsetOrMoved(this.reader, params, '/all');
    if ('redirect' in jobset) return jobset;
    const list = await readBuildList(this.reader, { jobsetId: jobset.id }, query.before);
    const path = `${jobsetPath(jobset.project, jobset.name)}/all`;
    return buildListAnswer(path, list, async (page) => {
      const owner = await ownersOfProject(this.deps.store, jobset.project);
      return <JobsetBuildsPage {...{ page, jobset, owner, path, list }} />;
    });
  }

  /** The newest build that succeeded. */
  @Get('latest')
  @By(plainDoor)
  latest(@Input() { params }: Through<typeof plainDoor>): Promise<Answer> {
    return this.newest(params, '/latest');
  }

  /** The same for what belongs to that build: `latest/download/1`. */
  @Get('latest/*')
  @By(restDoor)
  latestRest(@Input() { params }: Through<typeof restDoor>): Promise<Answer> {
    return this.newest(params, '/latest', {}, params['*']);
  }

  @Get('latest-for/:system')
  @By(systemDoor)
  latestFor(@Input() { params }: Through<typeof systemDoor>): Promise<Answer> {
    return this.newest(params, `/latest-for/${encodeURIComponent(params.system)}`, { system: params.system });
  }

  @Get('latest-for/:system/*')
  @By(systemRestDoor)
  latestForRest(@Input() { params }: Through<typeof systemRestDoor>): Promise<Answer> {
    const { system } = params;
    return this.newest(params, `/latest-for/${encodeURIComponent(system)}`, { system }, params['*']);
  }

  /** The newest build that succeeded and is part of an evaluation without unfinished builds. */
  @Get('latest-finished')
  @By(plainDoor)
  latestFinished(@Input() { params }: Through<typeof plainDoor>): Promise<Answer> {
    return this.newest(params, '/latest-finished', { finishedEvalOnly: true });
  }

  @Get('latest-finished/*')
  @By(restDoor)
  latestFinishedRest(@Input() { params }: Through<typeof restDoor>): Promise<Answer> {
    return this.newest(params, '/latest-finished', { finishedEvalOnly: true }, params['*']);
  }

  /** What belongs to the newest evaluation with new builds that has no unfinished ones: `latest-eval/store-paths`. */
  @Get('latest-eval/*')
  @By(restDoor)
  async latestEvaluation(@Input() { params }: Through<typeof restDoor>): Promise<Answer> {
    const jobset = await jobsetOrMoved(this.reader, params, below('/latest-eval', params['*']));
    if ('redirect' in jobset) return jobset;
    const found = await this.reader.ask((db) => latestEvaluation(db, jobset.project, jobset.name, { finished: true }));
    if (!found) throw notFound('finished evaluation of this jobset yet');
    return { redirect: belowEvaluation(found.id, params['*']) };
  }

  private async newest(names: Names, route: string, options: NewestOptions = {}, rest = ''): Promise<Answer> {
    const jobset = await jobsetOrMoved(this.reader, names, below(route, rest));
    if ('redirect' in jobset) return jobset;
    const build = await this.reader.ask((db) => newestSucceeded(db, { jobsetId: jobset.id }, options));
    return toBuild(build, 'jobset', rest);
  }
}
