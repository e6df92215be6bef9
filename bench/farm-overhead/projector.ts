import { createPostgresEventStore, domainEvents } from '#event-store';
import { runProjector } from '#read-model';

/** The projector as a process of its own, as in a farm; ends with its parent. */
const databaseUrl = process.argv[2]!;
const store = createPostgresEventStore({ ...domainEvents, connectionString: databaseUrl });
const end = new AbortController();
process.once('disconnect', () => end.abort());
await runProjector({ source: store, databaseUrl, signal: end.signal });
await store.close();
