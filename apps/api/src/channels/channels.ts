import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import { compress, exportPaths, formatChannel } from '#nix';
import { type ChannelBuild, channelBuilds, type ChannelScope } from '#read-model';
import { childEnvironment } from '#runtime';
import type { Answer } from '../http/answer.js';
import type { Incoming } from '../http/incoming.js';
import { notFound, Problem } from '../http/problem.js';
import { Reader } from '../queries/reader.js';
import { Gate } from '../store/gate.js';
import { LocalStore } from '../store/local-store.js';
import type { Crumb } from '../ui/layout.js';
import { type ApiDependencies, DEPENDENCIES } from '../tokens.js';
import { tarOf } from './tar.js';

/** Jobs of one channel: its expression has some 300 bytes for each. */
const MOST_JOBS = 100_000;

/** Of whose builds a channel is. */
export type Channel = Readonly<{
  scope: ChannelScope;
  /** what people call it */
  title: string;
  /** its address; its files are below it */
  path: string;
  /** the way to whose builds they are */
  crumbs: readonly Crumb[];
  /** what stands in front of a job's name in an attribute */
  prefix: (build: ChannelBuild) => readonly string[];
}>;

/** How a channel is called on a command line: without what a file name may not hold. */
export const channelName = ({ title }: Pick<Channel, 'title'>): string => title.replace(/[^A-Za-z0-9_.-]+/g, '-');

/** Where a package of a channel is found. */
export const attributeOf = ({ prefix }: Channel, build: ChannelBuild): string =>
  [...prefix(build), build.job].join('.');

/**
 * Channels, as Hydra has them: builds that succeeded, as packages that Nix takes from this farm's binary cache. `nix-channel` reads
 * `nixexprs.tar.bz2` (https://nix.dev/manual/nix/latest/command-ref/nix-channel); a host whose store cannot be served has none.
 */
@Injectable()
export class Channels {
  private readonly gate = new Gate(2, 16);
  /** Of the questions for a closure only: sending it keeps nothing of it in memory. */
  private readonly exports = new Gate(2, 16);

  constructor(
    @Inject(DEPENDENCIES) private readonly deps: Pick<ApiDependencies, 'config'>,
    @Inject(Reader) private readonly reader: Reader,
    @Inject(LocalStore) private readonly store: LocalStore,
  ) {}

  /** Whether this host's store can be served: else what a channel offers could not be fetched. */
  async available(): Promise<boolean> {
    return this.deps.config.binaryCache.enabled && (await this.store.storeDir()) !== undefined;
  }

  /** What it offers, in the order of names. Throws a `Problem`: 404 where this host is no binary cache, 422 where it is too much for one channel. */
  async builds(channel: Channel): Promise<ChannelBuild[]> {
    if (!(await this.available())) throw new Problem(404, 'there are no channels here: this farm is no binary cache');
    const found = await this.reader.ask((db) => channelBuilds(db, channel.scope, MOST_JOBS));
    if (!found) throw new Problem(422, `more than ${MOST_JOBS} jobs are no channel: take that of a part of them`);
    return found;
  }

  /** One of its files. Throws a `Problem` 404 for others. */
  async file(channel: Channel, name: string, request: Pick<Incoming, 'method' | 'headers'>): Promise<Answer> {
    if (name === 'nixexprs.tar.bz2') return this.expression(channel, request);
    if (name === 'closure') return this.closure(channel, request);
    if (name !== 'binary-cache-url') throw notFound('such file of a channel', 'file');
    await this.builds(channel);
    return { text: { type: 'text/plain; charset=utf-8', body: this.deps.config.web.baseUrl } };
  }

  private async expression(
    channel: Channel,
    { method, headers }: Pick<Incoming, 'method' | 'headers'>,
  ): Promise<Answer> {
    const builds = await this.builds(channel);
    const text = formatChannel(
      builds.map((build) => ({
        attribute: attributeOf(channel, build),
        name: build.nixName,
        system: build.system,
        outputs: build.outputs,
        meta: { description: build.description, homepage: build.homepage, license: build.license },
      })),
    );
    const name = channelName(channel);
    const etag = `"${createHash('sha256').update(`${name}\n${text}`).digest('hex')}"`;
    if (headers['if-none-match'] === etag) return { status: 304, headers: { etag } };
    const file = await this.gate.pass(() =>
      bzip2(tarOf({ [`${name}/default.nix`]: text, [`${name}/channel-name`]: name })),
    );
    return {
      stream: {
        headers: { 'content-type': 'application/x-bzip2', 'content-length': String(file.length), etag },
        body: Readable.from(method === 'HEAD' ? [] : [file], { objectMode: false }),
      },
    };
  }

  private async closure(channel: Channel, { method }: Pick<Incoming, 'method'>): Promise<Answer> {
    const paths = (await this.builds(channel)).flatMap(({ outputs }) => Object.values(outputs));
    // What was collected meanwhile is left out with all that needs it.
    const infos = await this.exports.pass(() => this.store.closure(paths));
    return {
      stream: {
        headers: { 'content-type': 'application/x-nix-export' },
        body: Readable.from(method === 'HEAD' ? [] : exportPaths(infos), { objectMode: false }),
      },
    };
  }
}

/** The program is looked for where Nix is: a host that serves a store has it. */
const bzip2 = async (input: Buffer): Promise<Buffer> => {
  const parts: Buffer[] = [];
  const whole = (async function* () {
    yield input;
  })();
  for await (const part of compress('bzip2', whole, { env: childEnvironment() })) parts.push(part);
  return Buffer.concat(parts);
};
