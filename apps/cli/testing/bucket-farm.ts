import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connectDatabase, type Database, migrateCoordination } from '#coordination';
import { backup, type BackupCommand, backupStream, build, buildStream, isRejection } from '#domain';
import { commandHandler, type EventStore, openEventStore } from '#event-store';
import { addGcRoot, gcRootsDirOf } from '#nix';
import { type Config, loadConfig, silentLogger, systemClock } from '#runtime';
import { examples } from '../../../libs/domain/testing/examples.js';
import { type TestStore, withTestStore } from '../../../libs/nix/testing/store.js';
import { createTestDatabase, type TestDatabase } from '../../../test/stack/postgres.js';
import { startS3, type TestS3 } from '../../../test/stack/s3.js';
import { cliContext, type Tools } from '../src/s3-backup/context.js';

/** Log, database, Nix store and S3 of one spec, and what the commands of buckets and roots work with. */
export type BucketFarm = Readonly<{
  s3: TestS3;
  nix: TestStore;
  url: string;
  database: Database;
  store: EventStore;
  /** What the commands said. */
  lines: string[];
  rootsDir: string;
  root: (path: string) => Promise<void>;
  /** The clock of the commands is so many milliseconds ahead. */
  ahead: (ms: number) => void;
  config: (sections: readonly Readonly<Record<string, string>>[]) => Promise<Config>;
  tools: (config: Config) => Tools;
  /** A finished build with these outputs; its id. */
  build: (outputs: Readonly<Record<string, string>>) => Promise<number>;
  backup: (buildId: number, command: Omit<BackupCommand, 'at'>) => Promise<void>;
  close: () => Promise<void>;
}>;

export const createBucketFarm = async (): Promise<BucketFarm> => {
  const [testDatabase, nix, s3]: [TestDatabase, TestStore, TestS3] = await Promise.all([
    createTestDatabase(),
    withTestStore(),
    startS3(),
  ]);
  const database = connectDatabase({ connectionString: testDatabase.url, onError: () => undefined });
  await migrateCoordination(database);
  const store = await openEventStore({ databaseUrl: testDatabase.url });
  const lines: string[] = [];
  const { NIX_STORE_DIR, NIX_STATE_DIR, NIX_LOG_DIR } = nix.settings.env;
  const rootsDir = gcRootsDirOf({ gcRootsDir: undefined, stateDir: NIX_STATE_DIR, storeDir: nix.settings.storeDir });
  await mkdir(rootsDir, { recursive: true });
  let [ahead, builds] = [0, 0];
  const now = (): number => systemClock.now() + ahead;
  const clock = { ...systemClock, now, iso: () => new Date(now()).toISOString() };

  const taken = <T>(outcome: T): void => {
    if (isRejection(outcome)) throw new Error(`rejected: ${JSON.stringify(outcome)}`);
  };
  return {
    s3,
    nix,
    url: testDatabase.url,
    database,
    store,
    lines,
    rootsDir,
    root: (path) => addGcRoot(rootsDir, path),
    ahead: (ms) => void (ahead = ms),
    config: async (sections) => {
      const file = join(nix.dir, 'iolaus.toml');
      const section = (each: Readonly<Record<string, string>>): string =>
        `[[s3backup]]\nforce_path_style = true\nregion = "us-east-1"\nendpoint = "${s3.endpoint}"\n${Object.entries(
          each,
        )
          .map(([key, value]) => `${key} = ${JSON.stringify(value)}\n`)
          .join('')}`;
      const folders = { store_dir: NIX_STORE_DIR, state_dir: NIX_STATE_DIR, log_dir: NIX_LOG_DIR };
      const nixPart = Object.entries(folders).map(([key, value]) => `${key} = ${JSON.stringify(value)}\n`);
      await writeFile(file, `${sections.map(section).join('\n')}\n[nix]\n${nixPart.join('')}`);
      return loadConfig({ IOLAUS_DATA_DIR: nix.dir, IOLAUS_CONFIG: file });
    },
    tools: (config) => ({
      config,
      store,
      database,
      nix: nix.settings,
      clock,
      logger: silentLogger(),
      signal: new AbortController().signal,
      out: (line) => void lines.push(line),
      err: { write: () => undefined },
    }),
    build: async (outputs) => {
      const buildId = (builds += 1);
      const handle = commandHandler(store, build);
      const at = systemClock.iso();
      const queued = { ...examples.BuildQueued.data, buildId, outputs, queuedAt: at };
      taken(await handle(buildStream(buildId), { type: 'QueueBuild', at, data: queued }, cliContext()));
      const finished = { ...examples.BuildFinished.data, buildId, stoppedAtMs: systemClock.now() };
      taken(await handle(buildStream(buildId), { type: 'FinishBuild', at, data: finished }, cliContext()));
      return buildId;
    },
    backup: async (buildId, command) =>
      taken(
        await commandHandler(store, backup)(
          backupStream(buildId),
          { ...command, at: systemClock.iso() } as BackupCommand,
          cliContext(),
        ),
      ),
    close: async () => {
      await store.close();
      await database.end();
      await testDatabase.drop();
      await nix.remove();
      await s3.stop();
    },
  };
};
