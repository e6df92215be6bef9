import { Controller, Delete, Get, HttpCode, Inject, Post, Put, Req } from '@nestjs/common';
import type { ProjectConfiguration } from '#domain';
import { evaluationHistories, jobsetOverview, ownersOf } from '#read-model';
import { commandAnswer, dryRunAnswer, eventsOf, isDryRun } from '../commands/commander.js';
import type { Answer } from '../http/answer.js';
import { By, Input, type Through } from '../http/door.js';
import type { Incoming } from '../http/incoming.js';
import { roleFor } from '../http/permissions.js';
import { projectJson } from '../http/project-json.js';
import { Moments } from '../moments/moments.js';
import { Reader } from '../queries/reader.js';
import { Users } from '../queries/users.js';
import { type ApiDependencies, DEPENDENCIES } from '../tokens.js';
import { projectPath } from '../ui/links.js';
import { type Ordered, ProjectOrders } from './project-orders.js';
import { membersDoor, projectCommandDoor, projectDoor, putProjectDoor } from './project.json.js';
import { projectOrMoved } from './project-or-moved.js';
import { ProjectPage } from './project.page.js';

/** Evaluations in the line of small bars of a jobset. */
const SPARK = 20;

@Controller('project/:project')
export class ProjectsController {
  constructor(
    @Inject(DEPENDENCIES) private readonly deps: ApiDependencies,
    @Inject(Reader) private readonly reader: Reader,
    @Inject(Users) private readonly users: Users,
    @Inject(ProjectOrders) private readonly orders: ProjectOrders,
    @Inject(Moments) private readonly moments: Moments,
  ) {}

  @Get()
  @By(projectDoor)
  async show(@Input() { params, query }: Through<typeof projectDoor>, @Req() { visitor }: Incoming): Promise<Answer> {
    if (query.at !== undefined) return this.moments.project(params.project, query.at);
    const project = await projectOrMoved(this.reader, params.project, '');
    if ('redirect' in project) return project;
    const [nameOf, jobsets] = await Promise.all([
      this.users.names(ownersOf(project)),
      this.reader.ask((db) => jobsetOverview(db, project.name)),
    ]);
    const owner = nameOf(project.owner);
    const members = project.members.map(nameOf);
    const edits = roleFor('edit-project', visitor, ownersOf(project)) !== undefined;
    return {
      headers: { etag: `"${project.revision}"` },
      // Hydra's shape knows no members: they stand there only where there are any.
      json: () => ({ ...projectJson(project, owner), ...(members.length > 0 ? { members } : {}) }),
      html: async (page) => {
        const ids = jobsets.map(({ id }) => id);
        const histories = await this.reader.ask((db) => evaluationHistories(db, ids, SPARK));
        return <ProjectPage {...{ page, project, owner, members, jobsets, histories, edits }} />;
      },
    };
  }

  /** Creates it, or replaces all that can be set about it; another `name` in the body renames it. */
  @Put()
  @By(putProjectDoor)
  async put(@Input() { params, body }: Through<typeof putProjectDoor>, @Req() request: Incoming): Promise<Answer> {
    return this.written(await this.orders.put(request, params.project, body, body.name));
  }

  @Delete()
  @By(projectCommandDoor)
  remove(@Input() { params }: Through<typeof projectCommandDoor>, @Req() request: Incoming): Promise<Answer> {
    return this.removed(params.project, request);
  }

  @Post('delete')
  @HttpCode(200)
  @By(projectCommandDoor)
  removeByForm(@Input() { params }: Through<typeof projectCommandDoor>, @Req() request: Incoming): Promise<Answer> {
    return this.removed(params.project, request);
  }

  @Post('enable')
  @HttpCode(200)
  @By(projectCommandDoor)
  enable(@Input() { params }: Through<typeof projectCommandDoor>, @Req() request: Incoming): Promise<Answer> {
    return this.set(params.project, { enabled: true }, request);
  }

  @Post('disable')
  @HttpCode(200)
  @By(projectCommandDoor)
  disable(@Input() { params }: Through<typeof projectCommandDoor>, @Req() request: Incoming): Promise<Answer> {
    return this.set(params.project, { enabled: false }, request);
  }

  @Post('hide')
  @HttpCode(200)
  @By(projectCommandDoor)
  hide(@Input() { params }: Through<typeof projectCommandDoor>, @Req() request: Incoming): Promise<Answer> {
    return this.set(params.project, { hidden: true }, request);
  }

  @Post('unhide')
  @HttpCode(200)
  @By(projectCommandDoor)
  unhide(@Input() { params }: Through<typeof projectCommandDoor>, @Req() request: Incoming): Promise<Answer> {
    return this.set(params.project, { hidden: false }, request);
  }

  @Post('members')
  @HttpCode(200)
  @By(membersDoor)
  async members(
    @Input() { params: { project }, body }: Through<typeof membersDoor>,
    @Req() request: Incoming,
  ): Promise<Answer> {
    return commandAnswer(await this.orders.setMembers(request, project, body.members), projectPath(project));
  }

  private async set(name: string, change: Partial<ProjectConfiguration>, request: Incoming): Promise<Answer> {
    return commandAnswer(await this.orders.set(request, name, change), projectPath(name));
  }

  private async removed(name: string, request: Incoming): Promise<Answer> {
    const accepted = await this.orders.remove(request, name);
    const redirect = `${this.deps.config.web.baseUrl}/`;
    return isDryRun(request)
      ? dryRunAnswer(...accepted)
      : { json: () => ({ redirect, ...eventsOf(accepted) }), redirect: '/' };
  }

  private written({ name, accepted }: Ordered): Answer {
    const [last] = accepted.slice(-1);
    if (last!.dryRun) return dryRunAnswer(...accepted);
    const uri = `${this.deps.config.web.baseUrl}${projectPath(name)}`;
    // A rename ends in the old name's stream, whose revision says nothing of the new one.
    const has = (wanted: string): boolean => accepted.some(({ events }) => events.some(({ type }) => type === wanted));
    const renamed = has('ProjectRenamed');
    const headers: Record<string, string> = renamed ? {} : { etag: `"${last!.revision}"` };
    return has('ProjectCreated')
      ? { status: 201, headers, json: () => ({ uri, name, redirect: uri, type: 'project', ...eventsOf(accepted) }) }
      : { headers, json: () => ({ redirect: uri, ...eventsOf(accepted) }) };
  }
}
