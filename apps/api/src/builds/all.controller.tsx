import { Controller, Get, Inject } from '@nestjs/common';
import { newestFinishedBuilds } from '#read-model';
import type { Answer } from '../http/answer.js';
import { buildJson } from '../http/build-json.js';
import { By, door, Input, type Through } from '../http/door.js';
import { idParam } from '../http/text.js';
import { Reader } from '../queries/reader.js';
import { AllBuildsPage } from './all.page.js';

const PER_PAGE = 20;
const allDoor = door({ query: { before: idParam.optional() } });

/** Finished builds of the whole farm. */
@Controller('all')
export class AllBuildsController {
  constructor(@Inject(Reader) private readonly reader: Reader) {}

  /** Newest first. `before`: the `next` of the page before. */
  @Get()
  @By(allDoor)
  async all(@Input() { query: { before } }: Through<typeof allDoor>): Promise<Answer> {
    // One more than is shown tells whether more follow.
    const found = await this.reader.ask((db) =>
      newestFinishedBuilds(db, { limit: PER_PAGE + 1, ...(before === undefined ? {} : { before }) }),
    );
    const builds = found.slice(0, PER_PAGE);
    const next = found.length > PER_PAGE ? builds.at(-1)!.id : null;
    return {
      json: () => ({ builds: builds.map(buildJson), next }),
      html: (page) => <AllBuildsPage {...{ page, builds, next, first: before === undefined }} />,
    };
  }
}
