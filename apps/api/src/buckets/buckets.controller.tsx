import { Controller, Get, HttpCode, Inject, Post, Req } from '@nestjs/common';
import { z } from 'zod';
import { createParkedEvents } from '#coordination';
import { backupStream } from '#domain';
import { parkedUploads } from '#read-model';
import { BackupAct } from '../commands/acts.js';
import { type Accepted, Commander, isDryRun, manyAnswer } from '../commands/commander.js';
import type { Answer } from '../http/answer.js';
import { By, commandDoor, door, Input, type Through } from '../http/door.js';
import type { Incoming } from '../http/incoming.js';
import { permit } from '../http/permissions.js';
import { notFound } from '../http/problem.js';
import { idParam, nameParam, numberParam, text } from '../http/text.js';
import { Reader } from '../queries/reader.js';
import { type ApiDependencies, DEPENDENCIES } from '../tokens.js';
import { bucketPath } from '../ui/links.js';
import { BucketPage } from './bucket.page.js';
import { BucketsPage } from './buckets.page.js';
import { detailsJson, parkedRequestJson, placeJson } from './bucket-json.js';
import { detailsOf, findPlaces, parkedRequests, REQUESTS, sectionOf } from './places.js';

const plainDoor = door({});
const bucketDoor = door({ params: { name: nameParam }, query: { days: numberParam(2, 730).default(90) } });
/** JSON says a build as a number, a form as text. */
const BUILD = 'must be a whole number from 1 to 2147483647';
const buildField = z.union([idParam, z.int(BUILD).min(1, BUILD).max(2_147_483_647, BUILD)], BUILD);
const releaseDoor = commandDoor({
  params: { name: nameParam },
  body: { prefix: text(512).default(''), build: buildField.optional() },
});
const releaseRequestDoor = commandDoor({ body: { event: z.uuid('must be the id of an event (a UUID)') } });

@Controller()
export class BucketsController {
  constructor(
    @Inject(DEPENDENCIES) private readonly deps: ApiDependencies,
    @Inject(Reader) private readonly reader: Reader,
    @Inject(Commander) private readonly commander: Commander,
  ) {}

  @Get('buckets')
  @By(plainDoor)
  async list(): Promise<Answer> {
    const [places, parked] = await Promise.all([findPlaces(this.reader, this.deps), parkedRequests(this.deps)]);
    return {
      json: () => ({ places: places.map(placeJson), parkedRequests: parked.map(parkedRequestJson) }),
      html: (page) => <BucketsPage page={page} places={places} parked={parked} />,
    };
  }

  @Get('bucket/:name')
  @By(bucketDoor)
  async show(@Input() { params: { name }, query: { days } }: Through<typeof bucketDoor>): Promise<Answer> {
    const found = await findPlaces(this.reader, this.deps, name);
    if (found.length === 0) throw notFound('such bucket', 'name');
    const nowMs = this.deps.clock.now();
    const places = await Promise.all(found.map((place) => detailsOf(this.reader, place, { days, nowMs })));
    return {
      json: () => ({ name, places: places.map(detailsJson) }),
      html: (page) => <BucketPage page={page} bucket={name} places={places} />,
    };
  }

  /** Has uploads that were given up made again: of one build, or all that the page shows. */
  @Post('bucket/:name/release')
  @HttpCode(200)
  @By(releaseDoor)
  async release(
    @Input() { params: { name: bucket }, body: { prefix, build } }: Through<typeof releaseDoor>,
    @Req() request: Incoming,
  ): Promise<Answer> {
    const role = permit('release-upload', request.visitor);
    const which = { prefix, ...(build === undefined ? {} : { buildId: build }) };
    this.commander.checkUnguarded(request);
    const parked = await this.commander.choose(request, 'uploads', async () => {
      const found = await this.reader.ask((db) => parkedUploads(db, bucket, which));
      if (found.length === 0) throw notFound('such parked upload', build === undefined ? 'prefix' : 'build');
      return found;
    });
    const target = { bucket, prefix };
    const compression = sectionOf(this.deps, target)?.compressionType;
    const accepted: Accepted[] = [];
    for (const upload of parked) {
      const data = { buildId: upload.buildId, target, compression: compression ?? upload.compression };
      const outcome = await this.commander.run(request, {
        act: BackupAct,
        stream: backupStream(upload.buildId),
        command: { type: 'RequestBackup', data },
        role,
        part: String(upload.buildId),
        guarded: false,
      });
      accepted.push(outcome);
      if (!outcome.dryRun && outcome.events.length > 0)
        this.logRelease(request, { build: upload.buildId, bucket, prefix });
    }
    return manyAnswer(request, accepted, { released: parked.map(({ buildId }) => buildId) }, bucketPath(bucket));
  }

  /** Has a finished build looked at again whose backup could not be asked for. */
  @Post('buckets/release')
  @HttpCode(200)
  @By(releaseRequestDoor)
  async releaseRequest(
    @Input() { body: { event } }: Through<typeof releaseRequestDoor>,
    @Req() request: Incoming,
  ): Promise<Answer> {
    permit('release-upload', request.visitor);
    const parked = createParkedEvents(this.deps.database);
    if (isDryRun(request)) {
      if (!(await parked.list(REQUESTS)).some(({ eventId }) => eventId === event))
        throw notFound('such parked event', 'event');
      return { json: () => ({ dryRun: true, released: [event] }) };
    }
    if (!(await parked.release(REQUESTS, event))) throw notFound('such parked event', 'event');
    this.logRelease(request, { event, consumer: REQUESTS });
    return { json: () => ({ released: [event] }), redirect: '/buckets' };
  }

  /** Who and why: beside the event's own envelope, where there is one, in the log of this process. */
  private logRelease(request: Incoming, what: Readonly<Record<string, unknown>>): void {
    const { reason } = (request.input as { body: { reason?: string } }).body;
    const { correlationId, visitor } = request;
    this.deps.logger.info({ ...what, user: visitor.user?.id, reason, correlationId }, 'a parked upload is released');
  }
}
