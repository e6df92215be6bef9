import { Controller, HttpCode, Inject, Post, Req } from '@nestjs/common';
import { buildsToOrder, type BuildSelection, getEvaluation } from '#read-model';
import { type BuildOrder, BuildOrders, keepBody } from '../builds/build-orders.js';
import { manyAnswer } from '../commands/commander.js';
import type { Answer } from '../http/answer.js';
import { By, commandDoor, Input, type Through } from '../http/door.js';
import type { Incoming } from '../http/incoming.js';
import { notFound } from '../http/problem.js';
import { idParam } from '../http/text.js';
import { Reader } from '../queries/reader.js';
import { evaluationPath } from '../ui/links.js';

const actDoor = commandDoor({ params: { id: idParam } });
const keepDoor = commandDoor({ params: { id: idParam }, body: keepBody });

/** Orders for the builds of an evaluation (Hydra's actions, hydra-reference 2e), by POST. */
@Controller('eval/:id')
export class EvaluationCommandsController {
  constructor(
    @Inject(Reader) private readonly reader: Reader,
    @Inject(BuildOrders) private readonly orders: BuildOrders,
  ) {}

  @Post('cancel')
  @HttpCode(200)
  @By(actDoor)
  cancel(@Input() { params: { id } }: Through<typeof actDoor>, @Req() request: Incoming): Promise<Answer> {
    return this.order(request, id, 'unfinished', 'CancelBuild');
  }

  @Post('bump')
  @HttpCode(200)
  @By(actDoor)
  bump(@Input() { params: { id } }: Through<typeof actDoor>, @Req() request: Incoming): Promise<Answer> {
    return this.order(request, id, 'unfinished', 'BumpBuild');
  }

  /** The same as `restart-failed`: what succeeded needs no other try. */
  @Post('restart')
  @HttpCode(200)
  @By(actDoor)
  restart(@Input() { params: { id } }: Through<typeof actDoor>, @Req() request: Incoming): Promise<Answer> {
    return this.order(request, id, 'failed', 'RestartBuild');
  }

  /** All that did not succeed, aborted ones too. */
  @Post('restart-failed')
  @HttpCode(200)
  @By(actDoor)
  restartFailed(@Input() { params: { id } }: Through<typeof actDoor>, @Req() request: Incoming): Promise<Answer> {
    return this.order(request, id, 'failed', 'RestartBuild');
  }

  /** Those that ended by no fault of their own: aborted, cancelled, unsupported. */
  @Post('restart-aborted')
  @HttpCode(200)
  @By(actDoor)
  restartAborted(@Input() { params: { id } }: Through<typeof actDoor>, @Req() request: Incoming): Promise<Answer> {
    return this.order(request, id, 'aborted', 'RestartBuild');
  }

  /** Outputs of the builds that succeeded stay in the store; `keep` 0 takes that back from all that are kept. */
  @Post('keep')
  @HttpCode(200)
  @By(keepDoor)
  keep(@Input() { params: { id }, body }: Through<typeof keepDoor>, @Req() request: Incoming): Promise<Answer> {
    return body.keep
      ? this.order(request, id, 'not-kept', 'KeepBuild')
      : this.order(request, id, 'kept', 'UnkeepBuild');
  }

  private async order(request: Incoming, id: number, which: BuildSelection, order: BuildOrder): Promise<Answer> {
    const evaluation = await this.reader.ask((db) => getEvaluation(db, id));
    if (!evaluation) throw notFound('such evaluation', 'id');
    const look = () => this.reader.ask((db) => buildsToOrder(db, id, which));
    const { accepted, builds } = await this.orders.many(request, evaluation.project, look, order);
    return manyAnswer(request, accepted, { builds }, evaluationPath(id));
  }
}
