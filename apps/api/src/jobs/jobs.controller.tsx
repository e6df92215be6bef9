import { Controller, Get, Inject } from '@nestjs/common';
import {
  aggregateMatrix,
  type BuildView,
  evaluationErrorOfJob,
  getEvaluation,
  isCurrentJob,
  jobBuilds,
  jobState,
  latestBuildOfJob,
  type LatestOptions,
  unfinishedBuildsOfJob,
} from '#read-model';
import { buildListAnswer, listQuery, readBuildList } from '../build-lists/build-list.js';
import { toBuild } from '../build-lists/newest.js';
import type { Answer } from '../http/answer.js';
import { buildJson } from '../http/build-json.js';
import { By, door, Input, type Through } from '../http/door.js';
import { notFound } from '../http/problem.js';
import { nameParam, text } from '../http/text.js';
import { Reader } from '../queries/reader.js';
import { type ApiDependencies, DEPENDENCIES } from '../tokens.js';
import { changedInputs } from '../ui/compared-inputs.js';
import { below, jobPath } from '../ui/links.js';
import type { ChangedBetween } from './job-state.js';
import { JobBuildsPage, type JobFacts, JobPage } from './job.page.js';
import { jobNames, jobOrMoved, type JobView } from './job-or-moved.js';
import { isStarred } from './starred.js';

const jobDoor = door({ params: jobNames });
const listDoor = door({ params: jobNames, query: listQuery });
const systemDoor = door({ params: { ...jobNames, system: nameParam } });
/** `*`: what follows. */
const restDoor = door({ params: { ...jobNames, '*': text(4096) } });
const systemRestDoor = door({ params: { ...jobNames, system: nameParam, '*': text(4096) } });
type Names = Through<typeof jobDoor>['params'];

/** Builds in the history strip, and in the JSON. */
const SHOWN = 60;
/** Unfinished builds in their table. */
const WAITING = 20;
/** Builds of an aggregate, as in Hydra, and the jobs that they are made of: 1,125 cells are 10 KB, compressed. */
const MATRIX = { builds: 15, jobs: 75 };

@Controller('job/:project/:jobset/:job')
export class JobsController {
  constructor(
    @Inject(DEPENDENCIES) private readonly deps: ApiDependencies,
    @Inject(Reader) private readonly reader: Reader,
  ) {}

  @Get()
  @By(jobDoor)
  async show(@Input() { params }: Through<typeof jobDoor>): Promise<Answer> {
    const job = await jobOrMoved(this.reader, params, '');
    if ('redirect' in job) return job;
    const builds = await this.reader.ask((db) => jobBuilds(db, job.project, job.jobset, job.job, SHOWN));
    return {
      json: () => builds.map(buildJson),
      html: async (page) => {
        const [facts, starred] = await Promise.all([this.facts(job), isStarred(this.deps, page.visitor, job)]);
        return <JobPage {...{ page, job, starred, facts, builds }} />;
      },
    };
  }

  /** Finished builds, page by page. */
  @Get('all')
  @By(listDoor)
  async all(@Input() { params, query }: Through<typeof listDoor>): Promise<Answer> {
    const job = await jobOrMoved(this.reader, params, '/all');
    if ('redirect' in job) return job;
    const list = await readBuildList(this.reader, { jobsetId: job.jobsetId, job: job.job }, query.before);
    const path = `${jobPath(job.project, job.jobset, job.job)}/all`;
    return buildListAnswer(path, list, async (page) => {
      const starred = await isStarred(this.deps, page.visitor, job);
      return <JobBuildsPage {...{ page, job, starred, path, list }} />;
    });
  }

  /** The newest build that succeeded. */
  @Get('latest')
  @By(jobDoor)
  latest(@Input() { params }: Through<typeof jobDoor>): Promise<Answer> {
    return this.toNewest(params, '/latest', {});
  }

  /** The same for what belongs to that build: `latest/download/1`. */
  @Get('latest/*')
  @By(restDoor)
  latestRest(@Input() { params }: Through<typeof restDoor>): Promise<Answer> {
    return this.toNewest(params, '/latest', {}, params['*']);
  }

  @Get('latest-for/:system')
  @By(systemDoor)
  latestFor(@Input() { params }: Through<typeof systemDoor>): Promise<Answer> {
    return this.toNewest(params, `/latest-for/${encodeURIComponent(params.system)}`, { system: params.system });
  }

  @Get('latest-for/:system/*')
  @By(systemRestDoor)
  latestForRest(@Input() { params }: Through<typeof systemRestDoor>): Promise<Answer> {
    return this.toNewest(
      params,
      `/latest-for/${encodeURIComponent(params.system)}`,
      { system: params.system },
      params['*'],
    );
  }

  /** The newest build that succeeded and is part of an evaluation without unfinished builds. */
  @Get('latest-finished')
  @By(jobDoor)
  latestFinished(@Input() { params }: Through<typeof jobDoor>): Promise<Answer> {
    return this.toNewest(params, '/latest-finished', { finishedEvalOnly: true });
  }

  @Get('latest-finished/*')
  @By(restDoor)
  latestFinishedRest(@Input() { params }: Through<typeof restDoor>): Promise<Answer> {
    return this.toNewest(params, '/latest-finished', { finishedEvalOnly: true }, params['*']);
  }

  /** For badges: https://shields.io/endpoint. */
  @Get('shield')
  @By(jobDoor)
  async shield(@Input() { params }: Through<typeof jobDoor>): Promise<Answer> {
    const build = await this.newest(params, { succeeded: false });
    if (!build) {
      const job = await jobOrMoved(this.reader, params, '/shield');
      if ('redirect' in job) return job;
      throw notFound('finished build of this job');
    }
    const [color, message] =
      build.status === 'succeeded'
        ? ['green', 'passing']
        : build.status === 'cancelled'
          ? ['yellow', 'cancelled']
          : ['red', 'failing'];
    return { json: () => ({ schemaVersion: 1, label: 'hydra build', color, message }) };
  }

  private async toNewest(names: Names, route: string, options: LatestOptions, rest = ''): Promise<Answer> {
    const build = await this.newest(names, options);
    if (build) return toBuild(build, 'job', rest);
    const job = await jobOrMoved(this.reader, names, below(route, rest));
    return 'redirect' in job ? job : toBuild(undefined, 'job');
  }

  private newest({ project, jobset, job }: Names, options: LatestOptions): Promise<BuildView | undefined> {
    return this.reader.ask((db) => latestBuildOfJob(db, project, jobset, job, options));
  }

  private async facts(job: JobView): Promise<JobFacts> {
    const last = job.of.lastEvaluationId;
    const [state, waiting, matrix, isCurrent, evaluationError] = await Promise.all([
      this.reader.ask((db) => jobState(db, job)),
      this.reader.ask((db) => unfinishedBuildsOfJob(db, job, WAITING)),
      this.reader.ask((db) => aggregateMatrix(db, job, MATRIX)),
      this.reader.ask((db) => isCurrentJob(db, job)),
      last === null ? undefined : this.reader.ask((db) => evaluationErrorOfJob(db, last, job.job)),
    ]);
    const change = state?.before && (await this.change(state.before, state.since));
    return { state, waiting, matrix, change, isCurrent, evaluationError };
  }

  /** What is new in the evaluation that queued the one build since the last one that the other was part of. */
  private async change(before: BuildView, since: BuildView): Promise<ChangedBetween | undefined> {
    const last = before.evaluations.filter((id) => id < since.evaluationId).at(-1) ?? before.evaluationId;
    const [from, to] = await Promise.all(
      [last, since.evaluationId].map((id) => this.reader.ask((db) => getEvaluation(db, id))),
    );
    return from && to && { from: from.id, to: to.id, inputs: changedInputs(to, from) };
  }
}
