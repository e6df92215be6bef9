import { Controller, Delete, Get, Inject, Put, Req } from '@nestjs/common';
import { jobset as jobsetDecider, jobsetStream, project as projectDecider, projectStream } from '#domain';
import { findProjectRename, getProject, jobsetOverview, listJobsets, type ProjectView } from '#read-model';
import { ProjectAct, JobsetAct } from '../commands/acts.js';
import { type Accepted, Commander, dryRunAnswer, isDryRun } from '../commands/commander.js';
import { loadState } from '../commands/state.js';
import type { Answer } from '../http/answer.js';
import { By, Input, type Through } from '../http/door.js';
import type { Incoming } from '../http/incoming.js';
import { permit } from '../http/permissions.js';
import { badInput, notFound } from '../http/problem.js';
import { projectJson } from '../http/project-json.js';
import { Reader } from '../queries/reader.js';
import { Users } from '../queries/users.js';
import { type ApiDependencies, DEPENDENCIES } from '../tokens.js';
import { configurationOf, deleteProjectDoor, projectDoor, putProjectDoor } from './project.json.js';
import { ProjectPage } from './project.page.js';

@Controller('project/:project')
export class ProjectsController {
  constructor(
    @Inject(DEPENDENCIES) private readonly deps: ApiDependencies,
    @Inject(Reader) private readonly reader: Reader,
    @Inject(Users) private readonly users: Users,
    @Inject(Commander) private readonly commander: Commander,
  ) {}

  @Get()
  @By(projectDoor)
  async show(@Input() { params }: Through<typeof projectDoor>): Promise<Answer> {
    const project = await this.find(params.project);
    if (typeof project === 'string') return { status: 301, redirect: `/project/${project}` };
    const [owner, jobsets] = await Promise.all([
      this.users.nameOf(project.owner),
      this.reader.ask((db) => jobsetOverview(db, project.name)),
    ]);
    return {
      headers: { etag: `"${project.revision}"` },
      json: () => projectJson(project, owner),
      html: (page) => <ProjectPage page={page} project={project} owner={owner} jobsets={jobsets} />,
    };
  }

  @Put()
  @By(putProjectDoor)
  async put(@Input() { params, body }: Through<typeof putProjectDoor>, @Req() request: Incoming): Promise<Answer> {
    const name = params.project;
    if (body.name !== undefined && body.name !== name)
      throw badInput('name', `must be '${name}': a project cannot be renamed by PUT`);
    const stream = projectStream(name);
    const state = await loadState(this.deps.store, projectDecider, stream);
    const { visitor } = request;
    const role =
      state.status === 'present'
        ? permit('edit-project', visitor, state.configuration.owner)
        : permit('create-project', visitor);
    const before = state.status === 'present' ? state.configuration.owner : (visitor.user?.id ?? '');
    const owner = body.owner === undefined ? before : await this.users.idOf(body.owner, 'owner');
    if (owner !== before) permit('change-project-owner', visitor);
    const configuration = configurationOf(name, owner, body);
    const accepted = await this.commander.run(request, {
      act: ProjectAct,
      stream,
      role,
      command:
        state.status === 'present'
          ? { type: 'ChangeProject', data: { configuration } }
          : {
              type: 'CreateProject',
              // A dry run takes no number from the sequence.
              data: { projectId: isDryRun(request) ? 0 : await this.deps.ids.project(), name, configuration },
            },
    });
    return this.written(name, accepted);
  }

  @Delete()
  @By(deleteProjectDoor)
  async remove(@Input() { params }: Through<typeof deleteProjectDoor>, @Req() request: Incoming): Promise<Answer> {
    const { project: name } = params;
    const stream = projectStream(name);
    const state = await loadState(this.deps.store, projectDecider, stream);
    if (state.status === 'absent') throw notFound('such project', 'project');
    const role = permit('delete-project', request.visitor, state.status === 'present' ? state.configuration.owner : '');
    // Its jobsets first: a crash in between leaves a project with fewer of them, and the same request again goes on.
    const accepted: Accepted[] = [];
    for (const jobset of await this.reader.ask((db) => listJobsets(db, name))) {
      const found = await loadState(this.deps.store, jobsetDecider, jobsetStream(name, jobset.name));
      if (found.status !== 'present') continue;
      const wish = { type: 'DeleteJobset', data: {} } as const;
      const of = jobsetStream(name, jobset.name);
      accepted.push(
        await this.commander.run(request, {
          act: JobsetAct,
          stream: of,
          command: wish,
          role,
          part: of,
          guarded: false,
        }),
      );
    }
    accepted.push(
      await this.commander.run(request, {
        act: ProjectAct,
        stream,
        role,
        command: { type: 'DeleteProject', data: {} },
      }),
    );
    const redirect = `${this.deps.config.web.baseUrl}/`;
    return isDryRun(request) ? dryRunAnswer(...accepted) : { json: () => ({ redirect }), redirect: '/' };
  }

  private written(name: string, accepted: Accepted): Answer {
    if (accepted.dryRun) return dryRunAnswer(accepted);
    const created = accepted.events.some(({ type }) => type === 'ProjectCreated');
    const uri = `${this.deps.config.web.baseUrl}/project/${name}`;
    const headers = { etag: `"${accepted.revision}"` };
    return created
      ? { status: 201, headers, json: () => ({ uri, name, redirect: uri, type: 'project' }) }
      : { headers, json: () => ({ redirect: uri }) };
  }

  private async find(name: string): Promise<ProjectView | string> {
    const found = await this.reader.ask((db) => getProject(db, name));
    if (found) return found;
    const renamed = await this.reader.ask((db) => findProjectRename(db, name));
    if (renamed === undefined) throw notFound('such project', 'project');
    return renamed;
  }
}
