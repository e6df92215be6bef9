export { APPEND_LOCK, migrate } from './migrations.js';
export { createPostgresEventStore, type PostgresEventStoreOptions } from './postgres-event-store.js';
