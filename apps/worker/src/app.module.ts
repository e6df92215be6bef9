import { type DynamicModule, Module } from '@nestjs/common';
import { connectDatabase, type Database } from '#coordination';
import { type EventStore, openEventStore } from '#event-store';
import { type AppProcess, requireDatabaseUrl } from '#runtime';
import type { DutyContext } from './duty.js';

export const PROCESS = Symbol('process');
export const DATABASE = Symbol('database');
export const EVENT_STORE = Symbol('event store');
/** What every duty is given. */
export const DUTY_CONTEXT = Symbol('duty context');

/** The worker's parts. Every token is explicit, so that no transpiler has to write metadata. */
@Module({})
export class AppModule {
  static of(app: AppProcess): DynamicModule {
    const { config, clock, logger, shutdown } = app;
    return {
      module: AppModule,
      providers: [
        { provide: PROCESS, useValue: app },
        {
          provide: DATABASE,
          useFactory: (): Database => {
            const onError = (error: Error): void => logger.warn({ err: error }, 'a connection to the database broke');
            const database = connectDatabase({ connectionString: requireDatabaseUrl(config), onError });
            shutdown.onClose('database', () => database.end());
            return database;
          },
        },
        {
          provide: EVENT_STORE,
          inject: [DATABASE],
          useFactory: async (): Promise<EventStore> => {
            const store = await openEventStore({
              ...config.eventStore,
              url: config.eventStoreUrl,
              databaseUrl: requireDatabaseUrl(config),
            });
            shutdown.onClose('event store', () => store.close());
            return store;
          },
        },
        {
          provide: DUTY_CONTEXT,
          inject: [DATABASE, EVENT_STORE],
          useFactory: (database: Database, store: EventStore): DutyContext => ({
            store,
            database,
            config,
            clock,
            logger,
          }),
        },
      ],
      exports: [DUTY_CONTEXT, DATABASE],
    };
  }
}
