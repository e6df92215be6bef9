import { Inject, Injectable } from '@nestjs/common';
import {
  isStorePath,
  NixMissingError,
  openLocalStore,
  type PathInfo,
  queryClosure,
  type ServeConnection,
  ServeError,
} from '#nix';
import { Problem } from '../http/problem.js';
import { type ApiDependencies, DEPENDENCIES } from '../tokens.js';
import { Gate } from './gate.js';

const RETRY_SECONDS = 2;

/** What this host's store says of paths. */
@Injectable()
export class LocalStore {
  private readonly gate = new Gate(4, 64);

  constructor(@Inject(DEPENDENCIES) private readonly deps: Pick<ApiDependencies, 'nix' | 'logger'>) {}

  /** Path infos of those of the paths that are valid here; none where this host has no Nix. Throws a `Problem` 503 where Nix does not answer. */
  pathInfos(paths: readonly string[]): Promise<readonly PathInfo[]> {
    return this.ask(paths, (connection, ours) => connection.queryPathInfos(ours));
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

  private async ask(
    paths: readonly string[],
    question: (connection: ServeConnection, ours: readonly string[]) => Promise<readonly PathInfo[]>,
  ): Promise<readonly PathInfo[]> {
    try {
      const settings = await this.deps.nix();
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
    } catch (error) {
      if (error instanceof NixMissingError) return [];
      if (!(error instanceof ServeError)) throw error;
      this.deps.logger.warn({ err: error }, 'the store of this host does not answer');
      throw new Problem(503, 'the store of this host does not answer now', {
        headers: { 'retry-after': String(RETRY_SECONDS) },
      });
    }
  }
}
