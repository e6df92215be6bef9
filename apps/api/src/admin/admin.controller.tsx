import { Controller, Get, HttpCode, Inject, Post, Req } from '@nestjs/common';
import { allCachedFailures, nonCurrentQueue } from '#read-model';
import { BuildOrders } from '../builds/build-orders.js';
import { Commander, isDryRun, manyAnswer } from '../commands/commander.js';
import type { Answer } from '../http/answer.js';
import { By, commandDoor, door, Input, type Through } from '../http/door.js';
import type { Incoming } from '../http/incoming.js';
import { permit } from '../http/permissions.js';
import { text } from '../http/text.js';
import { Reader } from '../queries/reader.js';
import { Evaluator } from '../scm/evaluator.js';
import { AccountOrders } from '../users/accounts.js';
import { AdminPage } from './admin.page.js';

const pageDoor = door({});
const queueDoor = commandDoor({});
const cacheDoor = commandDoor({});
/** `drvPath`: one derivation instead of all. */
const failuresDoor = commandDoor({ body: { drvPath: text(500).optional() } });

/** What concerns the farm as a whole. */
@Controller('admin')
export class AdminController {
  constructor(
    @Inject(Reader) private readonly reader: Reader,
    @Inject(BuildOrders) private readonly orders: BuildOrders,
    @Inject(AccountOrders) private readonly accounts: AccountOrders,
    @Inject(Commander) private readonly commander: Commander,
    @Inject(Evaluator) private readonly evaluator: Evaluator,
  ) {}

  @Get()
  @By(pageDoor)
  async show(@Req() { visitor }: Incoming): Promise<Answer> {
    permit('manage-queue', visitor);
    const [queue, failures] = await Promise.all([this.reader.ask(nonCurrentQueue), this.reader.ask(allCachedFailures)]);
    return {
      json: () => ({ nonCurrentBuilds: queue.length, cachedFailures: failures.length }),
      html: (page) => <AdminPage page={page} nonCurrent={queue.length} failures={failures.length} />,
    };
  }

  /** Cancels the unfinished builds that are in no jobset's newest evaluation. */
  @Post('clear-queue-non-current')
  @HttpCode(200)
  @By(queueDoor)
  async clearQueue(@Input() _: Through<typeof queueDoor>, @Req() request: Incoming): Promise<Answer> {
    const role = permit('manage-queue', request.visitor);
    const look = () => this.reader.ask(nonCurrentQueue);
    const { accepted, builds } = await this.orders.manyAs(request, role, look, 'CancelBuild');
    return manyAnswer(request, accepted, { builds }, '/admin');
  }

  /** Forgets that derivations failed: whoever wants one next tries again. */
  @Post('clear-failed-cache')
  @HttpCode(200)
  @By(failuresDoor)
  async clearFailures(
    @Input() { body: { drvPath } }: Through<typeof failuresDoor>,
    @Req() request: Incoming,
  ): Promise<Answer> {
    const role = permit('manage-queue', request.visitor);
    this.commander.checkUnguarded(request);
    const chosen = await this.commander.choose(request, 'failures', async () => {
      const all = await this.reader.ask(allCachedFailures);
      return drvPath === undefined ? all : all.filter((one) => one === drvPath);
    });
    const accepted = await this.orders.forget(request, role, chosen);
    return manyAnswer(request, accepted, { derivations: chosen.length }, '/admin');
  }

  /** Has the evaluator forget the repositories that it fetched, but those that it is fetching into: the next fetch is a whole one. */
  @Post('clear-vcs-cache')
  @HttpCode(200)
  @By(cacheDoor)
  async clearCache(@Input() _: Through<typeof cacheDoor>, @Req() request: Incoming): Promise<Answer> {
    const role = permit('manage-queue', request.visitor);
    this.commander.checkUnguarded(request);
    // What was fetched since stays when the same request comes again.
    const [data] = await this.commander.choose(request, 'clones', async () => [
      await this.evaluator.clearClones(isDryRun(request)),
    ]);
    if (data === undefined) throw new Error('an order to clear clones came to nothing');
    const command = { type: 'RecordFetchCacheCleared', data } as const;
    const accepted = await this.accounts.command(request, request.visitor.user!, role, command);
    return manyAnswer(request, [accepted], data, '/admin');
  }
}
