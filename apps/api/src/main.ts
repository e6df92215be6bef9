import { createAccounts } from '#accounts';
import { createFolderLogStore } from '#binary-cache';
import { connectDatabase, createIdSequences, migrateCoordination } from '#coordination';
import { openEventStore } from '#event-store';
import { prepareReadModel } from '#read-model';
import { beginProcess, requireDatabaseUrl } from '#runtime';
import { ensureAdmin } from './first-start.js';
import { createServer } from './server.js';
import { nixOf } from './store/nix.js';

const { config, logger, clock, shutdown } = beginProcess('api');
const databaseUrl = requireDatabaseUrl(config);
const onError = (error: Error): void => logger.warn({ err: error }, 'a connection was lost; it is made anew');

const database = connectDatabase({ connectionString: databaseUrl, max: 20, onError });
shutdown.onClose('database', () => database.end());
const store = await openEventStore({ ...config.eventStore, url: config.eventStoreUrl, databaseUrl, onError });
shutdown.onClose('event store', () => store.close());
await migrateCoordination(database);
await prepareReadModel(database);
const accounts = createAccounts(database, clock.now);
await accounts.migrate();

const admin = await ensureAdmin(accounts, store, clock, config.adminPassword);
if (admin?.password !== undefined)
  // Printed once and stored nowhere: past the log, whose readers are not all administrators.
  process.stdout.write(`Sign in as admin with the password ${admin.password} (it is not shown again)\n`);

const ids = createIdSequences(database);
const app = await createServer({
  config,
  clock,
  logger,
  store,
  database,
  accounts,
  logs: createFolderLogStore({ dir: config.log.dir }),
  nix: nixOf(config, clock),
  ids: { project: ids.nextProjectId, jobset: ids.nextJobsetId },
  projectorPatienceMs: 1500,
  signal: shutdown.signal,
});
shutdown.onClose('http', () => app.close());
await app.listen(config.port, config.host);
logger.info({ url: await app.getUrl() }, 'the API listens');
