import { Controller, Get, Inject } from '@nestjs/common';
import { getBuild, getBuilds, getEvaluation } from '#read-model';
import type { Answer } from '../http/answer.js';
import { By, door, Input, type Through } from '../http/door.js';
import { notFound } from '../http/problem.js';
import { idParam } from '../http/text.js';
import { Reader } from '../queries/reader.js';
import { type ApiDependencies, DEPENDENCIES } from '../tokens.js';
import { buildPath } from '../ui/links.js';
import { isReproducible, withBuilds } from './reproducible.js';
import { reproduceScript } from './script.js';

const reproduceDoor = door({ params: { id: idParam } });

/** How to build the same elsewhere. */
@Controller('build/:id/reproduce')
export class ReproduceController {
  constructor(
    @Inject(DEPENDENCIES) private readonly deps: ApiDependencies,
    @Inject(Reader) private readonly reader: Reader,
  ) {}

  @Get()
  @By(reproduceDoor)
  async script(@Input() { params: { id } }: Through<typeof reproduceDoor>): Promise<Answer> {
    const build = await this.reader.ask((db) => getBuild(db, id));
    if (!build) throw notFound('such build', 'id');
    const evaluation = await this.reader.ask((db) => getEvaluation(db, build.evaluationId));
    if (!isReproducible(evaluation)) throw notFound('record of what this build was evaluated from', 'id');
    const { job, drvPath, system } = build;
    const { id: evaluationId, expression, flake } = evaluation;
    const from = evaluation.inputs.flatMap(({ buildId }) => (buildId === undefined ? [] : [buildId]));
    const inputs = withBuilds(evaluation.inputs, await this.reader.ask((db) => getBuilds(db, from)));
    const url = `${this.deps.config.web.baseUrl}${buildPath(id)}`;
    const body = reproduceScript({ url, buildId: id, job, drvPath, system, evaluationId, inputs, expression, flake });
    return {
      headers: { 'content-disposition': `attachment; filename="reproduce-build-${id}.sh"` },
      text: { type: 'text/x-shellscript; charset=utf-8', body },
    };
  }
}
