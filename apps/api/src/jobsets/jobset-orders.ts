import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import {
  isRejection,
  jobset as jobsetDecider,
  type JobsetCommand,
  type JobsetConfiguration,
  type JobsetRenamed,
  type JobsetState,
  jobsetStream,
  project as projectDecider,
  projectOwners,
  type ProjectState,
  projectStream,
} from '#domain';
import { commandHandler, statesOf } from '#event-store';
import { movingJobsets } from '#read-model';
import { JobsetAct } from '../commands/acts.js';
import { type Accepted, Commander, isDryRun } from '../commands/commander.js';
import { goingOn } from '../commands/going-on.js';
import { rejectionProblem } from '../commands/rejections.js';
import { loadState, newestEvent } from '../commands/state.js';
import type { Incoming } from '../http/incoming.js';
import { permit } from '../http/permissions.js';
import { badInput, notFound, Problem } from '../http/problem.js';
import { Reader } from '../queries/reader.js';
import { type ApiDependencies, DEPENDENCIES } from '../tokens.js';
import { jobsetConfigurationOf, type JobsetBody } from './jobset.json.js';

export type JobsetName = Readonly<{ project: string; name: string }>;
/** What came of an order that may consist of several commands, and what the jobset is called now. */
export type Ordered = Readonly<{ at: JobsetName; accepted: readonly Accepted[] }>;
/** Which jobset is copied, as of which revision. */
export type CloneSource = Extract<JobsetCommand, { type: 'CloneJobset' }>['data']['source'];
/** `PUT /jobset/P/.new` creates under the name in the body. */
export const NEW = '.new';
const SETTLE_MS = 60_000;

/** As Hydra: what a specification says is changed there, or it would be gone with its next reading. */
const refuseDeclared = (state: ProjectState): void => {
  if (state.status !== 'present' || !state.configuration.declarative) return;
  const { file } = state.configuration.declarative;
  throw new Problem(403, `the project is declarative: its jobsets are what '${file}' says; change that`, {
    field: 'project',
  });
};

/** What people order about whole jobsets. */
@Injectable()
export class JobsetOrders implements OnApplicationBootstrap, OnApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;

  constructor(
    @Inject(DEPENDENCIES) private readonly deps: ApiDependencies,
    @Inject(Reader) private readonly reader: Reader,
    @Inject(Commander) private readonly commander: Commander,
  ) {}

  onApplicationBootstrap(): void {
    const settle = () =>
      void this.settle().catch((error: unknown) =>
        this.deps.logger.warn(
          { err: error },
          'could not look for renames that were stopped in the middle; tried again',
        ),
      );
    settle();
    this.timer = setInterval(settle, SETTLE_MS);
    this.timer.unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  /** Creates a jobset (as a clone where the body says of which one), replaces its whole configuration, or renames it. */
  async put(request: Incoming, of: JobsetName, body: JobsetBody): Promise<Ordered> {
    const role = await this.permitted(request, of.project);
    const { state } = await this.load(of);
    const to = { project: body.project ?? of.project, name: body.name ?? of.name };
    const stays = to.project === of.project && to.name === of.name;
    const moved = state.status === 'renamed' && !stays ? state.moved : undefined;
    if (of.name === NEW || (state.status !== 'present' && !moved)) {
      if (of.name !== NEW && !stays) throw badInput('name', `must be '${of.name}': there is no such jobset to rename`);
      if (to.project !== of.project) throw badInput('project', `must be '${of.project}'`);
      return this.create(request, to, body, role);
    }
    // The request that made it may come again, by its key: then it is answered as the first time, else that the name is taken.
    if (body.clonedfrom && request.headers['idempotency-key'] !== undefined)
      return this.create(request, to, body, role);
    if (body.clonedfrom) throw badInput('clonedfrom', 'must be left out: the jobset exists');
    const configuration = jobsetConfigurationOf(body);
    if (to.project !== of.project) await this.permitted(request, to.project);
    if (!stays) return { at: to, accepted: await this.move(request, of, to, role, { configuration, guarded: true }) };
    const configure = { type: 'ConfigureJobset', data: { configuration } } as const;
    return { at: of, accepted: [await this.run(request, of, role, configure)] };
  }

  /** As `put` of a name that is not taken. */
  async create(request: Incoming, to: JobsetName, body: JobsetBody, role: string): Promise<Ordered> {
    const name = body.name ?? to.name;
    if (name === NEW) throw badInput('name', 'is required');
    const configuration = jobsetConfigurationOf(body);
    const { clonedfrom } = body;
    const source = clonedfrom && (await this.source(request, () => this.findSource(clonedfrom)));
    // A dry run takes no number from the sequence.
    const jobsetId = isDryRun(request) ? 0 : await this.deps.ids.jobset();
    const data = { jobsetId, project: to.project, name, configuration };
    const command: Omit<JobsetCommand, 'at'> = source
      ? { type: 'CloneJobset', data: { ...data, source } }
      : { type: 'CreateJobset', data };
    const at = { project: to.project, name };
    return { at, accepted: [await this.run(request, at, role, command)] };
  }

  async remove(request: Incoming, of: JobsetName): Promise<Accepted> {
    const role = permit('delete-jobset', request.visitor);
    refuseDeclared(await loadState(this.deps.store, projectDecider, projectStream(of.project)));
    return this.run(request, of, role, { type: 'DeleteJobset', data: {} });
  }

  /**
   * Gives up the old name, which only one of two at a time can, then takes the new one. The same request again goes on where one
   * was stopped; `settle` does so by itself. `part`: where it is not all that the request is about.
   */
  async move(
    request: Incoming,
    from: JobsetName,
    to: JobsetName,
    role: string,
    {
      configuration,
      guarded = false,
      part = '',
    }: { configuration?: JobsetConfiguration; guarded?: boolean; part?: string } = {},
  ): Promise<readonly Accepted[]> {
    const [{ state }, there] = await Promise.all([this.load(from), this.load(to)]);
    const id = state.status === 'present' ? state.jobsetId : state.status === 'renamed' ? state.moved.jobsetId : 0;
    if (there.state.status === 'present' && there.state.jobsetId !== id)
      throw rejectionProblem({ rejected: 'jobset-exists', field: 'name' });
    const data = { to: { project: to.project, name: to.name }, ...(configuration ? { configuration } : {}) };
    const left = await this.run(request, from, role, { type: 'RenameJobset', data }, { part, guarded });
    const [event] = left.events as readonly { data: unknown }[];
    const after = event ? undefined : (await this.load(from)).state;
    const moved = event ? (event.data as JobsetRenamed['data']) : after?.status === 'renamed' ? after.moved : undefined;
    if (!moved) throw new Error('a jobset was renamed, but its stream does not say so');
    const receive = { type: 'ReceiveRenamedJobset', data: moved } as const;
    return [left, await this.run(request, to, role, receive, { part: 'receive', guarded: false })];
  }

  /** Finishes the renames that a crash left in the middle; where the new name was taken since, the jobset keeps its old one. */
  async settle(): Promise<void> {
    const handle = commandHandler(this.deps.store, jobsetDecider);
    for (const from of await this.reader.ask(movingJobsets)) {
      const { state } = await this.load(from);
      if (state.status !== 'renamed') continue;
      const stream = jobsetStream(from.project, from.name);
      const began = await newestEvent(this.deps.store, stream);
      if (began?.type !== 'JobsetRenamed') continue;
      const context = goingOn(began, `take what ${stream} gave up`);
      const receive = (moved: JobsetRenamed['data']) =>
        handle(
          jobsetStream(moved.to.project, moved.to.name),
          { type: 'ReceiveRenamedJobset', data: moved, at: this.deps.clock.iso() },
          context,
        );
      const { from: old, to } = state.moved;
      const refused = isRejection(await receive(state.moved));
      if (refused) await receive({ ...state.moved, from: to, to: old });
      this.deps.logger.warn({ from: old, to, refused }, 'a rename that was stopped in the middle was finished');
    }
  }

  /** The jobset as the log has it, up to a revision; and the revision of that, -1 where there is none. */
  async load(of: JobsetName, upTo = Infinity): Promise<{ state: JobsetState; revision: number }> {
    const states = statesOf(this.deps.store);
    const { state, revision } = await states.read(jobsetDecider, jobsetStream(of.project, of.name), { upTo });
    return { state, revision: revision === 'no-stream' ? -1 : revision };
  }

  /** The role by which the visitor may change jobsets of a project that exists. */
  async permitted(request: Incoming, project: string): Promise<string> {
    const state = await loadState(this.deps.store, projectDecider, projectStream(project));
    if (state.status !== 'present') throw notFound('such project', 'project');
    const role = permit('edit-jobset', request.visitor, projectOwners(state));
    refuseDeclared(state);
    return role;
  }

  /**
   * What a clone copies, which is looked for once. The same request with the same
   * `Idempotency-Key` is about the same, also where the source is gone by then. To be called once the visitor is known to be permitted.
   */
  async source(request: Incoming, find: () => Promise<CloneSource>): Promise<CloneSource> {
    const [source] = await this.commander.choose(request, 'source', async () => [await find()]);
    return source!;
  }

  private async findSource(of: NonNullable<JobsetBody['clonedfrom']>): Promise<CloneSource> {
    const { project, jobset, revision: asked } = of;
    const { state, revision } = await this.load({ project, name: jobset }, asked);
    if (state.status !== 'present') throw badInput('clonedfrom', 'must name a jobset that exists');
    if (asked !== undefined && asked !== revision) throw badInput('clonedfrom.revision', `must be at most ${revision}`);
    return { jobsetId: state.jobsetId, project, name: jobset, revision };
  }

  private run(
    request: Incoming,
    of: JobsetName,
    role: string,
    command: Omit<JobsetCommand, 'at'>,
    { part = '', guarded = true }: { part?: string; guarded?: boolean } = {},
  ): Promise<Accepted> {
    const stream = jobsetStream(of.project, of.name);
    const wish = { act: JobsetAct, stream, role, part: part && `${part} ${stream}`, guarded };
    return this.commander.run(request, { ...wish, command: command as Omit<JobsetCommand, 'at'> & JobsetCommand });
  }
}
