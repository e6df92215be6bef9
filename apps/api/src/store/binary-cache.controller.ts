import { Controller, Get, Inject, Req } from '@nestjs/common';
import { z } from 'zod';
import { formatNarInfo, nixCacheInfo } from '#nix';
import type { Answer } from '../http/answer.js';
import { By, door, Input, type Through } from '../http/door.js';
import type { Incoming } from '../http/incoming.js';
import { notFound, Problem } from '../http/problem.js';
import { type ApiDependencies, DEPENDENCIES } from '../tokens.js';
import { LocalStore } from './local-store.js';
import { narAnswer } from './nar-answer.js';
import { narFile, NarInfos } from './nar-infos.js';

/** Nix's base 32. */
const DIGIT = '[0-9a-df-np-sv-z]';
const hashPart = z.string().regex(new RegExp(`^${DIGIT}{32}$`), 'must be the 32 characters of a store path');
const narName = z.string().regex(new RegExp(`^${DIGIT}{32}-${DIGIT}{52}\\.nar$`), 'must be what a narinfo names');

// Nobody is looked up: who substitutes is Nix, and the database is not asked.
const infoDoor = { ...door({}), anonymous: true };
const narInfoDoor = { ...door({ params: { hash: hashPart } }), anonymous: true };
const narDoor = { ...door({ params: { file: narName } }), anonymous: true };

/** As Hydra's: what other caches have is taken from there. */
const PRIORITY = 100;

/**
 * The store of this host as a binary cache over HTTP, as Hydra has it with a local store.
 * Source: https://nix.dev/manual/nix/latest/store/types/http-binary-cache-store and `NarInfo` of `#nix`.
 */
@Controller()
export class BinaryCacheController {
  constructor(
    @Inject(DEPENDENCIES) private readonly deps: Pick<ApiDependencies, 'config'>,
    @Inject(LocalStore) private readonly store: LocalStore,
    @Inject(NarInfos) private readonly narInfos: NarInfos,
  ) {}

  @Get('nix-cache-info')
  @By(infoDoor)
  async info(): Promise<Answer> {
    this.checkEnabled();
    const storeDir = await this.store.storeDir();
    if (storeDir === undefined) throw new Problem(404, 'this farm is no binary cache: this host has no Nix');
    return { text: { type: 'text/x-nix-cache-info', body: nixCacheInfo(storeDir, { priority: PRIORITY }) } };
  }

  @Get(':hash.narinfo')
  @By(narInfoDoor)
  async narInfo(@Input() { params: { hash } }: Through<typeof narInfoDoor>): Promise<Answer> {
    this.checkEnabled();
    const info = await this.store.withHash(hash);
    if (!info) throw notFound('such path in the store of this host', 'hash');
    return { text: { type: 'text/x-nix-narinfo', body: formatNarInfo(await this.narInfos.of(info)) } };
  }

  @Get('nar/:file')
  @By(narDoor)
  async nar(@Input() { params: { file } }: Through<typeof narDoor>, @Req() { method }: Incoming): Promise<Answer> {
    this.checkEnabled();
    const info = await this.store.withHash(file.slice(0, 32));
    // One with another hash is not what the narinfo promised.
    if (!info || narFile(info) !== file) throw notFound('such archive in the store of this host', 'file');
    return narAnswer(info, method);
  }

  private checkEnabled(): void {
    if (!this.deps.config.binaryCache.enabled)
      throw new Problem(404, 'this farm is no binary cache: [binary_cache] enabled = false');
  }
}
