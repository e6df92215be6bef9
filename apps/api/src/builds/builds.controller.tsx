import { Controller, Get, HttpCode, Inject, Post, Req } from '@nestjs/common';
import { project as projectDecider, projectOwners, projectStream } from '#domain';
import {
  aggregatesOf,
  buildBackups,
  buildSteps,
  type BuildView,
  constituents,
  failedBecauseOf,
  getBuild,
  getEvaluation,
  listMachines,
} from '#read-model';
import { PublicKeys } from '../buckets/public-keys.js';
import { sectionOf } from '../buckets/places.js';
import { commandAnswer } from '../commands/commander.js';
import { loadState } from '../commands/state.js';
import type { Answer } from '../http/answer.js';
import { buildJson } from '../http/build-json.js';
import { By, commandDoor, door, Input, type Through } from '../http/door.js';
import type { Incoming } from '../http/incoming.js';
import { notFound } from '../http/problem.js';
import { idParam } from '../http/text.js';
import { LogFinder } from '../logs/log-finder.js';
import { LogWindows } from '../logs/log-window.js';
import { Moments } from '../moments/moments.js';
import { momentParam } from '../scheduler/moment.js';
import { waitsFor } from '../queue/waits-for.js';
import { Reader } from '../queries/reader.js';
import { Users } from '../queries/users.js';
import { LocalStore } from '../store/local-store.js';
import { type ApiDependencies, DEPENDENCIES } from '../tokens.js';
import { buildPath } from '../ui/links.js';
import { type BuildOrder, BuildOrders, keepBody } from './build-orders.js';
import type { BuildCopy, FarmCache } from './backups.js';
import { BuildPage } from './build.page.js';
import type { Trouble } from './outcome.js';
import { runsOf } from './runs.js';

const params = { id: idParam };
const showDoor = door({ params, query: { at: momentParam } });
const partsDoor = door({ params });
const actDoor = commandDoor({ params });
/** `keep`: false takes the mark away again. */
const keepDoor = commandDoor({ params, body: keepBody });

/** Lines of the log on the page of a build that failed. */
const LAST_LINES = 30;
/** Builds that failed because another one did, on its page. */
const DEPENDANTS = 20;

@Controller('build/:id')
export class BuildsController {
  constructor(
    @Inject(DEPENDENCIES) private readonly deps: ApiDependencies,
    @Inject(Reader) private readonly reader: Reader,
    @Inject(BuildOrders) private readonly orders: BuildOrders,
    @Inject(LogFinder) private readonly logs: LogFinder,
    @Inject(LogWindows) private readonly windows: LogWindows,
    @Inject(Users) private readonly users: Users,
    @Inject(PublicKeys) private readonly keys: PublicKeys,
    @Inject(Moments) private readonly moments: Moments,
    @Inject(LocalStore) private readonly store: LocalStore,
  ) {}

  @Get()
  @By(showDoor)
  async show(@Input() { params: { id }, query }: Through<typeof showDoor>): Promise<Answer> {
    const build = await this.find(id);
    if (query.at !== undefined) return this.moments.build(build, query.at);
    return {
      json: () => buildJson(build),
      html: async (page) => {
        const failed = build.status !== null && build.status !== 'succeeded';
        const [steps, backups, cache, parts, wholes, dependants, evaluation, runs, trouble, stuck, project] =
          await Promise.all([
            this.reader.ask((db) => buildSteps(db, id)),
            this.copies(id),
            this.cacheOf(build),
            build.constituents.length > 0 ? this.reader.ask((db) => constituents(db, id)) : [],
            this.reader.ask((db) => aggregatesOf(db, id)),
            failed ? this.reader.ask((db) => failedBecauseOf(db, id, DEPENDANTS)) : [],
            this.reader.ask((db) => getEvaluation(db, build.evaluationId)),
            build.run > 0 || build.status === 'cancelled' ? runsOf(this.deps.store, id) : [],
            failed ? this.trouble(build) : undefined,
            this.stuck(build),
            loadState(this.deps.store, projectDecider, projectStream(build.project)),
          ]);
        const nameOf = await this.users.names(
          runs.flatMap(({ actorId, cancelled }) => [actorId ?? [], cancelled?.actorId ?? []].flat()),
        );
        const owner = projectOwners(project);
        return (
          <BuildPage
            {...{
              page,
              build,
              steps,
              backups,
              cache,
              parts,
              wholes,
              dependants,
              evaluation,
              runs,
              nameOf,
              trouble,
              stuck,
              owner,
            }}
          />
        );
      },
    };
  }

  @Get('constituents')
  @By(partsDoor)
  async parts(@Input() { params: { id } }: Through<typeof partsDoor>): Promise<Answer> {
    await this.find(id);
    const found = await this.reader.ask((db) => constituents(db, id));
    return { json: () => found.map(buildJson), redirect: `${buildPath(id)}#constituents` };
  }

  /** What Hydra tells machines of a build, in short. `outPath`: of the output `out`, or of the first one. */
  @Get('api/get-info')
  @By(partsDoor)
  async info(@Input() { params: { id } }: Through<typeof partsDoor>): Promise<Answer> {
    const { drvPath, outputs } = await this.find(id);
    return {
      json: () => ({ buildId: id, drvPath, outPath: outputs['out'] ?? Object.values(outputs)[0] ?? null }),
    };
  }

  @Post('cancel')
  @HttpCode(200)
  @By(actDoor)
  cancel(@Input() { params: { id } }: Through<typeof actDoor>, @Req() request: Incoming): Promise<Answer> {
    return this.act(request, id, 'CancelBuild');
  }

  @Post('restart')
  @HttpCode(200)
  @By(actDoor)
  restart(@Input() { params: { id } }: Through<typeof actDoor>, @Req() request: Incoming): Promise<Answer> {
    return this.act(request, id, 'RestartBuild');
  }

  @Post('bump')
  @HttpCode(200)
  @By(actDoor)
  bump(@Input() { params: { id } }: Through<typeof actDoor>, @Req() request: Incoming): Promise<Answer> {
    return this.act(request, id, 'BumpBuild');
  }

  @Post('keep')
  @HttpCode(200)
  @By(keepDoor)
  keep(@Input() { params: { id }, body }: Through<typeof keepDoor>, @Req() request: Incoming): Promise<Answer> {
    return this.act(request, id, body.keep ? 'KeepBuild' : 'UnkeepBuild');
  }

  private async act(request: Incoming, id: number, order: BuildOrder): Promise<Answer> {
    return commandAnswer(await this.orders.one(request, await this.find(id), order), buildPath(id));
  }

  /** What broke first, and what its log says. */
  private async trouble(build: BuildView): Promise<Trouble | undefined> {
    const step = await this.logs.ofBuild(build);
    if (!step) return undefined;
    const lastLines = await this.logs.tailOf(step.logKey, LAST_LINES);
    return { step, lastLines, firstError: await this.windows.firstError(step) };
  }

  /** Copies in buckets, with what is configured for their places. */
  private async copies(id: number): Promise<BuildCopy[]> {
    const backups = await this.reader.ask((db) => buildBackups(db, id));
    return Promise.all(
      backups.map(async (backup) => {
        const section = sectionOf(this.deps, backup);
        return { ...backup, section, publicKeys: section && (await this.keys.of(section)) };
      }),
    );
  }

  /** Why waiting alone will not help an unfinished build. */
  private async stuck(build: BuildView): Promise<string | undefined> {
    if (build.status !== null || build.isBuilding) return undefined;
    const { words, stuck } = waitsFor(build, await this.reader.ask(listMachines));
    return stuck ? words : undefined;
  }

  /** The farm as a binary cache, for a build that made something. */
  private async cacheOf({ status }: BuildView): Promise<FarmCache | undefined> {
    const { binaryCache, web } = this.deps.config;
    if (status !== 'succeeded' || !binaryCache.enabled || !(await this.store.storeDir())) return undefined;
    const publicKeys = await this.keys.of(binaryCache);
    return { url: web.baseUrl, publicKeys, keys: binaryCache.secretKeyFiles.length };
  }

  private async find(id: number): Promise<BuildView> {
    const found = await this.reader.ask((db) => getBuild(db, id));
    if (!found) throw notFound('such build', 'id');
    return found;
  }
}
