import { Controller, Get, Inject, Req } from '@nestjs/common';
import { getBuild } from '#read-model';
import { storePathName } from '#nix';
import type { Answer } from '../http/answer.js';
import { By, door, Input, type Through } from '../http/door.js';
import type { Incoming } from '../http/incoming.js';
import { notFound } from '../http/problem.js';
import { idParam, nameParam } from '../http/text.js';
import { Reader } from '../queries/reader.js';
import { noOutput } from './gone.js';
import { LocalStore } from './local-store.js';
import { narAnswer } from './nar-answer.js';

const outputDoor = door({ params: { id: idParam, name: nameParam } });

/** The outputs of builds as archives. */
@Controller('build/:id/output')
export class OutputsController {
  constructor(
    @Inject(Reader) private readonly reader: Reader,
    @Inject(LocalStore) private readonly store: LocalStore,
  ) {}

  /** The NAR of an output, as `nix-store --restore` takes it; read from the store as the client takes it. */
  @Get(':name')
  @By(outputDoor)
  async nar(
    @Input() { params: { id, name } }: Through<typeof outputDoor>,
    @Req() { method }: Incoming,
  ): Promise<Answer> {
    const build = await this.reader.ask((db) => getBuild(db, id));
    if (!build) throw notFound('such build', 'id');
    const path = new Map(Object.entries(build.outputs)).get(name);
    if (path === undefined) throw notFound('such output of the build', 'name');
    const [info] = await this.store.pathInfos([path]);
    if (!info) throw noOutput(build);
    return narAnswer(info, method, `${storePathName(path)}.nar`);
  }
}
