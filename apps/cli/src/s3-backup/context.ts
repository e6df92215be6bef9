import { acquireLeadership, connectDatabase, type Database, type Leadership, migrateCoordination } from '#coordination';
import { type BackupTarget, type CommandContext, targetKey } from '#domain';
import type { EventStore } from '#event-store';
import { type NixSettings, openLocalStore, type ServeConnection } from '#nix';
import { type Clock, type Config, type Logger, type ProgressStream, systemClock, uuidv4 } from '#runtime';
import { commandLogger, withEventStore } from '../database.js';
import { nixOf } from '../nix.js';

/** What the commands about buckets and roots work with. */
export type Tools = Readonly<{
  config: Config;
  store: EventStore;
  database: Database;
  nix: NixSettings;
  clock: Clock;
  logger: Logger;
  /** Aborts when somebody interrupts. */
  signal: AbortSignal;
  /** What was asked for. */
  out: (line: string) => void;
  /** How far it is. */
  err: ProgressStream;
}>;

/** Lends a command the log, the database and Nix. A first interrupt stops it in order, a second one at once. */
export const withTools = (config: Config, use: (tools: Tools) => Promise<void>): Promise<void> =>
  withEventStore(config, async (store, connectionString) => {
    const logger = commandLogger(config);
    const onError = (err: Error): void => logger.warn({ err }, 'lost a connection to the database');
    const database = connectDatabase({ connectionString, max: 4, onError });
    const stop = new AbortController();
    const interrupt = (): void => {
      if (stop.signal.aborted) process.exit(130);
      stop.abort(new Error('interrupted; run it again to go on'));
    };
    process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
    try {
      await migrateCoordination(database);
      const nix = await nixOf(config);
      const out = (line: string): void => void process.stdout.write(`${line}\n`);
      const { signal } = stop;
      await use({ config, store, database, nix, clock: systemClock, logger, signal, out, err: process.stderr });
    } finally {
      process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
      await database.end();
    }
  });

/** A connection to the store for questions, closed when `use` ends. */
export const withStore = async <T>(nix: NixSettings, use: (store: ServeConnection) => Promise<T>): Promise<T> => {
  const store = await openLocalStore(nix);
  try {
    return await use(store);
  } finally {
    await store.close();
  }
};

/** The envelope of what a command of the command line leads to. */
export const cliContext = (commandId: string = uuidv4()): CommandContext => ({
  commandId,
  actor: { kind: 'system', id: 'cli' },
  via: 'cli',
  correlationId: commandId,
  causationId: commandId,
});

/**
 * Works alone on a place: collections and repairs take turns, whichever machine they run on. The signal aborts when the turn
 * is lost, too.
 */
export const alone = async <T>(
  { database, signal, err, logger }: Pick<Tools, 'database' | 'signal' | 'err' | 'logger'>,
  target: BackupTarget,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> => {
  const onError = (error: Error): void => logger.warn({ err: error }, 'waits for the database');
  const waiting = setTimeout(() => err.write(`${targetKey(target)}: waits for the one that works there\n`), 1_000);
  let turn: Leadership;
  try {
    turn = await acquireLeadership({ database, name: `s3-gc ${targetKey(target)}`, signal, onError });
  } finally {
    clearTimeout(waiting);
  }
  try {
    return await work(AbortSignal.any([signal, turn.lost]));
  } finally {
    await turn.release();
  }
};
