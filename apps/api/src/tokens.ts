/** What the controllers are given, by explicit tokens (no emitDecoratorMetadata). */
import type { Accounts } from '#accounts';
import type { LogStore } from '#binary-cache';
import type { Database } from '#coordination';
import type { EventStore } from '#event-store';
import type { NixSettings } from '#nix';
import type { Clock, Config, Logger } from '#runtime';

/** All that the API stands on. */
export type ApiDependencies = Readonly<{
  config: Pick<Config, 'web' | 's3backup' | 'binaryCache' | 'webhooks'>;
  clock: Clock;
  logger: Logger;
  store: EventStore;
  database: Database;
  accounts: Accounts;
  logs: LogStore;
  /** How to call the Nix of this host. Rejects with `NixMissingError` where there is none. */
  nix: () => Promise<NixSettings>;
  /** Draws the next integer id of a noun. */
  ids: Readonly<{ project: () => Promise<number>; jobset: () => Promise<number> }>;
  /** Longest wait of a command for the projector, in milliseconds: what is read after it may be a little old, which is no error. */
  projectorPatienceMs: number;
  /** Aborted when the process ends: live streams hang on it. */
  signal: AbortSignal;
}>;

export const DEPENDENCIES = Symbol('iolaus api dependencies');
