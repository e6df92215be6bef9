import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openEventStore } from '#event-store';
import type { EventStore } from '#event-store';
import { createLogger, systemClock } from '#runtime';
import type { Config, Logger } from '#runtime';
import { startEmbedded } from './supervisor/embedded.js';
import { lockDataDir } from './supervisor/lock.js';
import { pidFiles } from './supervisor/pid-files.js';
import type { Remembered } from './supervisor/postgres/place.js';
import { accepting } from './supervisor/postgres/probe.js';
import { databaseUrl } from './supervisor/postgres/server.js';

/** The embedded PostgreSQL of a farm that runs just now. */
const runningEmbedded = async (dataDir: string): Promise<string | undefined> => {
  const file = join(dataDir, 'postgres.json');
  if (!existsSync(file)) return undefined;
  const remembered = JSON.parse(readFileSync(file, 'utf8')) as Remembered;
  return (await accepting(remembered.port)) ? databaseUrl(remembered) : undefined;
};

/**
 * Lends the farm's database to a command: the configured one, the embedded one of a farm that runs, or else the embedded
 * one brought up for as long as the command takes.
 */
export const withDatabase = async <T>(config: Config, use: (url: string) => Promise<T>): Promise<T> => {
  const url = config.databaseUrl ?? (await runningEmbedded(config.dataDir));
  if (url !== undefined) return use(url);
  const unlock = await lockDataDir(config.dataDir);
  try {
    const embedded = await startEmbedded({
      dataDir: config.dataDir,
      clock: systemClock,
      logger: commandLogger(config),
      pids: pidFiles(config.dataDir),
      signal: new AbortController().signal,
    });
    return await use(embedded.url).finally(() => embedded.kept.stop(20_000));
  } finally {
    unlock();
  }
};

/** The log of a command goes to standard error: its standard output is what it was asked for. */
export const commandLogger = ({ logLevel }: Config): Logger =>
  createLogger({ app: 'cli', level: logLevel, write: (line) => void process.stderr.write(line) });

/** Lends the farm's event log to a command, and the address of its database. */
export const withEventStore = <T>(
  config: Config,
  use: (store: EventStore, databaseUrl: string) => Promise<T>,
): Promise<T> =>
  withDatabase(config, async (databaseUrl) => {
    const logger = commandLogger(config);
    const onError = (error: Error): void => logger.warn({ err: error }, 'lost a connection to the event log');
    const store = await openEventStore({ ...config.eventStore, url: config.eventStoreUrl, databaseUrl, onError });
    return use(store, databaseUrl).finally(() => store.close());
  });
