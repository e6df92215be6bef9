import { Controller, HttpCode, Inject, Post, Req } from '@nestjs/common';
import { type EvaluationCommand, evaluationStream } from '#domain';
import { type EvaluationView, getEvaluation } from '#read-model';
import { EvaluationAct } from '../commands/acts.js';
import { Commander, commandAnswer } from '../commands/commander.js';
import type { Answer } from '../http/answer.js';
import { By, commandDoor, Input, type Through, withForm } from '../http/door.js';
import { reasonField } from '../http/form.js';
import type { Incoming } from '../http/incoming.js';
import { permit } from '../http/permissions.js';
import { badInput, notFound, Problem } from '../http/problem.js';
import { idParam, text } from '../http/text.js';
import { ownersOfProject } from '../queries/project-owners.js';
import { Reader } from '../queries/reader.js';
import { type ApiDependencies, DEPENDENCIES } from '../tokens.js';
import { plural } from '../ui/bytes.js';
import { evaluationPath } from '../ui/links.js';

const revokeDoor = withForm(commandDoor({ params: { id: idParam } }), () => ({
  title: 'Revoke the release',
  button: 'Revoke the release',
  fields: [reasonField(true)],
}));
const releaseDoor = withForm(commandDoor({ params: { id: idParam }, body: { name: text(255) } }), () => ({
  title: 'Release',
  button: 'Release',
  fields: [{ name: 'name', label: 'Name of the release', max: 255, required: true }, reasonField(true)],
}));

/** Releases of evaluations: their outputs stay rooted until the release is revoked. */
@Controller('eval/:id')
export class ReleaseController {
  constructor(
    @Inject(DEPENDENCIES) private readonly deps: ApiDependencies,
    @Inject(Reader) private readonly reader: Reader,
    @Inject(Commander) private readonly commander: Commander,
  ) {}

  /** Only of an evaluation all of whose builds are finished, and with a reason. */
  @Post('release')
  @HttpCode(200)
  @By(releaseDoor)
  async release(
    @Input() { params: { id }, body }: Through<typeof releaseDoor>,
    @Req() request: Incoming,
  ): Promise<Answer> {
    const [evaluation, role] = await this.find(request, id, body.reason);
    const { status, queued } = evaluation;
    if (status !== 'ran' || queued > 0)
      throw new Problem(
        409,
        status === 'ran' ? `${plural(queued, 'build')} not finished` : 'the evaluation is not finished',
        { facts: { rejected: 'evaluation-not-finished' } },
      );
    return this.run(request, id, role, { type: 'ReleaseEvaluation', data: { evaluationId: id, name: body.name } });
  }

  @Post('revoke')
  @HttpCode(200)
  @By(revokeDoor)
  async revoke(
    @Input() { params: { id }, body }: Through<typeof revokeDoor>,
    @Req() request: Incoming,
  ): Promise<Answer> {
    const [, role] = await this.find(request, id, body.reason);
    return this.run(request, id, role, { type: 'RevokeRelease', data: { evaluationId: id } });
  }

  private async find(
    { visitor }: Incoming,
    id: number,
    reason: string | undefined,
  ): Promise<readonly [EvaluationView, string]> {
    const evaluation = await this.reader.ask((db) => getEvaluation(db, id));
    if (!evaluation) throw notFound('such evaluation', 'id');
    const role = permit('release-evaluation', visitor, await ownersOfProject(this.deps.store, evaluation.project));
    if (!reason?.trim()) throw badInput('reason', 'is required');
    return [evaluation, role];
  }

  private async run(
    request: Incoming,
    id: number,
    role: string,
    command: Extract<Wished, { type: 'ReleaseEvaluation' | 'RevokeRelease' }>,
  ): Promise<Answer> {
    const wish = { act: EvaluationAct, stream: evaluationStream(id), role, command };
    return commandAnswer(await this.commander.run<EvaluationCommand>(request, wish), evaluationPath(id));
  }
}

type Wished = EvaluationCommand extends infer C ? (C extends EvaluationCommand ? Omit<C, 'at'> : never) : never;
