import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { migrateCoordination } from '#coordination';
import { NixMissingError } from '#nix';
import { beginProcess, ConfigError } from '#runtime';
import { AppModule, DATABASE, DUTY_CONTEXT } from './app.module.js';
import { ArgumentError, wantedDuties } from './arguments.js';
import { DUTIES } from './duties.js';
import type { DutyContext } from './duty.js';
import { runDuties } from './run-duties.js';

const namesOrExit = (): readonly string[] => {
  try {
    return wantedDuties(process.argv.slice(2), Object.keys(DUTIES));
  } catch (error) {
    if (!(error instanceof ArgumentError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(2);
  }
};

const names = namesOrExit();
const app = beginProcess('worker');
const { logger, shutdown } = app;

const main = async (): Promise<void> => {
  const nest = await NestFactory.createApplicationContext(AppModule.of(app), { logger: false, abortOnError: false });
  await migrateCoordination(nest.get(DATABASE));
  const context = nest.get<DutyContext>(DUTY_CONTEXT);
  const duties = await Promise.all(names.map((name) => DUTIES[name]!()));
  const running = runDuties(duties, context, shutdown.signal);
  // Closed first: the duties report what they hold while log and database are still there.
  shutdown.onClose('duties', () => running.catch(() => undefined));
  logger.info({ duties: names }, 'worker runs');
  await running;
};

main().then(
  () => void shutdown.end('the duties ended'),
  (error: unknown) => {
    // A start anew would not help: 2 tells the supervisor.
    const misconfigured = error instanceof ConfigError || error instanceof NixMissingError;
    if (!shutdown.signal.aborted) logger.fatal({ err: error }, 'the worker ends: a duty failed');
    void shutdown.end('a duty failed', misconfigured ? 2 : 1);
  },
);
