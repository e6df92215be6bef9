import { Controller, Get, Inject } from '@nestjs/common';
import { newestSucceeded, type NewestOptions } from '#read-model';
import type { Answer } from '../http/answer.js';
import { By, door, Input, type Through } from '../http/door.js';
import { nameParam, text } from '../http/text.js';
import { projectOrMoved } from '../projects/project-or-moved.js';
import { Reader } from '../queries/reader.js';
import { below, projectPath } from '../ui/links.js';
import { buildListAnswer, listQuery, readBuildList } from './build-list.js';
import { ProjectBuildsPage } from './build-lists.page.js';
import { toBuild } from './newest.js';

const names = { project: nameParam };
const listDoor = door({ params: names, query: listQuery });
const plainDoor = door({ params: names });
const systemDoor = door({ params: { ...names, system: nameParam } });
/** `*`: what follows. */
const restDoor = door({ params: { ...names, '*': text(4096) } });
const systemRestDoor = door({ params: { ...names, system: nameParam, '*': text(4096) } });

/** Builds of all jobsets of a project. */
@Controller('project/:project')
export class ProjectBuildsController {
  constructor(@Inject(Reader) private readonly reader: Reader) {}

  @Get('all')
  @By(listDoor)
  async all(@Input() { params, query }: Through<typeof listDoor>): Promise<Answer> {
    const project = await projectOrMoved(this.reader, params.project, '/all');
    if ('redirect' in project) return project;
    const list = await readBuildList(this.reader, { project: project.name }, query.before);
    const path = `${projectPath(project.name)}/all`;
    return buildListAnswer(path, list, (page) => <ProjectBuildsPage {...{ page, project, path, list }} />);
  }

  /** The newest build that succeeded. */
  @Get('latest')
  @By(plainDoor)
  latest(@Input() { params }: Through<typeof plainDoor>): Promise<Answer> {
    return this.newest(params.project, '/latest');
  }

  /** The same for what belongs to that build: `latest/download/1`. */
  @Get('latest/*')
  @By(restDoor)
  latestRest(@Input() { params }: Through<typeof restDoor>): Promise<Answer> {
    return this.newest(params.project, '/latest', {}, params['*']);
  }

  @Get('latest-for/:system')
  @By(systemDoor)
  latestFor(@Input() { params: { project, system } }: Through<typeof systemDoor>): Promise<Answer> {
    return this.newest(project, `/latest-for/${encodeURIComponent(system)}`, { system });
  }

  @Get('latest-for/:system/*')
  @By(systemRestDoor)
  latestForRest(@Input() { params }: Through<typeof systemRestDoor>): Promise<Answer> {
    const { project, system } = params;
    return this.newest(project, `/latest-for/${encodeURIComponent(system)}`, { system }, params['*']);
  }

  /** The newest build that succeeded and is part of an evaluation without unfinished builds. */
  @Get('latest-finished')
  @By(plainDoor)
  latestFinished(@Input() { params }: Through<typeof plainDoor>): Promise<Answer> {
    return this.newest(params.project, '/latest-finished', { finishedEvalOnly: true });
  }

  @Get('latest-finished/*')
  @By(restDoor)
  latestFinishedRest(@Input() { params }: Through<typeof restDoor>): Promise<Answer> {
    return this.newest(params.project, '/latest-finished', { finishedEvalOnly: true }, params['*']);
  }

  private async newest(name: string, route: string, options: NewestOptions = {}, rest = ''): Promise<Answer> {
    const project = await projectOrMoved(this.reader, name, below(route, rest));
    if ('redirect' in project) return project;
    const build = await this.reader.ask((db) => newestSucceeded(db, { project: project.name }, options));
    return toBuild(build, 'project', rest);
  }
}
