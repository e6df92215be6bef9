import { Controller, Get, Inject } from '@nestjs/common';
import { buildIdsOfEvaluations, getBuild, getEvaluation, listEvaluations, revokedNames } from '#read-model';
import type { Answer } from '../http/answer.js';
import { By, door, Input, type Through } from '../http/door.js';
import { evaluationJson, evaluationsJson } from '../http/evaluation-json.js';
import { notFound } from '../http/problem.js';
import { idParam, pageParam, text } from '../http/text.js';
import { Reader } from '../queries/reader.js';
import { belowEvaluation, buildPath, evaluationPath } from '../ui/links.js';
import { EvalsPage } from './evals.page.js';

const pageDoor = door({ query: { page: pageParam } });
const buildDoor = door({ params: { id: idParam } });
const buildRestDoor = door({ params: { id: idParam, '*': text(4096) } });
const PER_PAGE = 20;

/** Evaluations of the whole farm, and those that a build is part of. */
@Controller()
export class EvalsController {
  constructor(@Inject(Reader) private readonly reader: Reader) {}

  @Get('evals')
  @By(pageDoor)
  async all(@Input() { query: { page } }: Through<typeof pageDoor>): Promise<Answer> {
    const { total, evaluations } = await this.reader.ask((db) => listEvaluations(db, { page, perPage: PER_PAGE }));
    const pages = Math.max(1, Math.ceil(total / PER_PAGE));
    const builds = await this.buildsOf(evaluations);
    return {
      json: () => evaluationsJson(evaluations, builds, page, pages),
      html: async (context) => {
        const revoked = await this.reader.ask((db) => revokedNames(db, evaluations));
        return <EvalsPage page={context} {...{ evaluations, revoked, pageNumber: page, pages }} />;
      },
    };
  }

  @Get('build/:id/evals')
  @By(buildDoor)
  async ofBuild(@Input() { params: { id } }: Through<typeof buildDoor>): Promise<Answer> {
    const ids = await this.idsOf(id);
    const found = await Promise.all(ids.map((one) => this.reader.ask((db) => getEvaluation(db, one))));
    const evaluations = found.filter((one) => one !== undefined);
    const builds = await this.buildsOf(evaluations);
    return {
      json: () => evaluations.map((one) => evaluationJson(one, builds.get(one.id) ?? [])),
      redirect: buildPath(id),
    };
  }

  /** The newest evaluation that a build is part of. */
  @Get('build/:id/eval')
  @By(buildDoor)
  async newest(@Input() { params: { id } }: Through<typeof buildDoor>): Promise<Answer> {
    return { redirect: evaluationPath(await this.newestOf(id)) };
  }

  @Get('build/:id/eval/*')
  @By(buildRestDoor)
  async newestRest(@Input() { params }: Through<typeof buildRestDoor>): Promise<Answer> {
    return { redirect: belowEvaluation(await this.newestOf(params.id), params['*']) };
  }

  private buildsOf(evaluations: readonly { id: number }[]): Promise<ReadonlyMap<number, readonly number[]>> {
    const ids = evaluations.map(({ id }) => id);
    return this.reader.ask((db) => buildIdsOfEvaluations(db, ids));
  }

  private async newestOf(id: number): Promise<number> {
    const newest = Math.max(0, ...(await this.idsOf(id)));
    if (newest === 0) throw notFound('evaluation of this build', 'id');
    return newest;
  }

  private async idsOf(id: number): Promise<readonly number[]> {
    const build = await this.reader.ask((db) => getBuild(db, id));
    if (!build) throw notFound('such build', 'id');
    return build.evaluations;
  }
}
