import { join } from 'node:path';
import { writeFile } from 'node:fs/promises';
import {
  backup,
  type BackupCommand,
  type BackupEvent,
  backupStream,
  build,
  type BuildStatus,
  buildStream,
  type CommandContext,
  isRejection,
} from '#domain';
import {
  connectDatabase,
  createParkedEvents,
  type Database,
  type ParkedEvents,
  migrateCoordination,
} from '#coordination';
import { commandHandler, type EventStore, openEventStore, type RecordedEvent } from '#event-store';
import { createLogger, loadConfig, systemClock, uuidv4 } from '#runtime';
import { examples } from '../../../libs/domain/testing/examples.js';
import { buildClosure } from '../../../libs/binary-cache/testing/closure.js';
import { type TestStore, withTestStore } from '../../../libs/nix/testing/store.js';
import { createTestDatabase, type TestDatabase } from '../../../test/stack/postgres.js';
import { startS3, type TestS3 } from '../../../test/stack/s3.js';
import { createS3Backup } from '../src/s3-backup/index.js';

/** One `[[s3backup]]` of a test's configuration, as it stands in the file. */
export type Section = Readonly<{
  name: string;
  jobs: string;
  endpoint?: string;
  compression_type?: string;
  prefix?: string;
  secret_key_file?: string;
}>;

export type Worker = Readonly<{ /** as SIGTERM does */ stop: () => Promise<void>; done: Promise<void> }>;

/** Log, database, Nix store and S3 of one spec; the duty runs in this process. */
export type BackupFarm = Readonly<{
  store: EventStore;
  s3: TestS3;
  nix: TestStore;
  roots: readonly string[];
  /** As `iolaus parked` shows and releases it. */
  parked: ParkedEvents;
  /** What every worker logged so far, one JSON text a line. */
  lines: string[];
  start: (
    sections: readonly Section[],
    options?: Readonly<{ signal?: AbortSignal; attempts?: number; firstMs?: number }>,
  ) => Promise<Worker>;
  /** A build of the closure's roots that finished; its id. */
  finishedBuild: (status?: BuildStatus, job?: string, outputs?: Readonly<Record<string, string>>) => Promise<number>;
  command: (buildId: number, command: Omit<BackupCommand, 'at'>) => Promise<void>;
  events: (buildId: number) => Promise<(BackupEvent & RecordedEvent)[]>;
  /** Waits until the build's copies have that many ends. */
  ends: (buildId: number, count: number, timeoutMs?: number) => Promise<(BackupEvent & RecordedEvent)[]>;
  close: () => Promise<void>;
}>;

const quoted = (section: Section): string =>
  `[[s3backup]]\nforce_path_style = true\nregion = "us-east-1"\n${Object.entries(section)
    .map(([key, value]) => `${key} = ${JSON.stringify(value)}`)
    .join('\n')}\n`;

export const createBackupFarm = async (): Promise<BackupFarm> => {
  const [testDatabase, nix, s3]: [TestDatabase, TestStore, TestS3] = await Promise.all([
    createTestDatabase(),
    withTestStore(),
    startS3(),
  ]);
  const roots = await buildClosure(nix, 50_000);
  const lines: string[] = [];
  const database: Database = connectDatabase({
    connectionString: testDatabase.url,
    onError: (error) => void lines.push(`${error.message}\n`),
  });
  await migrateCoordination(database);
  const store = await openEventStore({ databaseUrl: testDatabase.url });
  const workers = new Set<Worker>();
  let builds = 0;

  const context = (): CommandContext => {
    const commandId = uuidv4();
    return {
      commandId,
      actor: { kind: 'system', id: 'test' },
      via: 'test',
      correlationId: commandId,
      causationId: commandId,
    };
  };
  const taken = <T>(outcome: T): void => {
    if (isRejection(outcome)) throw new Error(`rejected: ${JSON.stringify(outcome)}`);
  };
  const events: BackupFarm['events'] = async (buildId) => {
    const found: (BackupEvent & RecordedEvent)[] = [];
    for await (const event of store.readStream(backupStream(buildId))) found.push(event as never);
    return found;
  };

  const start: BackupFarm['start'] = async (sections, { signal, attempts = 6, firstMs = 20 } = {}) => {
    const file = join(nix.dir, `iolaus-${uuidv4()}.toml`);
    const { NIX_STORE_DIR, NIX_STATE_DIR, NIX_LOG_DIR } = nix.settings.env;
    const folders = { store_dir: NIX_STORE_DIR, state_dir: NIX_STATE_DIR, log_dir: NIX_LOG_DIR };
    const nixPart = Object.entries(folders).map(([key, value]) => `${key} = ${JSON.stringify(value)}\n`);
    await writeFile(file, `${sections.map(quoted).join('\n')}\n[nix]\n${nixPart.join('')}`);
    const config = loadConfig({ IOLAUS_DATA_DIR: nix.dir, IOLAUS_CONFIG: file });
    const stop = new AbortController();
    const logger = createLogger({ app: 'worker', level: 'trace', write: (line) => void lines.push(line) });
    const backOff = { firstMs, factor: 2, maxMs: 1000, jitter: 0 };
    const duty = createS3Backup({ attempts, backOff, random: () => 0.5 });
    const both = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
    const done = duty.run({ store, database, config, clock: systemClock, logger }, both);
    done.catch(() => undefined);
    const worker: Worker = {
      done,
      stop: async () => {
        workers.delete(worker);
        stop.abort(new Error('stopped'));
        await done;
      },
    };
    workers.add(worker);
    return worker;
  };

  return {
    store,
    parked: createParkedEvents(database),
    s3,
    nix,
    roots,
    lines,
    start,
    events,
    finishedBuild: async (status = 'succeeded', job = 'hello', outputs) => {
      const buildId = (builds += 1);
      const handle = commandHandler(store, build);
      const at = systemClock.iso();
      const named =
        outputs ?? Object.fromEntries(roots.map((path, index) => [index === 0 ? 'out' : `out${index}`, path]));
      const queued = { ...examples.BuildQueued.data, queuedAt: at, buildId, job, outputs: named };
      taken(await handle(buildStream(buildId), { type: 'QueueBuild', at, data: queued }, context()));
      taken(
        await handle(
          buildStream(buildId),
          { type: 'FinishBuild', at, data: { ...examples.BuildFinished.data, buildId, status } },
          context(),
        ),
      );
      return buildId;
    },
    command: async (buildId, command) =>
      taken(
        await commandHandler(store, backup)(
          backupStream(buildId),
          { ...command, at: systemClock.iso() } as BackupCommand,
          context(),
        ),
      ),
    ends: async (buildId, count, timeoutMs = 20_000) => {
      const until = systemClock.now() + timeoutMs;
      for (;;) {
        const found = (await events(buildId)).filter(({ type }) => type !== 'BackupRequested');
        if (found.length >= count) return found;
        if (systemClock.now() > until)
          throw new Error(`build ${buildId}: ${found.length} of ${count} backups ended\n${lines.slice(-20).join('')}`);
        await new Promise((resolve) => setTimeout(resolve, 25));
      }
    },
    close: async () => {
      await Promise.all([...workers].map((worker) => worker.stop().catch(() => undefined)));
      await store.close();
      await database.end();
      await testDatabase.drop();
      await nix.remove();
      await s3.stop();
    },
  };
};
