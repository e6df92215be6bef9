import { Controller, Get, Inject } from '@nestjs/common';
import { jobset as jobsetDecider, jobsetStream } from '#domain';
import { type Change, changesBetween, evaluationBuilds, getEvaluation, type JobsetView, listAudit } from '#read-model';
import { auditJson } from '../audit/audit.json.js';
import { loadState } from '../commands/state.js';
import type { Answer } from '../http/answer.js';
import { buildJson } from '../http/build-json.js';
import { By, door, Input, type Through } from '../http/door.js';
import { nameParam, text } from '../http/text.js';
import { ownersOfProject } from '../queries/project-owners.js';
import { Reader } from '../queries/reader.js';
import { Users } from '../queries/users.js';
import { type ApiDependencies, DEPENDENCIES } from '../tokens.js';
import { jobsetDoor, jobsetJson } from './jobset.json.js';
import { jobsetOrMoved } from './jobset-or-moved.js';
import { ConfigurationPage, HistoryPage, JobsPage } from './jobset-parts.page.js';

const jobsDoor = door({
  params: { project: nameParam, jobset: nameParam },
  query: { filter: text(255).default('') },
});
/** Jobs on one page. */
const SHOWN_JOBS = 1000;
/** Newest entries of the history. */
const SHOWN_CHANGES = 100;

/** What a jobset has beside its evaluations. */
@Controller('jobset/:project/:jobset')
export class JobsetPartsController {
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
    const differences = await this.differences(jobset);
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

  /** Of the newest evaluation with new builds. */
  @Get('jobs')
  @By(jobsDoor)
  async jobs(@Input() { params, query }: Through<typeof jobsDoor>): Promise<Answer> {
    const jobset = await jobsetOrMoved(this.reader, params, '/jobs');
    if ('redirect' in jobset) return jobset;
    const { baselineEvaluationId: id } = jobset;
    const options = { limit: SHOWN_JOBS, ...(query.filter === '' ? {} : { filter: query.filter }) };
    const [builds, evaluation, owner] = await Promise.all([
      id === null ? [] : this.reader.ask((db) => evaluationBuilds(db, id, options)),
      id === null ? undefined : this.reader.ask((db) => getEvaluation(db, id)),
      ownersOfProject(this.deps.store, jobset.project),
    ]);
    return {
      json: () => builds.map(buildJson),
      html: (page) => (
        <JobsPage {...{ page, jobset, owner, builds, total: evaluation?.jobs ?? 0, filter: query.filter }} />
      ),
    };
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
