import { readFile } from 'node:fs/promises';
import { Inject, Injectable } from '@nestjs/common';
import { type NarInfo, parseSecretKey, type PathInfo, type SecretKey, signNarInfo, storePathHash } from '#nix';
import { Problem } from '../http/problem.js';
import { type ApiDependencies, DEPENDENCIES } from '../tokens.js';

/** The name of a path's archive. It says which archive is meant: where the path was made again and came out otherwise, it is another. */
export const narFile = ({ path, narHash }: PathInfo): string =>
  `${storePathHash(path)}-${narHash.replace(/^sha256:/, '')}.nar`;

/** Says of paths of this host's store what a narinfo says, signed with the keys of `[binary_cache]`. */
@Injectable()
export class NarInfos {
  private keys: Promise<readonly SecretKey[]> | undefined;

  constructor(@Inject(DEPENDENCIES) private readonly deps: Pick<ApiDependencies, 'config' | 'logger'>) {}

  /** Throws a `Problem` 503 where a key cannot be read: what is not signed would be refused by whoever fetches it. */
  async of(info: PathInfo): Promise<NarInfo> {
    const { path, narHash, narSize, references, deriver, sigs, ca } = info;
    const unsigned: NarInfo = {
      ...{ storePath: path, url: `nar/${narFile(info)}`, compression: 'none' },
      ...{ narHash, narSize, references, sigs },
      ...(deriver === undefined ? {} : { deriver }),
      ...(ca === undefined ? {} : { ca }),
    };
    return (await this.signingKeys()).reduce(signNarInfo, unsigned);
  }

  private signingKeys(): Promise<readonly SecretKey[]> {
    this.keys ??= Promise.all(this.deps.config.binaryCache.secretKeyFiles.map((file) => this.read(file)));
    this.keys.catch(() => (this.keys = undefined)); // looked for again by the next question
    return this.keys;
  }

  private async read(file: string): Promise<SecretKey> {
    try {
      return parseSecretKey(await readFile(file, 'utf8'));
    } catch (error) {
      this.deps.logger.error(
        { err: error, file },
        'a key of [binary_cache] cannot be read: nothing is signed, and so nothing served',
      );
      throw new Problem(503, 'the binary cache cannot sign now: its administrator finds the reason in the log');
    }
  }
}
