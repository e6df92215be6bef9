import { Inject, Injectable } from '@nestjs/common';
import {
  isStorePath,
  NixMissingError,
  openLocalStore,
  type NixSettings,
  type PathInfo,
  queryClosure,
  type ServeConnection,
  ServeError,
  StoreNames,
} from '#nix';
import { Problem } from '../http/problem.js';
import { type ApiDependencies, DEPENDENCIES } from '../tokens.js';
import { Gate } from './gate.js';

const RETRY_SECONDS = 2;

/** What this host's store says of paths. */
@Injectable()
export class LocalStore {
  private names: StoreNames | undefined;
  private readonly gate = new Gate(4, 64);

  constructor(@Inject(DEPENDENCIES) private readonly deps: Pick<ApiDependencies, 'nix' | 'logger'>) {}

  /** Path infos of those of the paths that are valid here; none where this host has no Nix. Throws a `Problem` 503 where Nix does not answer. */
  pathInfos(paths: readonly string[]): Promise<readonly PathInfo[]> {
    return this.ask(paths, (connection, ours) => connection.queryPathInfos(ours));
  }

  /** Where the store is; undefined where this host has no Nix. */
  async storeDir(): Promise<string | undefined> {
    return this.answered(async ({ storeDir }) => storeDir, undefined);
  }

  /** Path info of the valid path with this hash part, which may come from anywhere. Throws a `Problem` 503 where Nix does not answer. */
  async withHash(hashPart: string): Promise<PathInfo | undefined> {
    const path = await this.answered(
      (settings) => this.gate.pass(() => (this.names ??= new StoreNames(settings)).pathOf(hashPart)),
      undefined,
    );
    return path === undefined ? undefined : (await this.pathInfos([path]))[0];
  }

  /** The same with all that they refer to, dependencies first. */
  closure(paths: readonly string[]): Promise<readonly PathInfo[]> {
    return this.ask(paths, async (connection, ours) => {
      const valid = await connection.queryPathInfos(ours);
      return queryClosure(
        connection,
        valid.map(({ path }) => path),
      );
    });
  }

  private ask(
    paths: readonly string[],
    question: (connection: ServeConnection, ours: readonly string[]) => Promise<readonly PathInfo[]>,
  ): Promise<readonly PathInfo[]> {
    return this.answered(async (settings) => {
      // Nix ends a connection on which it is asked for what cannot be in its store.
      const ours = paths.filter((path) => isStorePath(settings.storeDir, path));
      if (ours.length === 0) return [];
      return await this.gate.pass(async () => {
        // Opened for each question (17 ms): Nix would remember a path for as long as it lives, even one collected meanwhile.
        const connection = await openLocalStore(settings);
        try {
          return await question(connection, ours);
        } finally {
          await connection.close();
        }
      });
    }, []);
  }

  private async answered<T>(question: (settings: NixSettings) => Promise<T>, withoutNix: T): Promise<T> {
    try {
      return await question(await this.deps.nix());
    } catch (error) {
      if (error instanceof NixMissingError) return withoutNix;
      if (!(error instanceof ServeError)) throw error;
      this.deps.logger.warn({ err: error }, 'the store of this host does not answer');
      throw new Problem(503, 'the store of this host does not answer now', {
        headers: { 'retry-after': String(RETRY_SECONDS) },
      });
    }
  }
}
