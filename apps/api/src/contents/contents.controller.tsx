import { realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Controller, Get, Inject, Req } from '@nestjs/common';
import { getBuild } from '#read-model';
import { childEnvironment } from '#runtime';
import type { Answer } from '../http/answer.js';
import { By, door, Input, type Through } from '../http/door.js';
import type { Incoming } from '../http/incoming.js';
import { notFound, Problem } from '../http/problem.js';
import { idParam } from '../http/text.js';
import { Reader } from '../queries/reader.js';
import { Gate } from '../store/gate.js';
import { noOutput } from '../store/gone.js';
import { ContentsPage } from './contents.page.js';
import { NotListableError } from './entry.js';
import { listContents } from './list.js';

const contentsDoor = door({ params: { id: idParam, nr: idParam } });

/** Entries of one answer. A page is to be read. */
const MOST = { html: 1000, json: 20_000 } as const;

/** Where a path really is; undefined where nothing is there. */
const real = (path: string): Promise<string | undefined> =>
  realpath(path).catch((error: NodeJS.ErrnoException) => {
    if (['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG'].includes(error.code ?? '')) return undefined;
    throw error;
  });

/** What is in the products of builds. */
@Controller('build/:id/contents')
export class ContentsController {
  /** Unpacking takes a core for seconds. */
  private readonly gate = new Gate(2, 8);

  constructor(@Inject(Reader) private readonly reader: Reader) {}

  /** The product of that number, counted from 1: a directory with all below it, or a tar or zip archive. 415 for what is neither. */
  @Get(':nr')
  @By(contentsDoor)
  async show(
    @Input() { params: { id, nr } }: Through<typeof contentsDoor>,
    @Req() { wants }: Incoming,
  ): Promise<Answer> {
    const build = await this.reader.ask((db) => getBuild(db, id));
    if (!build) throw notFound('such build', 'id');
    const product = build.products[nr - 1];
    if (!product) throw notFound('such product of the build', 'nr');
    const [output = ''] = Object.values(build.outputs);
    const [store, path] = await Promise.all([real(dirname(output)), real(product.path)]);
    if (store === undefined || path === undefined) throw noOutput(build);
    // A product that is a link to somewhere else in this host is nothing that a build made.
    if (!path.startsWith(`${store}/`)) throw notFound('such product of the build', 'nr');
    const { kind, entries, truncated } = await this.gate.pass(() => this.list(path, MOST[wants]));
    return {
      json: () => ({ build: id, product: nr, name: product.name, kind, entries, truncated }),
      html: (page) => <ContentsPage {...{ page, build, nr, product, kind, entries, truncated }} />,
    };
  }

  private async list(path: string, limit: number) {
    try {
      return await listContents(path, { limit, env: childEnvironment() });
    } catch (error) {
      if (!(error instanceof NotListableError)) throw error;
      throw new Problem(415, `the product cannot be listed: it is ${error.message}`, {
        field: 'nr',
        rule: 'must be a directory or a tar or zip archive',
      });
    }
  }
}
