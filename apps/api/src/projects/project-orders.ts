import { Inject, Injectable } from '@nestjs/common';
import {
  checkDeclarative,
  checkProjectName,
  jobset as jobsetDecider,
  type JobsetCommand,
  jobsetStream,
  project as projectDecider,
  type ProjectCommand,
  type ProjectConfiguration,
  projectOwners,
  type ProjectState,
  projectStream,
} from '#domain';
import { listJobsets } from '#read-model';
import { JobsetAct, ProjectAct } from '../commands/acts.js';
import { type Accepted, Commander, isDryRun } from '../commands/commander.js';
import { rejectionProblem } from '../commands/rejections.js';
import { loadState } from '../commands/state.js';
import type { Incoming } from '../http/incoming.js';
import { type Capability, permit } from '../http/permissions.js';
import { notFound } from '../http/problem.js';
import { Reader } from '../queries/reader.js';
import { Users } from '../queries/users.js';
import { type ApiDependencies, DEPENDENCIES } from '../tokens.js';
import { JobsetOrders } from '../jobsets/jobset-orders.js';
import { configurationOf, type ProjectBody } from './project.json.js';

type Present = Extract<ProjectState, { status: 'present' }>;

/** What came of an order that may consist of several commands. */
export type Ordered = Readonly<{ /** as it is called now */ name: string; accepted: readonly Accepted[] }>;

/** A command beside the one that `If-Match` is about. */
const beside = (part: string) => ({ part, guarded: false });

const checkDeclared = ({ declarative }: ProjectConfiguration): void => {
  const refused = declarative && checkDeclarative(declarative);
  if (refused) throw rejectionProblem(refused);
};

/** What people order about whole projects: one command each, or several in an order that a second try goes on with. */
@Injectable()
export class ProjectOrders {
  constructor(
    @Inject(DEPENDENCIES) private readonly deps: ApiDependencies,
    @Inject(Reader) private readonly reader: Reader,
    @Inject(Users) private readonly users: Users,
    @Inject(Commander) private readonly commander: Commander,
    @Inject(JobsetOrders) private readonly jobsets: JobsetOrders,
  ) {}

  /** Creates a project or replaces all that can be set about it. */
  async put(request: Incoming, name: string, body: ProjectBody, to = name): Promise<Ordered> {
    const found = await this.state(name);
    // The same request again, whose answer was lost: it is refused or answered as the first time, never about another project.
    const done = found.status === 'renamed' && found.to === to ? found.left : undefined;
    const state = done ?? found;
    if (state.status !== 'present') return this.create(request, to, body);
    const { visitor } = request;
    const role = permit('edit-project', visitor, projectOwners(state));
    const { owner: before } = state.configuration;
    const owner = body.owner === undefined ? before : await this.users.idOf(body.owner, 'owner');
    if (owner !== before) permit('change-project-owner', visitor);
    const members = await this.membersOf(body);
    const configuration = configurationOf(to, owner, body);
    checkDeclared(configuration);
    const jobsets =
      to === name ? [] : await this.commander.choose(request, 'jobsets', () => this.checkRename(state, to));
    const change = { type: 'ChangeProject', data: { configuration } } as const;
    const accepted = [await this.command(request, name, role, change)];
    if (members)
      accepted.push(
        await this.command(request, name, role, { type: 'ChangeProjectMembers', data: { members } }, beside('members')),
      );
    if (to !== name)
      accepted.push(...(await this.rename(request, { ...state, configuration }, to, jobsets, role, members)));
    return { name: to, accepted };
  }

  /** Switches of a project that exists. */
  async set(
    request: Incoming,
    name: string,
    change: Partial<Pick<ProjectConfiguration, 'enabled' | 'hidden'>>,
  ): Promise<Accepted> {
    const { state, role } = await this.permitted(request, name, 'edit-project');
    const configuration = { ...state.configuration, ...change };
    return this.command(request, name, role, { type: 'ChangeProject', data: { configuration } });
  }

  /** Replaces the members; `names` are those of users. */
  async setMembers(request: Incoming, name: string, names: readonly string[]): Promise<Accepted> {
    const { role } = await this.permitted(request, name, 'edit-project');
    const members = await this.idsOf(names);
    return this.command(request, name, role, { type: 'ChangeProjectMembers', data: { members } });
  }

  /**
   * Its jobsets first: a crash in between leaves a project with fewer of them, and the same request again goes on. But before
   * any is deleted, it is seen whether the project may be: whoever knows an older revision of it deletes nothing.
   */
  async remove(request: Incoming, name: string): Promise<readonly Accepted[]> {
    const state = await this.state(name);
    if (state.status === 'absent' || state.status === 'renamed') throw notFound('such project', 'project');
    const role = permit('delete-project', request.visitor, projectOwners('left' in state ? state.left : state));
    const command = { type: 'DeleteProject', data: {} } as const;
    await this.command(request, name, role, command, { rehearsal: true });
    const present = async () => (await this.jobsetsOf(name)).map((jobset) => jobset.name);
    const accepted: Accepted[] = [];
    for (const jobset of await this.commander.choose(request, 'jobsets', present))
      accepted.push(await this.jobset(request, name, jobset, role, { type: 'DeleteJobset', data: {} }));
    accepted.push(await this.command(request, name, role, command, { guarded: false }));
    return accepted;
  }

  /** The project as it is now, for whoever may do this with it; else 404, 401 or 403. */
  async permitted(
    { visitor }: Incoming,
    name: string,
    capability: Capability,
  ): Promise<{ state: Present; role: string }> {
    const state = await this.state(name);
    if (state.status !== 'present') throw notFound('such project', 'project');
    return { state, role: permit(capability, visitor, projectOwners(state)) };
  }

  /** As `put`, but a name that is taken is refused. */
  async create(request: Incoming, name: string, body: ProjectBody): Promise<Ordered> {
    const { visitor } = request;
    const role = permit('create-project', visitor);
    const self = visitor.user!.id;
    const owner = body.owner === undefined ? self : await this.users.idOf(body.owner, 'owner');
    if (owner !== self) permit('change-project-owner', visitor);
    const members = await this.membersOf(body);
    const configuration = configurationOf(name, owner, body);
    checkDeclared(configuration);
    // A dry run takes no number from the sequence.
    const projectId = isDryRun(request) ? 0 : await this.deps.ids.project();
    const create = { type: 'CreateProject', data: { projectId, name, configuration } } as const;
    const accepted = [await this.command(request, name, role, create)];
    if (members && members.length > 0)
      accepted.push(
        await this.command(request, name, role, { type: 'ChangeProjectMembers', data: { members } }, beside('members')),
      );
    return { name, accepted };
  }

  /** What would make a rename stop halfway is looked for before it begins. */
  private async checkRename({ projectId, name }: Present, to: string): Promise<readonly string[]> {
    const refused = checkProjectName('name', to);
    if (refused) throw rejectionProblem(refused);
    const there = await this.state(to);
    if (there.status === 'present' && there.projectId !== projectId)
      throw rejectionProblem({ rejected: 'project-exists', field: 'name' });
    const jobsets = await this.jobsetsOf(name);
    if (jobsets.some(({ running }) => running)) throw rejectionProblem({ rejected: 'evaluation-running' });
    return jobsets.map((one) => one.name);
  }

  /** The new name is taken first, the old one left last: in between, the same request again goes on. */
  private async rename(
    request: Incoming,
    { projectId, name: from, configuration, members: before }: Present,
    to: string,
    jobsets: readonly string[],
    role: string,
    members = before,
  ): Promise<readonly Accepted[]> {
    const kept = [...new Set(members)].sort();
    const data = { projectId, from, to, configuration, ...(kept.length === 0 ? {} : { members: kept }) };
    const accepted = [
      await this.command(request, to, role, { type: 'ReceiveRenamedProject', data }, beside('receive')),
    ];
    for (const name of jobsets) {
      const state = await loadState(this.deps.store, jobsetDecider, jobsetStream(from, name));
      if (state.status !== 'present' && state.status !== 'renamed') continue;
      const [old, there] = [
        { project: from, name },
        { project: to, name },
      ];
      accepted.push(...(await this.jobsets.move(request, old, there, role, { part: 'leave' })));
    }
    accepted.push(await this.command(request, from, role, { type: 'RenameProject', data: { to } }, beside('rename')));
    return accepted;
  }

  private async membersOf({ members }: ProjectBody): Promise<readonly string[] | undefined> {
    return members && this.idsOf(members);
  }

  private idsOf(members: readonly string[]): Promise<readonly string[]> {
    return Promise.all(members.map((member) => this.users.idOf(member, 'members')));
  }

  private command(
    request: Incoming,
    name: string,
    role: string,
    command: Omit<ProjectCommand, 'at'>,
    how: Readonly<{ part?: string; guarded?: boolean; rehearsal?: boolean }> = {},
  ): Promise<Accepted> {
    return this.commander.run(request, { act: ProjectAct, stream: projectStream(name), role, command, ...how });
  }

  private jobset(
    request: Incoming,
    project: string,
    name: string,
    role: string,
    command: Omit<JobsetCommand, 'at'>,
  ): Promise<Accepted> {
    const stream = jobsetStream(project, name);
    return this.commander.run(request, { act: JobsetAct, stream, role, command, part: stream, guarded: false });
  }

  /** From the log: the read model only says where to look. */
  private async jobsetsOf(project: string): Promise<readonly { name: string; running: boolean }[]> {
    const found = [];
    for (const { name } of await this.reader.ask((db) => listJobsets(db, project))) {
      const state = await loadState(this.deps.store, jobsetDecider, jobsetStream(project, name));
      if (state.status === 'present') found.push({ name, running: state.running !== undefined });
      // On its way: whoever renames the project goes on with it.
      if (state.status === 'renamed') found.push({ name, running: false });
    }
    return found;
  }

  private state(name: string): Promise<ProjectState> {
    return loadState(this.deps.store, projectDecider, projectStream(name));
  }
}
