import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAccounts } from '#accounts';
import { createFolderLogStore, type LogStore, type LogWriter } from '#binary-cache';
import { connectDatabase, createIdSequences, type Database, migrateCoordination } from '#coordination';
import { commandHandler, type EventStore, openEventStore } from '#event-store';
import { NixMissingError, type NixSettings } from '#nix';
import { type Role, user as userDecider, userStream } from '#domain';
import { prepareReadModel, runProjector } from '#read-model';
import { type Clock, clockFrom, type Config, createLogger, uuidv4 } from '#runtime';
import { createTestDatabase, type TestDatabase } from '../../../test/stack/postgres.js';
import { ensureAdmin } from '../src/first-start.js';
import { CaughtUp } from '../src/queries/caught-up.js';
import { createServer } from '../src/server.js';
import { type Client, createClient } from './client.js';

/** The address that the API believes to have: what `Origin` must say. */
export const BASE_URL = 'http://iolaus.test';

export type TestApi = Readonly<{
  url: string;
  store: EventStore;
  database: Database;
  logs: LogStore;
  /** Aborts everything, as the end of the process would. */
  stop: AbortController;
  /** Somebody without a session. */
  anonymous: Client;
  admin: Client;
  /** Creates a user with roles, who can be read then, and signs in; the id is the opaque one. */
  signIn: (name: string, ...roles: Role[]) => Promise<Client & { id: string }>;
  /** A part of the API, as Nest made it. */
  part: <T>(type: abstract new (...args: never[]) => T) => T;
  close: () => Promise<void>;
}>;

/** The API in this process, over a database of its own, the real store and the real projector. */
export const startApi = async (
  options: {
    database?: Pick<TestDatabase, 'url' | 'drop'>;
    s3backup?: Config['s3backup'];
    binaryCache?: Config['binaryCache'];
    webhooks?: Config['webhooks'];
    trustedProxies?: readonly string[];
    requireReason?: boolean;
    clock?: Clock;
    /** of this host; default there is none */
    nix?: NixSettings;
  } = {},
): Promise<TestApi> => {
  const test = options.database ?? (await createTestDatabase());
  const dir = await mkdtemp(join(tmpdir(), 'iolaus-api-'));
  const stop = new AbortController();
  const clock = options.clock ?? clockFrom(() => performance.timeOrigin + performance.now());
  const database = connectDatabase({ connectionString: test.url, onError: () => undefined });
  const store = await openEventStore({ databaseUrl: test.url });
  await migrateCoordination(database);
  await prepareReadModel(database);
  const projector = runProjector({ source: store, databaseUrl: test.url, signal: stop.signal });
  const accounts = createAccounts(database, clock.now, { passwordCost: { N: 1024, r: 8, p: 1 } });
  await accounts.migrate();
  await ensureAdmin(accounts, store, clock, 'secret');
  const ids = createIdSequences(database);
  const folder = createFolderLogStore({ dir, durable: false, pollMs: 20 });
  // A log that is being written as long as the test runs is closed with it: its file would be closed some time, with a warning.
  const writers: LogWriter[] = [];
  const logs: LogStore = {
    ...folder,
    create: async (key) => {
      const writer = await folder.create(key);
      writers.push(writer);
      return writer;
    },
  };
  const app = await createServer({
    config: {
      web: {
        baseUrl: BASE_URL,
        trustedProxies: options.trustedProxies ?? [],
        requireReason: options.requireReason ?? false,
      },
      s3backup: options.s3backup ?? [],
      binaryCache: options.binaryCache ?? { enabled: true, secretKeyFiles: [] },
      webhooks: options.webhooks ?? { github: { secretFiles: [] }, gitea: { secretFiles: [] } },
    },
    clock,
    // What the API calls an error is one of the test's: it is seen.
    logger: createLogger({ app: 'api', level: 'error', write: (line) => void process.stderr.write(line) }),
    store,
    database,
    accounts,
    logs,
    nix: () =>
      options.nix ? Promise.resolve(options.nix) : Promise.reject(new NixMissingError('there is no Nix in this test')),
    ids: { project: ids.nextProjectId, jobset: ids.nextJobsetId },
    // What a test did it can read, however busy the machine is.
    projectorPatienceMs: 30_000,
    signal: stop.signal,
  });
  await app.listen(0, '127.0.0.1');
  const url = await app.getUrl();
  const handle = commandHandler(store, userDecider);
  const signIn = async (name: string, ...roles: Role[]) => {
    const { id } = await accounts.createUser({ name, password: 'secret' });
    for (const command of [
      { type: 'CreateUser', data: { userId: id }, at: clock.iso() },
      { type: 'ChangeRoles', data: { roles }, at: clock.iso() },
    ] as const) {
      const commandId = uuidv4();
      const context = {
        actor: { kind: 'system', id: 'test' },
        via: 'test',
        correlationId: commandId,
        causationId: commandId,
      } as const;
      await handle(userStream(id), command, { commandId, ...context });
    }
    await app.get(CaughtUp).waitFor(await store.head());
    return Object.assign(await createClient(url, name), { id });
  };
  return {
    url,
    store,
    database,
    logs,
    stop,
    anonymous: await createClient(url),
    admin: await createClient(url, 'admin'),
    signIn,
    part: (type) => app.get(type, { strict: false }),
    close: async () => {
      stop.abort();
      await app.close();
      await projector;
      for (const writer of writers) await writer.close();
      await store.close();
      await database.end();
      await test.drop();
      await rm(dir, { recursive: true, force: true });
    },
  };
};
