import { Inject, Injectable } from '@nestjs/common';
import { z } from 'zod';
import { type BuildCommand, buildStream, isRejection, stepStream } from '#domain';
import { type BuildView, cachedFailuresOf } from '#read-model';
import { BuildAct, StepAct } from '../commands/acts.js';
import { type Accepted, Commander } from '../commands/commander.js';
import { flag } from '../http/hydra.js';
import type { Incoming } from '../http/incoming.js';
import { type Capability, permit } from '../http/permissions.js';
import { ownersOfProject } from '../queries/project-owners.js';
import { Reader } from '../queries/reader.js';
import { type ApiDependencies, DEPENDENCIES } from '../tokens.js';

export type BuildOrder = Extract<
  BuildCommand['type'],
  'CancelBuild' | 'RestartBuild' | 'BumpBuild' | 'KeepBuild' | 'UnkeepBuild'
>;

const NEEDS: Readonly<Record<BuildOrder, Capability>> = {
  CancelBuild: 'cancel-build',
  RestartBuild: 'restart-build',
  BumpBuild: 'bump-build',
  KeepBuild: 'keep-build',
  UnkeepBuild: 'keep-build',
};

/** Commands of one request that are on their way at once: the log writes together what comes together. */
const AT_ONCE = 64;

/** What an order to keep takes: `keep` 0 takes it back; a form without a value keeps. */
export const keepBody = { keep: z.union([flag(), z.literal('').transform(() => true)]).default(true) };

type ManyDone = Readonly<{ accepted: readonly Accepted[]; /** that the order was carried out for */ builds: number }>;

/** What people order for builds, one or many of one project. */
@Injectable()
export class BuildOrders {
  constructor(
    @Inject(DEPENDENCIES) private readonly deps: ApiDependencies,
    @Inject(Reader) private readonly reader: Reader,
    @Inject(Commander) private readonly commander: Commander,
  ) {}

  /** One build. Throws the `Problem` of a refusal. */
  async one(request: Incoming, build: BuildView, type: BuildOrder): Promise<readonly Accepted[]> {
    const role = await this.permit(request, build.project, type);
    const cleared = await this.forgetFailures(request, [build.id], type, role);
    const command = { type, data: {} } as Omit<BuildCommand, 'at'>;
    const done = await this.commander.run(request, { act: BuildAct, stream: buildStream(build.id), command, role });
    return [...cleared, done];
  }

  /**
   * Many builds of one project, those that `look` finds. One that changed in between, so that the order does not fit it any more, is left as it is:
   * it is not counted among `builds`.
   */
  async many(
    request: Incoming,
    project: string,
    look: () => Promise<readonly number[]>,
    type: BuildOrder,
  ): Promise<ManyDone> {
    const role = await this.permit(request, project, type);
    return this.manyAs(request, role, look, type);
  }

  /** As `many`, of any projects, by a role that was found to be enough. */
  async manyAs(
    request: Incoming,
    role: string,
    look: () => Promise<readonly number[]>,
    type: BuildOrder,
  ): Promise<ManyDone> {
    this.commander.checkUnguarded(request);
    const buildIds = await this.commander.choose(request, 'builds', look);
    const cleared = await this.forgetFailures(request, buildIds, type, role);
    const done = new Map<number, Accepted>();
    const waiting = [...buildIds];
    const work = async (): Promise<void> => {
      for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) {
        const command = { type, data: {} } as Omit<BuildCommand, 'at'>;
        const beside = { part: `build ${id}`, guarded: false, unread: true };
        const wish = { act: BuildAct, stream: buildStream(id), command, role, ...beside };
        const outcome = await this.commander.attempt(request, wish);
        if (!isRejection(outcome)) done.set(id, outcome);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    // In the order of the builds, whichever was first: the same request is answered the same.
    const accepted = buildIds.flatMap((id) => done.get(id) ?? []);
    await this.commander.readable(accepted);
    return { accepted: [...cleared, ...accepted], builds: accepted.length };
  }

  private async permit(request: Incoming, projectName: string, type: BuildOrder): Promise<string> {
    return permit(NEEDS[type], request.visitor, await ownersOfProject(this.deps.store, projectName));
  }

  /** Who restarts a build wants its steps tried again, those too that are known to fail. */
  private async forgetFailures(
    request: Incoming,
    buildIds: readonly number[],
    type: BuildOrder,
    role: string,
  ): Promise<Accepted[]> {
    if (type !== 'RestartBuild') return [];
    const look = () => this.reader.ask((db) => cachedFailuresOf(db, buildIds));
    return this.forget(request, role, await this.commander.choose(request, 'failures', look));
  }

  /** Derivations are tried again by whoever wants them next, though they failed before. */
  async forget(request: Incoming, role: string, failed: readonly string[]): Promise<Accepted[]> {
    const cleared: Accepted[] = [];
    for (const drvPath of failed) {
      const command = { type: 'ClearCachedFailure', data: { drvPath } } as const;
      const wish = {
        act: StepAct,
        stream: stepStream(drvPath),
        command,
        role,
        part: `clear ${drvPath}`,
        guarded: false,
      };
      cleared.push(await this.commander.run(request, wish));
    }
    return cleared;
  }
}
