import { Controller, Get, HttpCode, Inject, Post, Req } from '@nestjs/common';
import { projectOwners, type ProjectState } from '#domain';
import { getProject } from '#read-model';
import { dryRunAnswer, isDryRun } from '../commands/commander.js';
import type { Answer } from '../http/answer.js';
import { By, Input, type Through } from '../http/door.js';
import type { Incoming } from '../http/incoming.js';
import { permit, roleFor } from '../http/permissions.js';
import { Reader } from '../queries/reader.js';
import { Users } from '../queries/users.js';
import { projectPath } from '../ui/links.js';
import { type ProjectFields, ProjectFormPage } from './project-form.page.js';
import { type Ordered, ProjectOrders } from './project-orders.js';
import { createProjectDoor, createProjectFormDoor, editProjectDoor, editProjectFormDoor } from './project.json.js';

/** The forms of a project, which work without scripts. */
@Controller()
export class ProjectFormsController {
  constructor(
    @Inject(Reader) private readonly reader: Reader,
    @Inject(Users) private readonly users: Users,
    @Inject(ProjectOrders) private readonly orders: ProjectOrders,
  ) {}

  @Get('create-project')
  @By(createProjectFormDoor)
  empty(@Req() { visitor }: Incoming): Answer {
    permit('create-project', visitor);
    const givesAway = roleFor('change-project-owner', visitor) !== undefined;
    const fields = { owner: visitor.user!.name, members: [] };
    return { html: (page) => <ProjectFormPage page={page} fields={fields} givesAway={givesAway} /> };
  }

  @Post('create-project')
  @HttpCode(200)
  @By(createProjectDoor)
  async create(
    @Input() { body: { name, ...body } }: Through<typeof createProjectDoor>,
    @Req() request: Incoming,
  ): Promise<Answer> {
    return this.done(request, await this.orders.create(request, name, body));
  }

  @Get('project/:project/edit')
  @By(editProjectFormDoor)
  async filled(@Input() { params }: Through<typeof editProjectFormDoor>, @Req() request: Incoming): Promise<Answer> {
    const { state } = await this.orders.permitted(request, params.project, 'edit-project');
    const [fields, project] = await Promise.all([
      this.fieldsOf(state),
      this.reader.ask((db) => getProject(db, params.project)),
    ]);
    const givesAway = roleFor('change-project-owner', request.visitor) !== undefined;
    const { revision } = project ?? {};
    return { html: (page) => <ProjectFormPage {...{ page, fields, givesAway, revision }} /> };
  }

  @Post('project/:project/edit')
  @HttpCode(200)
  @By(editProjectDoor)
  async edit(
    @Input() { params, body: { name, revision, ...body } }: Through<typeof editProjectDoor>,
    @Req() request: Incoming,
  ): Promise<Answer> {
    if (revision !== undefined) request.headers['if-match'] ??= revision;
    // Unlike PUT, it makes no project where there is none.
    await this.orders.permitted(request, params.project, 'edit-project');
    return this.done(request, await this.orders.put(request, params.project, body, name));
  }

  private async fieldsOf(state: Extract<ProjectState, { status: 'present' }>): Promise<ProjectFields> {
    const nameOf = await this.users.names(projectOwners(state));
    const { name, configuration, members } = state;
    return { name, configuration, owner: nameOf(configuration.owner), members: members.map(nameOf) };
  }

  private done(request: Incoming, { name, accepted }: Ordered): Answer {
    if (isDryRun(request)) return dryRunAnswer(...accepted);
    return { json: () => ({ redirect: projectPath(name) }), redirect: projectPath(name) };
  }
}
