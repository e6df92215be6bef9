import { Controller, Get, Inject, Req } from '@nestjs/common';
import { type BuildView, getBuild, listJobsets, listProjects, searchBuilds, searchJobs } from '#read-model';
import type { Answer } from '../http/answer.js';
import { buildJson } from '../http/build-json.js';
import { By, door, Input, type Through } from '../http/door.js';
import type { Incoming } from '../http/incoming.js';
import { badInput } from '../http/problem.js';
import { numberParam, text } from '../http/text.js';
import { Reader } from '../queries/reader.js';
import { SearchPage } from './search.page.js';

const searchDoor = door({
  query: {
    query: text(500)
      .regex(/^[A-Za-z0-9_\-/.:+ ]*$/, 'must hold only letters, digits, blanks and _ - / . : +')
      .optional(),
    limit: numberParam(1, 50).default(10),
  },
});

@Controller('search')
export class SearchController {
  constructor(@Inject(Reader) private readonly reader: Reader) {}

  /** Projects and jobsets by a part of their names or descriptions; jobs by a part of their names; builds by id, derivation or output path. Hidden ones are left out. */
  @Get()
  @By(searchDoor)
  async search(
    @Input() { query: { query = '', limit } }: Through<typeof searchDoor>,
    @Req() request: Incoming,
  ): Promise<Answer> {
    const words = query.trim().toLowerCase();
    if (words === '' && request.wants === 'json') throw badInput('query', 'is required');
    const has = (...texts: string[]) => words !== '' && texts.some((one) => one.toLowerCase().includes(words));
    const [projects, jobsets, jobs, byPath, byId] = await Promise.all([
      this.reader.ask(listProjects),
      this.reader.ask((db) => listJobsets(db)),
      words === '' ? [] : this.reader.ask((db) => searchJobs(db, words, limit)),
      words === '' ? [] : this.reader.ask((db) => searchBuilds(db, query.trim(), limit)),
      this.byId(words),
    ]);
    const found = {
      projects: projects
        .filter((one) => !one.hidden && has(one.name, one.displayName, one.description))
        .slice(0, limit),
      jobsets: jobsets.filter((one) => !one.hidden && has(one.name, one.description)).slice(0, limit),
      jobs,
      buildsdrv: byPath.filter(({ drvPath }) => drvPath === query.trim()),
      builds: [...(byId ? [byId] : []), ...byPath.filter(({ drvPath }) => drvPath !== query.trim())],
    };
    return {
      json: () => ({
        projects: found.projects.map(({ name, displayName, description }) => ({
          name,
          displayname: displayName,
          description,
        })),
        jobsets: found.jobsets.map(({ project, name, description }) => ({ project, name, description })),
        // Hydra's shape knows no jobs: they stand there only where there are any.
        ...(jobs.length > 0 ? { jobs } : {}),
        builds: found.builds.map(buildJson),
        buildsdrv: found.buildsdrv.map(buildJson),
      }),
      html: (page) => <SearchPage page={page} query={query} found={found} />,
    };
  }

  private async byId(words: string): Promise<BuildView | undefined> {
    if (!/^[1-9]\d{0,8}$/.test(words)) return undefined;
    return this.reader.ask((db) => getBuild(db, Number(words)));
  }
}
