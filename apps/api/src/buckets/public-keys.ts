import { readFile } from 'node:fs/promises';
import { Inject, Injectable } from '@nestjs/common';
import { parseSecretKey } from '#nix';
import { type ApiDependencies, DEPENDENCIES } from '../tokens.js';

/** The public halves of signing keys, `NAME:base64`: what whoever substitutes has to trust. */
@Injectable()
export class PublicKeys {
  private readonly known = new Map<string, string | undefined>();

  constructor(@Inject(DEPENDENCIES) private readonly deps: Pick<ApiDependencies, 'logger'>) {}

  /**
   * Keys that sign; undefined: none does. Fewer than there are files, where the API may not read them: only the
   * worker has to.
   */
  async of({
    secretKeyFiles,
  }: Readonly<{ secretKeyFiles: readonly string[] }>): Promise<readonly string[] | undefined> {
    if (secretKeyFiles.length === 0) return undefined;
    const keys = await Promise.all(secretKeyFiles.map((file) => this.read(file)));
    return keys.filter((key) => key !== undefined);
  }

  private async read(file: string): Promise<string | undefined> {
    if (!this.known.has(file)) this.known.set(file, await this.publicOf(file));
    return this.known.get(file);
  }

  private async publicOf(file: string): Promise<string | undefined> {
    try {
      return parseSecretKey(await readFile(file, 'utf8')).publicKey;
    } catch (error) {
      // No trouble: pages then say how to get the public key.
      const reason = (error as NodeJS.ErrnoException).code ?? (error as Error).message;
      this.deps.logger.info({ file, reason }, 'the public half of a signing key is not shown: it cannot be read here');
      return undefined;
    }
  }
}
