import { Controller, Get, Inject, Req } from '@nestjs/common';
import {
  type BuildView,
  type EvaluationOfCommit,
  evaluationsOfCommit,
  getBuild,
  type JobsetView,
  listJobsets,
  listProjects,
  revokedNames,
  searchBuilds,
  searchJobs,
} from '#read-model';
import type { Answer } from '../http/answer.js';
import { buildJson } from '../http/build-json.js';
import { By, door, Input, type Through } from '../http/door.js';
import { seconds } from '../http/hydra.js';
import type { Incoming } from '../http/incoming.js';
import { badInput } from '../http/problem.js';
import { numberParam, text } from '../http/text.js';
import { Reader } from '../queries/reader.js';
import { SearchPage } from './search.page.js';

const ALLOWED = /^[A-Za-z0-9_\-/.:+ ]*$/;
const RULE = 'must hold only letters, digits, blanks and _ - / . : +';
/** A path in a store, with what is below it cut off. */
const IN_STORE = /^(.*\/[0-9a-df-np-sv-z]{32}-[^/]+)\/.*$/;
/** The beginning of a commit, as long as Git and forges shorten one to, and not longer than one by SHA-256. */
const COMMIT = /^[0-9a-f]{7,64}$/;
const NOTHING = { projects: [], jobsets: [], jobs: [], evaluations: [], builds: [], buildsdrv: [] };

const evaluationOfCommitJson = (one: EvaluationOfCommit): Record<string, unknown> => ({
  id: one.id,
  project: one.project,
  jobset: one.jobset,
  timestamp: seconds(one.finishedAtMs ?? one.startedAtMs),
  revision: one.commit,
});

const searchDoor = door({
  query: {
    query: text(500).optional(),
    limit: numberParam(1, 50).default(10),
  },
});

@Controller('search')
export class SearchController {
  constructor(@Inject(Reader) private readonly reader: Reader) {}

  /** Projects and jobsets by a part of their names or descriptions, jobs by a part of their names, `project:jobset:job` too; evaluations by a commit of their inputs; builds by id, derivation or output path, or the hash of one. Hidden ones are left out. */
  @Get()
  @By(searchDoor)
  async search(
    @Input() { query: { query = '', limit } }: Through<typeof searchDoor>,
    @Req() request: Incoming,
  ): Promise<Answer> {
    const words = query.trim().toLowerCase();
    if (!ALLOWED.test(query)) {
      if (request.wants === 'json') throw badInput('query', RULE);
      return { status: 400, html: (page) => <SearchPage page={page} query={query} found={NOTHING} problem={RULE} /> };
    }
    if (words === '' && request.wants === 'json') throw badInput('query', 'is required');
    const path = IN_STORE.exec(query.trim())?.[1] ?? query.trim();
    const isDrv = ({ drvPath }: BuildView) =>
      drvPath === path || drvPath.endsWith(`/${path}`) || drvPath.includes(`/${path}-`);
    const has = (...texts: string[]) => words !== '' && texts.some((one) => one.toLowerCase().includes(words));
    const nameOf = ({ project, name }: JobsetView) => (words.includes(':') ? `${project}:${name}` : name);
    const [projects, jobsets, jobs, evaluations, byPath, byId] = await Promise.all([
      this.reader.ask(listProjects),
      this.reader.ask((db) => listJobsets(db)),
      words === '' ? [] : this.reader.ask((db) => searchJobs(db, words, limit)),
      COMMIT.test(words) ? this.reader.ask((db) => evaluationsOfCommit(db, words, limit)) : [],
      words === '' ? [] : this.reader.ask((db) => searchBuilds(db, path, limit)),
      this.byId(words),
    ]);
    const found = {
      projects: projects
        .filter((one) => !one.hidden && has(one.name, one.displayName, one.description))
        .slice(0, limit),
      jobsets: jobsets.filter((one) => !one.hidden && has(nameOf(one), one.description)).slice(0, limit),
      jobs,
      evaluations,
      buildsdrv: byPath.filter(isDrv),
      builds: [...(byId ? [byId] : []), ...byPath.filter((one) => !isDrv(one))],
    };
    return {
      json: () => ({
        projects: found.projects.map(({ name, displayName, description }) => ({
          name,
          displayname: displayName,
          description,
        })),
        jobsets: found.jobsets.map(({ project, name, description }) => ({ project, name, description })),
        // Hydra's shape knows neither: they stand there only where there are any.
        ...(jobs.length > 0 ? { jobs } : {}),
        ...(evaluations.length > 0 ? { evals: evaluations.map(evaluationOfCommitJson) } : {}),
        builds: found.builds.map(buildJson),
        buildsdrv: found.buildsdrv.map(buildJson),
      }),
      html: async (page) => {
        const revoked = await this.reader.ask((db) => revokedNames(db, evaluations));
        return <SearchPage page={page} query={query} found={found} revoked={revoked} />;
      },
    };
  }

  private async byId(words: string): Promise<BuildView | undefined> {
    if (!/^[1-9]\d{0,8}$/.test(words)) return undefined;
    return this.reader.ask((db) => getBuild(db, Number(words)));
  }
}
