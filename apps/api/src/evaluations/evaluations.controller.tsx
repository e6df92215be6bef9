import { Controller, Get, Inject, Req } from '@nestjs/common';
import { z } from 'zod';
import {
  countBuildsToOrder,
  evaluationBefore,
  evaluationBuildIds,
  evaluationBuilds,
  evaluationDiff,
  evaluationErrorHeads,
  evaluationErrors,
  evaluationJob,
  evaluationRemaining,
  evaluationStorePaths,
  type EvaluationView,
  getEvaluation,
  latestEvaluation,
  previousEvaluation,
  releasesOf,
} from '#read-model';
import { project as projectDecider, projectOwners, projectStream } from '#domain';
import { loadState } from '../commands/state.js';
import type { Answer } from '../http/answer.js';
import { buildJson } from '../http/build-json.js';
import { By, door, Input, type Through } from '../http/door.js';
import { evaluationJson } from '../http/evaluation-json.js';
import type { Incoming } from '../http/incoming.js';
import { badInput, notFound, Problem } from '../http/problem.js';
import { flagParam, idParam, nameParam, text } from '../http/text.js';
import { type ApiDependencies, DEPENDENCIES } from '../tokens.js';
import { Moments } from '../moments/moments.js';
import { momentParam } from '../scheduler/moment.js';
import { Reader } from '../queries/reader.js';
import type { Refused } from '../ui/fields.js';
import { Users } from '../queries/users.js';
import { releaseJson, releasers } from '../releases/release.json.js';
import { buildPath, evaluationPath } from '../ui/links.js';
import { EvaluationErrorsPage, EvaluationPage } from './evaluation.page.js';

const idOnly = door({ params: { id: idParam } });
const COMPARE_RULE = 'must be the id of an evaluation, -SECONDS, or the name of a jobset of the same project';
/** An evaluation's id; `-SECONDS`: the same jobset that much earlier; a jobset of the same project: its newest finished evaluation. */
const compareParam = z.union(
  [
    idParam.transform((id) => ({ id })),
    z
      .string()
      .regex(/^-\d{1,9}$/)
      .transform((seconds) => ({ earlierMs: -1000 * Number(seconds) })),
    z
      .string()
      .max(255)
      .regex(/^[A-Za-z_.][A-Za-z0-9_.-]*$/)
      .transform((jobset) => ({ jobset })),
    // Refused later: the page says so at the field.
    text(255).transform((other) => ({ other })),
  ],
  COMPARE_RULE,
);
const showDoor = door({
  params: { id: idParam },
  query: {
    // The page's form sends it empty where only the filter is filled in.
    compare: z.preprocess((value) => (value === '' ? undefined : value), compareParam.optional()),
    /** part of a job's name */
    filter: text(255).default(''),
    full: flagParam.default(false),
    at: momentParam,
  },
});
type Compare = z.output<typeof compareParam>;

/** As it was asked for. */
const spelt = (compare: Compare | undefined): string => {
  if (compare === undefined) return '';
  if ('id' in compare) return String(compare.id);
  if ('other' in compare) return compare.other;
  return 'jobset' in compare ? compare.jobset : String(-compare.earlierMs / 1000);
};
const jobDoor = door({ params: { id: idParam, job: nameParam } });

/** Rows of each group, as Hydra's; `?full=1` shows all. */
const SHOWN = 250;
/** Builds of an evaluation in one JSON answer: Hydra sends all. */
const ALL = 1_000_000;

@Controller('eval/:id')
export class EvaluationsController {
  constructor(
    @Inject(DEPENDENCIES) private readonly deps: ApiDependencies,
    @Inject(Reader) private readonly reader: Reader,
    @Inject(Users) private readonly users: Users,
    @Inject(Moments) private readonly moments: Moments,
  ) {}

  @Get()
  @By(showDoor)
  async show(@Input() { params, query }: Through<typeof showDoor>, @Req() { wants }: Incoming): Promise<Answer> {
    const evaluation = await this.find(params.id);
    if (query.at !== undefined) return this.moments.evaluation(evaluation, query.at);
    let refused: Refused | undefined;
    const previous = () => this.reader.ask((db) => previousEvaluation(db, params.id));
    const other = await (query.compare === undefined
      ? previous()
      : this.compared(evaluation, query.compare).catch((error: unknown) => {
          if (wants === 'json' || !(error instanceof Problem)) throw error;
          refused = { message: error.message, ...error.details };
          return previous();
        }));
    const releases = await this.reader.ask((db) => releasesOf(db, params.id));
    const nameOf = await this.users.names(releasers(releases));
    return {
      ...(refused === undefined ? {} : { status: 400 }),
      // Hydra's shape knows no releases: they stand there only where there are any.
      json: async () => ({
        ...evaluationJson(evaluation, await this.reader.ask((db) => evaluationBuildIds(db, params.id))),
        ...(releases.length > 0 ? { releases: releases.map((release) => releaseJson(release, nameOf)) } : {}),
      }),
      html: async (page) => {
        const limit = query.full ? ALL : SHOWN;
        const filter = query.filter === '' ? undefined : query.filter;
        // Without an earlier evaluation every job is new: compared with one that there is not.
        const [diff, errors, remaining, aborted, project] = await Promise.all([
          this.reader.ask((db) => evaluationDiff(db, params.id, other?.id ?? 0, { limit, filter })),
          this.reader.ask((db) => evaluationErrorHeads(db, params.id, { limit, filter })),
          evaluation.queued === 0 ? undefined : this.reader.ask((db) => evaluationRemaining(db, params.id, page.now)),
          // For who may restart them: nobody else is told.
          evaluation.failed === 0 || page.visitor.user === undefined
            ? 0
            : this.reader.ask((db) => countBuildsToOrder(db, params.id, 'aborted')),
          loadState(this.deps.store, projectDecider, projectStream(evaluation.project)),
        ]);
        const shown = {
          evaluation,
          other,
          diff,
          errors,
          remaining,
          aborted,
          releases,
          nameOf,
          filter: query.filter,
          refused,
        };
        return <EvaluationPage {...{ page, ...shown, compare: spelt(query.compare), owner: projectOwners(project) }} />;
      },
    };
  }

  @Get('builds')
  @By(idOnly)
  async builds(@Input() { params }: Through<typeof idOnly>): Promise<Answer> {
    await this.find(params.id);
    const builds = await this.reader.ask((db) => evaluationBuilds(db, params.id, { limit: ALL }));
    return { json: () => builds.map(buildJson), redirect: evaluationPath(params.id) };
  }

  @Get('store-paths')
  @By(idOnly)
  async storePaths(@Input() { params }: Through<typeof idOnly>): Promise<Answer> {
    await this.find(params.id);
    const paths = await this.reader.ask((db) => evaluationStorePaths(db, params.id));
    return { json: () => paths };
  }

  @Get('errors')
  @By(idOnly)
  async errors(@Input() { params }: Through<typeof idOnly>): Promise<Answer> {
    const evaluation = await this.find(params.id);
    const errors = await this.reader.ask((db) => evaluationErrors(db, params.id, { limit: 500 }));
    return {
      json: () => ({ id: evaluation.id, total: evaluation.errors, errors }),
      html: (page) => <EvaluationErrorsPage page={page} evaluation={evaluation} errors={errors} />,
    };
  }

  @Get('job/:job')
  @By(jobDoor)
  async job(@Input() { params }: Through<typeof jobDoor>): Promise<Answer> {
    const build = await this.reader.ask((db) => evaluationJob(db, params.id, params.job));
    if (!build) throw notFound('such job in this evaluation', 'job');
    return { redirect: buildPath(build.id) };
  }

  private async find(id: number): Promise<EvaluationView> {
    const found = await this.reader.ask((db) => getEvaluation(db, id));
    if (!found) throw notFound('such evaluation', 'id');
    return found;
  }

  private async compared(of: EvaluationView, with_: Compare): Promise<EvaluationView> {
    if ('other' in with_) throw badInput('compare', COMPARE_RULE);
    const found = await this.reader.ask((db) => {
      if ('id' in with_) return getEvaluation(db, with_.id);
      if ('jobset' in with_) return latestEvaluation(db, of.project, with_.jobset, { finished: true });
      return evaluationBefore(db, of.jobsetId, (of.finishedAtMs ?? of.startedAtMs) - with_.earlierMs);
    });
    if (!found) throw badInput('compare', 'must lead to an evaluation; there is none');
    return found;
  }
}
