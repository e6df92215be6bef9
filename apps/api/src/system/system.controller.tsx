import { Controller, Get, HttpCode, Inject, Post, Req } from '@nestjs/common';
import { z } from 'zod';
import { createParkedEvents } from '#coordination';
import { listAudit } from '#read-model';
import { auditReader } from '../audit/reader.js';
import { isDryRun } from '../commands/commander.js';
import type { Answer } from '../http/answer.js';
import { By, commandDoor, door, Input, type Through } from '../http/door.js';
import type { Incoming } from '../http/incoming.js';
import { permit, roleFor } from '../http/permissions.js';
import { notFound } from '../http/problem.js';
import { nameParam } from '../http/text.js';
import { Reader } from '../queries/reader.js';
import { Users } from '../queries/users.js';
import { type ApiDependencies, DEPENDENCIES } from '../tokens.js';
import { causesOf } from './causes.js';
import { FarmState } from './farm-state.js';
import { systemJson } from './system.json.js';
import { SystemPage } from './system.page.js';

const plainDoor = door({});
const releaseDoor = commandDoor({
  body: { consumer: nameParam, event: z.uuid('must be the id of an event (a UUID)') },
});

/** Newest events of the audit that the causes are taken from. */
const LOOKED_AT = 200;

/** How the installation itself does. */
@Controller('system')
export class SystemController {
  constructor(
    @Inject(DEPENDENCIES) private readonly deps: ApiDependencies,
    @Inject(FarmState) private readonly farm: FarmState,
    @Inject(Reader) private readonly reader: Reader,
    @Inject(Users) private readonly users: Users,
  ) {}

  /** Numbers for everybody; processes, room and errors for who may manage the queue. */
  @Get()
  @By(plainDoor)
  async show(@Req() { visitor }: Incoming): Promise<Answer> {
    const manages = roleFor('manage-queue', visitor) !== undefined;
    const [state, operations] = await Promise.all([this.farm.system(), manages ? this.farm.operations() : undefined]);
    return {
      json: () => systemJson(state, this.deps.clock.now(), operations),
      html: async (page) => {
        const as = auditReader(visitor);
        const entries = as ? await this.reader.ask((db) => listAudit(db, as, { limit: LOOKED_AT })) : [];
        const people = entries.filter(({ actor: { kind } }) => kind === 'user' || kind === 'token');
        const nameOf = await this.users.names(people.map(({ actor }) => actor.id));
        return <SystemPage {...{ page, state, operations, causes: as && causesOf(entries), nameOf }} />;
      },
    };
  }

  /** Has a duty try an event again that it gave up on. */
  @Post('release')
  @HttpCode(200)
  @By(releaseDoor)
  async release(
    @Input() { body: { consumer, event, reason } }: Through<typeof releaseDoor>,
    @Req() request: Incoming,
  ): Promise<Answer> {
    permit('manage-queue', request.visitor);
    const parked = createParkedEvents(this.deps.database);
    const there = (await parked.list(consumer)).some(({ eventId }) => eventId === event);
    if (!there) throw notFound('such parked event', 'event');
    if (isDryRun(request)) return { json: () => ({ dryRun: true, released: [event] }) };
    if (!(await parked.release(consumer, event))) throw notFound('such parked event', 'event');
    // No event of the log says so: who and why stands in the log of this process.
    const { correlationId, visitor } = request;
    const what = { consumer, event, user: visitor.user?.id, reason, correlationId };
    this.deps.logger.info(what, 'a parked event is released');
    return { json: () => ({ released: [event] }), redirect: '/system' };
  }
}
