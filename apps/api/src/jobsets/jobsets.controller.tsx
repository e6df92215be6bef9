import { Controller, Delete, Get, HttpCode, Inject, Post, Put, Req } from '@nestjs/common';
import {
  buildIdsOfEvaluations,
  evaluationErrors,
  evaluationHistories,
  type JobsetView,
  latestEvaluation,
  listEvaluations,
  previousEvaluation,
  revokedNames,
  runningEvaluations,
  usageAt,
  type FarmUsage,
} from '#read-model';
import { dryRunAnswer, eventsOf } from '../commands/commander.js';
import type { Answer } from '../http/answer.js';
import { By, Input, type Through } from '../http/door.js';
import { evaluationsJson } from '../http/evaluation-json.js';
import type { Incoming } from '../http/incoming.js';
import { notFound } from '../http/problem.js';
import { jobsetOrMoved } from './jobset-or-moved.js';
import { Moments } from '../moments/moments.js';
import { ownersOfProject } from '../queries/project-owners.js';
import { Reader } from '../queries/reader.js';
import { type ApiDependencies, DEPENDENCIES } from '../tokens.js';
import { evaluationPath, jobsetPath, projectPath } from '../ui/links.js';
import {
  deleteJobsetDoor,
  errorsText,
  jobsetAtDoor,
  jobsetDoor,
  jobsetJson,
  jobsetPageDoor,
  putJobsetDoor,
} from './jobset.json.js';
import { JobsetOrders, type Ordered } from './jobset-orders.js';
import { ErrorsPage, JobsetPage } from './jobset.page.js';

const PER_PAGE = 20;
/** Evaluations in the plots. */
const PLOTTED = 50;
/** Of the newest evaluation, on the page of errors. */
const SHOWN_ERRORS = 500;

/** For how long the sums of use are shown as they were at most, and how many times what it took to make them. */
const USAGE_FRESH_MS = 5000;
const USAGE_FRESH_TIMES = 4;

@Controller('jobset/:project/:jobset')
export class JobsetsController {
  constructor(
    @Inject(DEPENDENCIES) private readonly deps: ApiDependencies,
    @Inject(Reader) private readonly reader: Reader,
    @Inject(JobsetOrders) private readonly orders: JobsetOrders,
    @Inject(Moments) private readonly moments: Moments,
  ) {}

  @Get()
  @By(jobsetAtDoor)
  async show(@Input() { params, query }: Through<typeof jobsetAtDoor>): Promise<Answer> {
    if (query.at !== undefined) return this.moments.jobset(params.project, params.jobset, query.at);
    const jobset = await this.find(params, '');
    if ('redirect' in jobset) return jobset;
    return {
      headers: { etag: `"${jobset.revision}"` },
      json: () => jobsetJson(jobset),
      html: async (page) => {
        const of = { project: jobset.project, jobset: jobset.name, page: query.page, perPage: PER_PAGE };
        const [listed, histories, all, owner, usage] = await Promise.all([
          this.reader.ask((db) => listEvaluations(db, of)),
          query.page > 1 ? undefined : this.reader.ask((db) => evaluationHistories(db, [jobset.id], PLOTTED)),
          jobset.runningEvaluationId === null ? [] : this.reader.ask(runningEvaluations),
          ownersOfProject(this.deps.store, jobset.project),
          this.usage(),
        ]);
        const running = all.find(({ jobsetId }) => jobsetId === jobset.id);
        const pages = Math.ceil(listed.total / PER_PAGE);
        const { evaluations } = listed;
        const last = evaluations.at(-1);
        const [older, revoked] = await Promise.all([
          last && this.reader.ask((db) => previousEvaluation(db, last.id)),
          this.reader.ask((db) => revokedNames(db, evaluations)),
        ]);
        const shown = { evaluations, older, revoked, history: histories?.get(jobset.id) ?? [], running };
        return <JobsetPage {...{ page, jobset, usage, ...shown, pageNumber: query.page, pages, owner }} />;
      },
    };
  }

  @Get('evals')
  @By(jobsetPageDoor)
  async evaluations(@Input() { params, query }: Through<typeof jobsetPageDoor>): Promise<Answer> {
    const jobset = await this.find(params, '/evals');
    if ('redirect' in jobset) return jobset;
    const of = { project: jobset.project, jobset: jobset.name, page: query.page, perPage: PER_PAGE };
    const { total, evaluations } = await this.reader.ask((db) => listEvaluations(db, of));
    const last = Math.max(1, Math.ceil(total / PER_PAGE));
    const ids = evaluations.map(({ id }) => id);
    const builds = await this.reader.ask((db) => buildIdsOfEvaluations(db, ids));
    return {
      json: () => evaluationsJson(evaluations, builds, query.page, last),
      redirect: `${jobsetPath(jobset.project, jobset.name)}?page=${query.page}`,
    };
  }

  @Get('latest-eval')
  @By(jobsetDoor)
  async latest(@Input() { params }: Through<typeof jobsetDoor>): Promise<Answer> {
    const jobset = await this.find(params, '/latest-eval');
    if ('redirect' in jobset) return jobset;
    const found = await this.reader.ask((db) => latestEvaluation(db, jobset.project, jobset.name, { finished: true }));
    if (!found) throw notFound('finished evaluation of this jobset yet');
    return { redirect: evaluationPath(found.id) };
  }

  @Get('errors')
  @By(jobsetDoor)
  async errors(@Input() { params }: Through<typeof jobsetDoor>): Promise<Answer> {
    const jobset = await this.find(params, '/errors');
    if ('redirect' in jobset) return jobset;
    const last = jobset.lastEvaluationId;
    const errors =
      last === null ? [] : await this.reader.ask((db) => evaluationErrors(db, last, { limit: SHOWN_ERRORS }));
    return {
      json: () => ({ ...jobsetJson(jobset), errormsg: errorsText(jobset.errorMsg, errors) }),
      html: async (page) => (
        <ErrorsPage {...{ page, jobset, errors, owner: await ownersOfProject(this.deps.store, jobset.project) }} />
      ),
    };
  }

  /** Replaces the whole configuration, inputs included; see `putJobsetDoor` for what is left out. Another `name` or `project` renames. */
  @Put()
  @By(putJobsetDoor)
  async put(@Input() { params, body }: Through<typeof putJobsetDoor>, @Req() request: Incoming): Promise<Answer> {
    return this.written(await this.orders.put(request, { project: params.project, name: params.jobset }, body));
  }

  @Delete()
  @By(deleteJobsetDoor)
  async remove(@Input() { params }: Through<typeof deleteJobsetDoor>, @Req() request: Incoming): Promise<Answer> {
    const accepted = await this.orders.remove(request, { project: params.project, name: params.jobset });
    if (accepted.dryRun) return dryRunAnswer(accepted);
    const path = projectPath(params.project);
    const redirect = `${this.deps.config.web.baseUrl}${path}`;
    return { json: () => ({ redirect, ...eventsOf([accepted]) }), redirect: path };
  }

  /** The same for a form. */
  @Post('delete')
  @HttpCode(200)
  @By(deleteJobsetDoor)
  removeByForm(@Input() through: Through<typeof deleteJobsetDoor>, @Req() request: Incoming): Promise<Answer> {
    return this.remove(through, request);
  }

  /** How the farm is shared out, as of a few seconds ago at most: on a large farm it takes a while to add up, on a small one it is always new. */
  private async usage(): Promise<FarmUsage> {
    const atMs = this.deps.clock.now();
    const { usage, freshMs } = this.recent ?? { freshMs: 0 };
    if (usage !== undefined && usage.atMs <= atMs && atMs < usage.atMs + freshMs) return usage;
    const made = await this.reader.ask((db) => usageAt(db, { atMs }));
    const tookMs = this.deps.clock.now() - atMs;
    this.recent = { usage: made, freshMs: Math.min(USAGE_FRESH_MS, USAGE_FRESH_TIMES * tookMs) };
    return made;
  }
  private recent: Readonly<{ usage: FarmUsage; freshMs: number }> | undefined;

  private written({ at: { project, name }, accepted: all }: Ordered): Answer {
    const accepted = all.at(-1)!;
    if (accepted.dryRun) return dryRunAnswer(...all);
    const created = accepted.events.some(({ type }) => type === 'JobsetCreated' || type === 'JobsetCloned');
    const uri = `${this.deps.config.web.baseUrl}${jobsetPath(project, name)}`;
    const headers = { etag: `"${accepted.revision}"` };
    return created
      ? { status: 201, headers, json: () => ({ uri, name, redirect: uri, type: 'jobset', ...eventsOf(all) }) }
      : { headers, json: () => ({ redirect: uri, ...eventsOf(all) }) };
  }

  private find(
    of: { project: string; jobset: string },
    rest: string,
  ): Promise<JobsetView | { status: number; redirect: string }> {
    return jobsetOrMoved(this.reader, of, rest);
  }
}
