import { type DynamicModule, Module } from '@nestjs/common';
import { connectDatabase, type Database } from '#coordination';
import { type EventStore, openEventStore } from '#event-store';
import { type AppProcess, requireDatabaseUrl } from '#runtime';
import { Projecting } from './projecting.js';

export const DATABASE = Symbol('database');
export const EVENT_STORE = Symbol('event store');

/** The projector's parts. Every token is explicit, so that no transpiler has to write metadata. */
@Module({})
export class AppModule {
  static of({ config, logger, clock, shutdown }: AppProcess): DynamicModule {
    const onError = (error: Error): void => logger.warn({ err: error }, 'a connection was lost; it is made anew');
    const databaseUrl = requireDatabaseUrl(config);
    return {
      module: AppModule,
      providers: [
        {
          provide: DATABASE,
          useFactory: (): Database => {
            const database = connectDatabase({ connectionString: databaseUrl, max: 2, onError });
            shutdown.onClose('database', () => database.end());
            return database;
          },
        },
        {
          provide: EVENT_STORE,
          useFactory: async (): Promise<EventStore> => {
            const store = await openEventStore({
              ...config.eventStore,
              url: config.eventStoreUrl,
              databaseUrl,
              onError,
            });
            shutdown.onClose('event store', () => store.close());
            return store;
          },
        },
        {
          provide: Projecting,
          inject: [DATABASE, EVENT_STORE],
          useFactory: (database: Database, store: EventStore) =>
            new Projecting({ database, store, databaseUrl, logger, clock }),
        },
      ],
    };
  }
}
