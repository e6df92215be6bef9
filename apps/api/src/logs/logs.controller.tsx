import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { LogNotFoundError } from '#binary-cache';
import { type BuildView, getBuild, getStep } from '#read-model';
import { sleep } from '#runtime';
import type { Answer } from '../http/answer.js';
import { By, door, Input, type Through } from '../http/door.js';
import type { Incoming } from '../http/incoming.js';
import { badInput, notFound, type Problem } from '../http/problem.js';
import { idParam, nameParam, numberParam, text } from '../http/text.js';
import { Changes } from '../live/changes.js';
import { Streams } from '../live/streams.js';
import { Reader } from '../queries/reader.js';
import { type ApiDependencies, DEPENDENCIES } from '../tokens.js';
import { buildPath } from '../ui/links.js';
import { type Logged, LogFinder } from './log-finder.js';
import { LogPage, NoLogPage } from './log.page.js';
import { streamLog } from './log-stream.js';
import { LogWindows } from './log-window.js';
import type { LogLine } from './scan-log.js';

/** A reader of a log looks at most so often whether its step ended. */
const LOOK_PAUSE_MS = 200;
/** Lines that Hydra's `tail` gives. */
const TAIL_LINES = 50;

const offsetParam = numberParam(0, 999_999_999).default(0);
const buildDoor = door({ params: { id: idParam } });
const stepDoor = door({ params: { id: idParam, nr: idParam } });
const asked = {
  line: numberParam(1, 999_999_999).optional(),
  search: text(200).min(1, 'must not be empty').optional(),
};
const buildPageDoor = door({ params: { id: idParam }, query: asked });
const stepPageDoor = door({ params: { id: idParam, nr: idParam }, query: asked });
const buildLiveDoor = door({ params: { id: idParam }, query: { from: offsetParam } });
const stepLiveDoor = door({ params: { id: idParam, nr: idParam }, query: { from: offsetParam } });
const drvDoor = door({
  params: { drv: nameParam.regex(/^[0-9a-z]{32}-[A-Za-z0-9+._?=-]+$/, 'must be the base name of a derivation') },
  query: { tail: numberParam(1, 100_000).optional() },
});

const PLAIN = 'text/plain; charset=utf-8';

const noLog = (): Problem => notFound('log of this yet');

@Controller()
export class LogsController {
  constructor(
    @Inject(DEPENDENCIES) private readonly deps: ApiDependencies,
    @Inject(Reader) private readonly reader: Reader,
    @Inject(LogFinder) private readonly finder: LogFinder,
    @Inject(LogWindows) private readonly windows: LogWindows,
    @Inject(Changes) private readonly changes: Changes,
    @Inject(Streams) private readonly streams: Streams,
  ) {}

  /** `line`: what stands around that line; `search`: the lines of the whole log that hold it. */
  @Get('build/:id/log')
  @By(buildPageDoor)
  async buildLog(@Input() { params: { id }, query }: Through<typeof buildPageDoor>): Promise<Answer> {
    const build = await this.build(id);
    const step = await this.finder.ofBuild(build);
    if (step) return this.page(build, step, `${buildPath(id)}/log`, query);
    const { message, details } = noLog();
    return {
      status: 404,
      json: () => ({ error: message, rule: details.rule }),
      html: (page) => <NoLogPage page={page} build={build} />,
    };
  }

  /** Hydra's name of the page. */
  @Get('build/:id/log/pretty')
  @By(buildDoor)
  buildPretty(@Input() { params: { id } }: Through<typeof buildDoor>): Answer {
    return { redirect: `${buildPath(id)}/log` };
  }

  @Get('build/:id/log/raw')
  @By(buildDoor)
  async buildRaw(@Input() { params: { id } }: Through<typeof buildDoor>, @Res() reply: FastifyReply): Promise<void> {
    await this.raw(await this.finder.ofBuild(await this.build(id)), reply);
  }

  @Get('build/:id/log/tail')
  @By(buildDoor)
  async buildTail(@Input() { params: { id } }: Through<typeof buildDoor>, @Res() reply: FastifyReply): Promise<void> {
    await this.raw(await this.finder.ofBuild(await this.build(id)), reply, TAIL_LINES);
  }

  @Get('build/:id/log/live')
  @By(buildLiveDoor)
  async buildLive(
    @Input() { params: { id }, query }: Through<typeof buildLiveDoor>,
    @Req() request: Incoming,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.live(await this.finder.ofBuild(await this.build(id)), query.from, request, reply);
  }

  @Get('build/:id/step/:nr/log')
  @By(stepPageDoor)
  async stepLog(@Input() { params: { id, nr }, query }: Through<typeof stepPageDoor>): Promise<Answer> {
    const step = await this.finder.ofStep(id, nr);
    if (!step) throw noLog();
    return this.page(await this.build(id), step, `${buildPath(id)}/step/${nr}/log`, query);
  }

  @Get('build/:id/step/:nr/log/pretty')
  @By(stepDoor)
  stepPretty(@Input() { params: { id, nr } }: Through<typeof stepDoor>): Answer {
    return { redirect: `${buildPath(id)}/step/${nr}/log` };
  }

  @Get('build/:id/step/:nr/log/raw')
  @By(stepDoor)
  async stepRaw(@Input() { params: { id, nr } }: Through<typeof stepDoor>, @Res() reply: FastifyReply): Promise<void> {
    await this.raw(await this.finder.ofStep(id, nr), reply);
  }

  @Get('build/:id/step/:nr/log/tail')
  @By(stepDoor)
  async stepTail(@Input() { params: { id, nr } }: Through<typeof stepDoor>, @Res() reply: FastifyReply): Promise<void> {
    await this.raw(await this.finder.ofStep(id, nr), reply, TAIL_LINES);
  }

  @Get('build/:id/step/:nr/log/live')
  @By(stepLiveDoor)
  async stepLive(
    @Input() { params: { id, nr }, query }: Through<typeof stepLiveDoor>,
    @Req() request: Incoming,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.live(await this.finder.ofStep(id, nr), query.from, request, reply);
  }

  /** The log of a derivation's newest attempt, by the base name of the `.drv` file. */
  @Get('log/:drv')
  @By(drvDoor)
  async derivationLog(
    @Input() { params: { drv }, query }: Through<typeof drvDoor>,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.raw(await this.finder.ofBaseName(drv), reply, query.tail);
  }

  private async page(
    build: BuildView,
    step: Logged,
    path: string,
    query: Through<typeof buildPageDoor>['query'],
  ): Promise<Answer> {
    const { line, search } = query;
    const wanted = { ...(line === undefined ? {} : { line }), ...(search === undefined ? {} : { search }) };
    const window = await this.windows.of(step, wanted);
    const lineJson = ({ nr, text: words }: LogLine) => ({ line: nr, text: words });
    return {
      json: () => ({
        build: build.id,
        step: step.nr,
        drvpath: step.drvPath,
        bytes: window.size,
        finished: step.status !== null,
        raw: `${path}/raw`,
        firsterror: window.firstError && lineJson(window.firstError),
        ...(window.found ? { matches: window.found.matches.map(lineJson), morematches: window.found.moreMatches } : {}),
      }),
      html: (page) => <LogPage {...{ page, build, step, path, asked: wanted, window }} />,
    };
  }

  private async raw(step: Logged | undefined, reply: FastifyReply, lines?: number): Promise<void> {
    try {
      if (!step) throw new LogNotFoundError('no attempt has a log');
      void reply.header('content-type', PLAIN);
      if (lines === undefined) await reply.send(await this.deps.logs.read(step.logKey));
      else await reply.send((await this.deps.logs.lastLines(step.logKey, lines)).chunk);
    } catch (error) {
      if (error instanceof LogNotFoundError) throw noLog();
      throw error;
    }
  }

  private async live(step: Logged | undefined, from: number, request: Incoming, reply: FastifyReply): Promise<void> {
    if (!step) throw noLog();
    const resumed = request.headers['last-event-id'];
    if (resumed !== undefined && (typeof resumed !== 'string' || !/^\d{1,15}$/.test(resumed)))
      throw badInput('Last-Event-ID', 'must be the id of a message of this stream');
    const stream = this.streams.open(request, reply);
    if (request.method === 'HEAD') return;
    const finished = new AbortController();
    const look = async (): Promise<void> => {
      const now = await this.reader.ask((db) => getStep(db, step.buildId, step.nr));
      if (!now || now.attempt !== step.attempt || now.status !== null) finished.abort();
    };
    let changed = false;
    let looking = false;
    // Of many changes at once, each reader looks once.
    const lookAgain = async (): Promise<void> => {
      changed = true;
      if (looking) return;
      looking = true;
      for (; changed && !finished.signal.aborted && !stream.signal.aborted; await sleep(LOOK_PAUSE_MS)) {
        changed = false;
        await look().catch((error: unknown) =>
          this.deps.logger.warn({ err: error }, 'could not see whether a step ended'),
        );
      }
      looking = false;
    };
    if (step.status !== null) finished.abort();
    else this.changes.subscribe(() => void lookAgain(), AbortSignal.any([stream.signal, finished.signal]));
    try {
      await streamLog(
        stream,
        this.deps.logs,
        step.logKey,
        resumed === undefined ? from : Number(resumed),
        finished.signal,
      );
    } catch (error) {
      // The reply has begun: the client comes back by itself and resumes where it was.
      this.deps.logger.warn({ err: error, key: step.logKey }, 'a live log was cut off');
      stream.end();
    }
  }

  private async build(id: number): Promise<BuildView> {
    const found = await this.reader.ask((db) => getBuild(db, id));
    if (!found) throw notFound('such build', 'id');
    return found;
  }
}
