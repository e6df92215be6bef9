import { Controller, Get, Inject } from '@nestjs/common';
import {
  counts,
  finishedPerHour,
  listEvaluations,
  listProjects,
  ownersOf,
  projectCounts,
  revokedNames,
  runningEvaluations,
} from '#read-model';
import type { Answer } from '../http/answer.js';
import { By, door } from '../http/door.js';
import { roleFor } from '../http/permissions.js';
import { projectJson } from '../http/project-json.js';
import { Noticeboard } from '../news/noticeboard.js';
import { Reader } from '../queries/reader.js';
import { Users } from '../queries/users.js';
import { hourOf } from './hours.js';
import { OverviewPage } from './overview.page.js';

const plainDoor = door({});
const NEWEST = 10;
const HOUR = 3_600_000;

@Controller()
export class OverviewController {
  constructor(
    @Inject(Reader) private readonly reader: Reader,
    @Inject(Users) private readonly users: Users,
    @Inject(Noticeboard) private readonly noticeboard: Noticeboard,
  ) {}

  @Get()
  @By(plainDoor)
  async show(): Promise<Answer> {
    const all = await this.reader.ask(listProjects);
    const projects = all.filter(({ hidden }) => !hidden);
    const nameOf = await this.users.names(projects.map(({ owner }) => owner));
    return {
      json: () => projects.map((project) => projectJson(project, nameOf(project.owner))),
      html: async (page) => {
        const [numbers, stand, newest, running, news, hours] = await Promise.all([
          this.reader.ask(counts),
          this.reader.ask(projectCounts),
          this.reader.ask((db) => listEvaluations(db, { perPage: NEWEST })),
          this.reader.ask(runningEvaluations),
          this.noticeboard.newest(),
          this.reader.ask((db) => finishedPerHour(db, page.now - 23 * HOUR, page.now)),
        ]);
        const { evaluations } = newest;
        const revoked = await this.reader.ask((db) => revokedNames(db, evaluations));
        return (
          <OverviewPage
            {...{
              page,
              // Whoever may show one again has to find it.
              projects: all.filter(
                (one) => !one.hidden || roleFor('edit-project', page.visitor, ownersOf(one)) !== undefined,
              ),
              stand,
              counts: numbers,
              evaluations,
              revoked,
              running,
              news,
              hours: hours.map(hourOf),
            }}
          />
        );
      },
    };
  }
}
