import { basename, dirname } from 'node:path';
import send from '@fastify/send';
import { Controller, Get, Inject, Req } from '@nestjs/common';
import { type BuildView, getBuild } from '#read-model';
import type { Answer } from '../http/answer.js';
import { By, door, Input, type Through } from '../http/door.js';
import type { Incoming } from '../http/incoming.js';
import { notFound, Problem } from '../http/problem.js';
import { idParam, nameParam, text } from '../http/text.js';
import { Reader } from '../queries/reader.js';
import { productPath } from '../ui/links.js';
import { productFile } from './product-file.js';

const rest = text(4096);
const NUMBER = /^\d{1,6}$/;
const firstDoor = door({ params: { id: idParam } });
const productDoor = door({ params: { id: idParam, product: nameParam } });
const fileDoor = door({ params: { id: idParam, product: nameParam, '*': rest } });
const typeDoor = door({ params: { id: idParam, type: nameParam, subtype: nameParam } });
const typeFileDoor = door({ params: { id: idParam, type: nameParam, subtype: nameParam, '*': rest } });

/** What a build made may be a page with scripts of anybody's: it gets an origin of its own, which has no session here. */
const SANDBOX = { 'content-security-policy': 'sandbox allow-scripts', 'cross-origin-resource-policy': 'same-origin' };

type Found = Readonly<{ build: BuildView; nr: number; product: BuildView['products'][number] }>;

/** The products of builds, from the store of this host. */
@Controller('build/:id')
export class DownloadsController {
  constructor(@Inject(Reader) private readonly reader: Reader) {}

  /** The first product. */
  @Get('download')
  @By(firstDoor)
  async first(@Input() { params: { id } }: Through<typeof firstDoor>): Promise<Answer> {
    return canonical(await this.find(id, 0));
  }

  /** A product by its number, counted from 1, or by its name. */
  @Get('download/:product')
  @By(productDoor)
  async product(
    @Input() { params: { id, product } }: Through<typeof productDoor>,
    @Req() request: Incoming,
  ): Promise<Answer> {
    const found = await this.named(id, product);
    // One that has no name stands at its number.
    return found.product.name === '' && NUMBER.test(product) ? this.show(found, '', request) : canonical(found);
  }

  /** A file of a product: below its number and name, or below its number where it has no name. Takes `Range`. */
  @Get('download/:product/*')
  @By(fileDoor)
  async file(@Input() { params }: Through<typeof fileDoor>, @Req() request: Incoming): Promise<Answer> {
    const found = await this.named(params.id, params.product);
    const { name } = found.product;
    const [head, ...tail] = params['*'].split('/');
    if (!NUMBER.test(params.product) || (name !== '' && head !== name)) return canonical(found, params['*']);
    return this.show(found, name === '' ? params['*'] : tail.join('/'), request);
  }

  @Get('download-by-type/:type/:subtype')
  @By(typeDoor)
  async byType(@Input() { params: { id, type, subtype } }: Through<typeof typeDoor>): Promise<Answer> {
    return canonical(await this.typed(id, type, subtype));
  }

  @Get('download-by-type/:type/:subtype/*')
  @By(typeFileDoor)
  async fileByType(@Input() { params }: Through<typeof typeFileDoor>): Promise<Answer> {
    return canonical(await this.typed(params.id, params.type, params.subtype), params['*']);
  }

  private async show({ build, nr, product }: Found, below: string, request: Incoming): Promise<Answer> {
    const storePath = Object.values(build.outputs).find((path) => path !== '') ?? '';
    const file = await productFile(product, storePath, below);
    // Its own links are relative: they need the address of the file that is shown.
    if (file.kind === 'directory') return { redirect: productPath(build.id, nr, product.name, file.index) };
    const { statusCode, headers, stream, type } = await send(request.raw, encodeURIComponent(basename(file.path)), {
      root: dirname(file.path),
      dotfiles: 'allow',
      index: false,
      cacheControl: false,
      // All files of a store are as old and may be as long as each other.
      etag: false,
      lastModified: false,
    });
    if (type !== 'file' || statusCode >= 400)
      throw new Problem(statusCode, 'this part of the file cannot be had', {
        field: 'Range',
        headers: { 'content-range': `bytes */${file.bytes}` },
      });
    return { status: statusCode, stream: { headers: { ...headers, ...SANDBOX }, body: stream } };
  }

  private async find(id: number, index: number): Promise<Found> {
    const build = await this.reader.ask((db) => getBuild(db, id));
    if (!build) throw notFound('such build', 'id');
    const product = build.products[index];
    if (!product) throw notFound('such product of the build', 'product');
    return { build, nr: index + 1, product };
  }

  private async named(id: number, nrOrName: string): Promise<Found> {
    if (NUMBER.test(nrOrName)) return this.find(id, Number(nrOrName) - 1);
    return this.where(id, ({ name }) => name === nrOrName);
  }

  private typed(id: number, type: string, subtype: string): Promise<Found> {
    return this.where(id, (product) => product.type === type && product.subtype === subtype);
  }

  private async where(id: number, is: (product: Found['product']) => boolean): Promise<Found> {
    const build = await this.reader.ask((db) => getBuild(db, id));
    if (!build) throw notFound('such build', 'id');
    return this.find(id, build.products.findIndex(is));
  }
}

const canonical = ({ build, nr, product }: Found, below = ''): Answer => ({
  redirect: productPath(build.id, nr, product.name, below),
});
