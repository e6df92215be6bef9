import { systemClock } from './clock.js';
import type { Clock } from './clock.js';
import { loadConfigOrExit } from './config/load.js';
import type { Config } from './config/load.js';
import { createHealth } from './health.js';
import type { Health } from './health.js';
import { createLogger } from './logging/logger.js';
import type { Logger } from './logging/logger.js';
import { exitWithParent } from './shutdown/parent.js';
import { createShutdown } from './shutdown/shutdown.js';
import type { Shutdown } from './shutdown/shutdown.js';

/** What every app's `main.ts` begins with. */
export type AppProcess = Readonly<{ config: Config; logger: Logger; clock: Clock; health: Health; shutdown: Shutdown }>;

/**
 * Reads the configuration (exit code 2 when it is bad), opens the log, listens to signals, ends with the supervisor, and
 * lets a bug that nothing caught end the process with code 1 after its closers ran: the supervisor starts it anew.
 */
export const beginProcess = (app: string): AppProcess => {
  const config = loadConfigOrExit();
  const logger = createLogger({ app, level: config.logLevel });
  const shutdown = createShutdown({ logger });
  exitWithParent(() => void shutdown.end('the supervisor is gone'));
  const crash = (error: unknown): void => {
    logger.fatal({ err: error }, 'unexpected error');
    void shutdown.end('unexpected error', 1);
  };
  process.on('uncaughtException', crash);
  process.on('unhandledRejection', crash);
  return { config, logger, clock: systemClock, health: createHealth(), shutdown };
};
