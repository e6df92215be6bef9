import { Controller, Get, Inject } from '@nestjs/common';
import { listQuery, readBuildList } from '../build-lists/build-list.js';
import type { Answer } from '../http/answer.js';
import { buildJson } from '../http/build-json.js';
import { By, door, Input, type Through } from '../http/door.js';
import { Reader } from '../queries/reader.js';
import { AllBuildsPage } from './all.page.js';

const PER_PAGE = 20;
const allDoor = door({ query: listQuery });

/** Finished builds of the whole farm. */
@Controller('all')
export class AllBuildsController {
  constructor(@Inject(Reader) private readonly reader: Reader) {}

  /** Newest first. `before`: the `next` of the page before. */
  @Get()
  @By(allDoor)
  async all(@Input() { query: { before } }: Through<typeof allDoor>): Promise<Answer> {
    const list = await readBuildList(this.reader, 'farm', before, PER_PAGE);
    return {
      json: () => ({ builds: list.builds.map(buildJson), next: list.next ?? null }),
      html: (page) => <AllBuildsPage {...{ page, list }} />,
    };
  }
}
