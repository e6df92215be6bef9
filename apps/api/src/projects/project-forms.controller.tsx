import { Controller, Get, HttpCode, Inject, Post, Req } from '@nestjs/common';
import { projectOwners, type ProjectState } from '#domain';
import { getProject } from '#read-model';
import { dryRunAnswer, eventsOf, isDryRun } from '../commands/commander.js';
import type { Answer, Html } from '../http/answer.js';
import { By, Input, type Through } from '../http/door.js';
import type { Incoming } from '../http/incoming.js';
import { permit, roleFor } from '../http/permissions.js';
import { badInput } from '../http/problem.js';
import { orFormAgain } from '../http/refused-form.js';
import { Reader } from '../queries/reader.js';
import { Users } from '../queries/users.js';
import type { Refused } from '../ui/fields.js';
import { projectPath } from '../ui/links.js';
import {
  bodyOfForm,
  createProjectDoor,
  createProjectFormDoor,
  editProjectDoor,
  editProjectFormDoor,
} from './project-form.json.js';
import { type ProjectFields, ProjectFormPage } from './project-form.page.js';
import { projectOrMoved } from './project-or-moved.js';
import { type Ordered, ProjectOrders } from './project-orders.js';

/** The forms of a project, which work without scripts; what is not taken stands in them again, with the reason. */
@Controller()
export class ProjectFormsController {
  constructor(
    @Inject(Reader) private readonly reader: Reader,
    @Inject(Users) private readonly users: Users,
    @Inject(ProjectOrders) private readonly orders: ProjectOrders,
  ) {}

  @Get('create-project')
  @By(createProjectFormDoor)
  empty(@Req() request: Incoming): Answer {
    permit('create-project', request.visitor);
    return { html: form(request, undefined, { fields: { owner: request.visitor.user!.name } }) };
  }

  @Post('create-project')
  @HttpCode(200)
  @By(createProjectDoor)
  async create(
    @Input() { body: fields }: Through<typeof createProjectDoor>,
    @Req() request: Incoming,
  ): Promise<Answer> {
    permit('create-project', request.visitor);
    const create = async () => {
      const { name, ...body } = bodyOfForm(fields);
      if (name === undefined) throw badInput('name', 'is required');
      return this.done(request, await this.orders.create(request, name, body));
    };
    return orFormAgain(create, (refused) => form(request, undefined, { fields }, refused));
  }

  @Get('project/:project/edit')
  @By(editProjectFormDoor)
  async filled(@Input() { params }: Through<typeof editProjectFormDoor>, @Req() request: Incoming): Promise<Answer> {
    const found = await projectOrMoved(this.reader, params.project, '/edit');
    if ('redirect' in found) return found;
    const { state } = await this.orders.permitted(request, params.project, 'edit-project');
    const [fields, project] = await Promise.all([
      this.fieldsOf(state),
      this.reader.ask((db) => getProject(db, params.project)),
    ]);
    const revision = project && String(project.revision);
    return { html: form(request, params.project, { fields, revision }) };
  }

  @Post('project/:project/edit')
  @HttpCode(200)
  @By(editProjectDoor)
  async edit(
    @Input() { params: { project }, body: { revision, ...fields } }: Through<typeof editProjectDoor>,
    @Req() request: Incoming,
  ): Promise<Answer> {
    if (revision !== undefined) request.headers['if-match'] ??= revision;
    // Unlike PUT, it makes no project where there is none.
    await this.orders.permitted(request, project, 'edit-project');
    const edit = async () => {
      const { name, ...body } = bodyOfForm(fields);
      return this.done(request, await this.orders.put(request, project, body, name));
    };
    return orFormAgain(edit, (refused) => form(request, project, { fields, revision }, refused));
  }

  private async fieldsOf(state: Extract<ProjectState, { status: 'present' }>): Promise<ProjectFields['fields']> {
    const nameOf = await this.users.names(projectOwners(state));
    const { name, configuration, members } = state;
    const { displayName, description, homepage, owner, enabled, hidden, enableDynamicRunCommand, declarative } =
      configuration;
    return {
      name,
      displayname: displayName,
      description,
      homepage,
      owner: nameOf(owner),
      members: members.map(nameOf).join(' '),
      enabled: enabled ? '1' : '0',
      visible: hidden ? '0' : '1',
      enable_dynamic_run_command: enableDynamicRunCommand ? '1' : '0',
      ...(declarative ? { declfile: declarative.file, decltype: declarative.type, declvalue: declarative.value } : {}),
    };
  }

  private done(request: Incoming, { name, accepted }: Ordered): Answer {
    if (isDryRun(request)) return dryRunAnswer(...accepted);
    return { json: () => ({ redirect: projectPath(name), ...eventsOf(accepted) }), redirect: projectPath(name) };
  }
}

/** `name`: of the project that is changed. */
const form = ({ visitor }: Incoming, name: string | undefined, shown: ProjectFields, refused?: Refused): Html => {
  const givesAway = roleFor('change-project-owner', visitor) !== undefined;
  return (page) => <ProjectFormPage {...{ page, name, shown, givesAway, refused }} />;
};
