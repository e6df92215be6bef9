import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { beginProcess, ConfigError } from '#runtime';
import { AppModule } from './app.module.js';
import { Projecting } from './projecting.js';

const app = beginProcess('projector');
const { logger, shutdown } = app;

const main = async (): Promise<void> => {
  const nest = await NestFactory.createApplicationContext(AppModule.of(app), { logger: false, abortOnError: false });
  const running = nest.get(Projecting).run(shutdown.signal);
  // Closed first: the last batch commits while the database is still there.
  shutdown.onClose('projections', () => running.catch(() => undefined));
  await running;
};

main().then(
  () => void shutdown.end('projecting ended'),
  (error: unknown) => {
    if (!shutdown.signal.aborted) logger.fatal({ err: error }, 'the projector ends');
    // A start anew would not help a bad configuration: 2 tells the supervisor.
    void shutdown.end('projecting failed', error instanceof ConfigError ? 2 : 1);
  },
);
