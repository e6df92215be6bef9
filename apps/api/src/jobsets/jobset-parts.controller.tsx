import { Controller, Get, Inject, Req } from '@nestjs/common';
import { jobset as jobsetDecider, jobsetStream } from '#domain';
import {
  type BuildView,
  type Change,
  changesBetween,
  evaluationBuilds,
  evaluationHistories,
  getBuilds,
  type JobMatrixOptions,
  jobMatrix,
  type JobsetView,
  listAudit,
} from '#read-model';
import { auditJson } from '../audit/audit.json.js';
import { loadState } from '../commands/state.js';
import type { Answer } from '../http/answer.js';
import { buildJson } from '../http/build-json.js';
import { By, door, Input, type Through } from '../http/door.js';
import type { Incoming } from '../http/incoming.js';
import { flagParam, nameParam, text } from '../http/text.js';
import { ownersOfProject } from '../queries/project-owners.js';
import { Reader } from '../queries/reader.js';
import { Users } from '../queries/users.js';
import { Gate } from '../store/gate.js';
import { type ApiDependencies, DEPENDENCIES } from '../tokens.js';
import { jobsetPath } from '../ui/links.js';
import { jobsetDoor, jobsetJson } from './jobset.json.js';
import { jobsetOrMoved } from './jobset-or-moved.js';
import { JobsPage } from './jobs.page.js';
import { ConfigurationPage, HistoryPage } from './jobset-parts.page.js';

const jobsDoor = door({
  params: { project: nameParam, jobset: nameParam },
  query: { filter: text(255).default(''), showInactive: flagParam.default(false) },
});
/** Jobs in one answer, and rows of the page: fewer where nobody said which, as in Hydra. */
const SHOWN_JOBS = 1000;
const SHOWN_UNFILTERED = 250;
/** Evaluations that are looked at for jobs that are gone, as in Hydra; the newest of them have a column. */
const LOOKED_AT = 20;
const COLUMNS = 10;
/** Newest entries of the history. */
const SHOWN_CHANGES = 100;

/** What a jobset has beside its evaluations. */
@Controller('jobset/:project/:jobset')
export class JobsetPartsController {
  /** For the differences, years of two jobsets' events are read. */
  private readonly gate = new Gate(2, 16);

  constructor(
    @Inject(DEPENDENCIES) private readonly deps: ApiDependencies,
    @Inject(Reader) private readonly reader: Reader,
    @Inject(Users) private readonly users: Users,
  ) {}

  /** `differences`: of a clone, from its source as that was then. */
  @Get('configuration')
  @By(jobsetDoor)
  async configuration(@Input() { params }: Through<typeof jobsetDoor>): Promise<Answer> {
    const jobset = await jobsetOrMoved(this.reader, params, '/configuration');
    if ('redirect' in jobset) return jobset;
    const differences = await this.gate.pass(() => this.differences(jobset));
    const owner = await ownersOfProject(this.deps.store, jobset.project);
    return {
      json: () => ({ ...jobsetJson(jobset), ...(differences ? { differences } : {}) }),
      html: (page) => <ConfigurationPage {...{ page, jobset, owner, differences }} />,
    };
  }

  @Get('history')
  @By(jobsetDoor)
  async history(@Input() { params }: Through<typeof jobsetDoor>): Promise<Answer> {
    const jobset = await jobsetOrMoved(this.reader, params, '/history');
    if ('redirect' in jobset) return jobset;
    const filter = { jobset: { project: jobset.project, jobset: jobset.name }, limit: SHOWN_CHANGES };
    const entries = await this.reader.ask((db) => listAudit(db, { all: false, userId: undefined }, filter));
    const nameOf = await this.users.names(
      entries.filter(({ actor }) => actor.kind !== 'system').map(({ actor }) => actor.id),
    );
    const owner = await ownersOfProject(this.deps.store, jobset.project);
    return {
      json: () => ({ events: entries.map((entry) => auditJson(entry, nameOf)) }),
      html: (page) => <HistoryPage {...{ page, jobset, owner, entries, nameOf }} />,
    };
  }

  /** Of the newest evaluation with new builds; `showInactive`: also what was in one of the 19 before, by its last build. */
  @Get('jobs')
  @By(jobsDoor)
  async jobs(@Input() { params, query }: Through<typeof jobsDoor>, @Req() request: Incoming): Promise<Answer> {
    const jobset = await jobsetOrMoved(this.reader, params, '/jobs');
    if ('redirect' in jobset) return jobset;
    const filter = query.filter === '' ? undefined : query.filter;
    const options = { evaluations: LOOKED_AT, filter, inactive: query.showInactive };
    if (request.wants === 'json') {
      const builds = await this.buildsOf(jobset, { ...options, limit: SHOWN_JOBS });
      return { json: () => builds.map(buildJson) };
    }
    const limit = filter === undefined ? SHOWN_UNFILTERED : SHOWN_JOBS;
    const [{ total, jobs }, histories, owner] = await Promise.all([
      this.reader.ask((db) => jobMatrix(db, jobset.id, { ...options, limit, columns: COLUMNS })),
      this.reader.ask((db) => evaluationHistories(db, [jobset.id], COLUMNS)),
      ownersOfProject(this.deps.store, jobset.project),
    ]);
    const evaluations = (histories.get(jobset.id) ?? []).toReversed();
    return { html: (page) => <JobsPage {...{ page, jobset, owner, evaluations, jobs, total, ...query }} /> };
  }

  /** Hydra's address of the same. */
  @Get('jobs-tab')
  @By(jobsDoor)
  async jobsTab(@Input() { params, query }: Through<typeof jobsDoor>): Promise<Answer> {
    const jobset = await jobsetOrMoved(this.reader, params, '/jobs-tab');
    if ('redirect' in jobset) return jobset;
    const { filter, showInactive } = query;
    const search = new URLSearchParams({ ...(filter && { filter }), ...(showInactive && { showInactive: '1' }) });
    return { redirect: `${jobsetPath(jobset.project, jobset.name)}/jobs${search.size === 0 ? '' : `?${search}`}` };
  }

  private async buildsOf(jobset: JobsetView, options: JobMatrixOptions): Promise<BuildView[]> {
    const { baselineEvaluationId: id } = jobset;
    if (id === null) return [];
    const { limit, filter, inactive } = options;
    const active = await this.reader.ask((db) => evaluationBuilds(db, id, { limit, ...(filter && { filter }) }));
    if (!inactive) return active;
    const { jobs } = await this.reader.ask((db) => jobMatrix(db, jobset.id, options));
    const gone = jobs.filter(({ active }) => !active);
    const last = gone.map(({ cells }) => cells[Math.max(...Object.keys(cells).map(Number))]!.buildId);
    const all = [...active, ...(await this.reader.ask((db) => getBuilds(db, last)))];
    return all.sort((a, b) => (a.job < b.job ? -1 : 1)).slice(0, limit);
  }

  private async differences({ project, name, clonedFrom }: JobsetView): Promise<Change[] | undefined> {
    if (clonedFrom === null) return undefined;
    const { store } = this.deps;
    const [source, here] = await Promise.all([
      loadState(store, jobsetDecider, jobsetStream(clonedFrom.project, clonedFrom.name), clonedFrom.revision),
      loadState(store, jobsetDecider, jobsetStream(project, name)),
    ]);
    if (source.status !== 'present' || here.status !== 'present') return undefined;
    return changesBetween(source.configuration, here.configuration);
  }
}
