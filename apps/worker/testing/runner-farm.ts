import { openGcRoots } from '../src/shared/gc-roots.js';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { migrateCoordination } from '#coordination';
import { createFolderLogStore, type LogStore } from '#binary-cache';
import {
  build as buildDecider,
  type BuildCommand,
  type BuildEvent,
  type BuildFinished,
  buildStream,
  type CommandContext,
  type DomainEvent,
  eventVersions,
  isRejection,
  jobsetStream,
  step as stepDecider,
  type StepEvent,
  stepStream,
} from '#domain';
import {
  commandHandler,
  createPostgresEventStore,
  domainEvents,
  type EventStore,
  migrate,
  type RecordedEvent,
} from '#event-store';
import type { NixSettings } from '#nix';
import { prepareReadModel } from '#read-model';
import { type Logger, silentLogger, systemClock, uuidv4 } from '#runtime';
import { type Drift, type JobsetUsage, Replay, type ReplayCounts } from '../../../libs/scheduler/src/replay/index.js';
import { projectAll } from '../../../libs/read-model/testing/read-model.js';
import { type TestStore, type TestStoreOptions, withTestStore } from '../../../libs/nix/testing/store.js';
import { createTestDatabase, type TestDatabase } from '../../../test/stack/postgres.js';
import { type OpenSlot, slotsOf } from '../src/queue-runner/machine-slots.js';
import { createRemoteSlots } from '../src/queue-runner/machines/remote-slots.js';
import type { RunnerOptions } from '../src/queue-runner/options.js';
import { runTerm } from '../src/queue-runner/term.js';

export const SYSTEM = `${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux`;

/** A derivation in Nix; `$out` is its output and `inputs` are derivations it mentions. */
export const sh = (name: string, script: string, { inputs = [] as string[], more = '' } = {}): string =>
  `(derivation { name = "${name}"; system = "${SYSTEM}"; builder = "/bin/sh"; PATH = "/usr/bin:/bin"; ${more}
     args = [ "-c" ${JSON.stringify(script).replaceAll('${', '\\${')} ]; inputs = [ ${inputs.join(' ')} ]; })`;

export type Wish = Readonly<{
  jobsetId?: number;
  priority?: number;
  timeout?: number;
  maxSilent?: number;
  system?: string;
}>;

export type Running = Readonly<{
  /** As on SIGTERM: resolves when all is recorded. */
  stop: () => Promise<void>;
  /** As if the process died: nothing more is written. */
  kill: () => Promise<void>;
  done: Promise<void>;
}>;

/** Log, read model and Nix store of one spec, and the queue runner in this process. */
export type RunnerFarm = Readonly<{
  store: EventStore;
  database: TestDatabase;
  nix: TestStore;
  logs: LogStore;
  gcRootsDir: string;
  run: (
    options?: Partial<RunnerOptions> & {
      store?: EventStore;
      logger?: Logger;
      nix?: NixSettings;
      openSlot?: OpenSlot;
    },
  ) => Running;
  /** Instantiates an expression; the derivation. */
  drv: (expression: string) => Promise<string>;
  /** Queues a build of a derivation; its id. */
  queue: (drvPath: string, wish?: Wish) => Promise<number>;
  order: (buildId: number, type: 'CancelBuild' | 'BumpBuild' | 'RestartBuild') => Promise<void>;
  clearFailure: (drvPath: string) => Promise<void>;
  /** Gives a jobset its scheduling shares. */
  share: (jobsetId: number, shares: number) => Promise<void>;
  /** All events of some types, in the order of the log. */
  logged: <T extends DomainEvent['type']>(
    ...types: T[]
  ) => Promise<(Extract<DomainEvent, { type: T }> & RecordedEvent)[]>;
  /** Makes every choice again from the log: what differs from what was recorded, and how much was looked at. */
  replayed: () => Promise<Readonly<{ drifts: readonly Drift[]; counts: ReplayCounts; usage: readonly JobsetUsage[] }>>;
  events: (buildId: number) => Promise<(BuildEvent & RecordedEvent)[]>;
  attempts: (drvPath: string) => Promise<(StepEvent & RecordedEvent)[]>;
  /** How the build's last run ended; waits for it. */
  finished: (
    buildId: number,
    timeoutMs?: number,
  ) => Promise<BuildFinished['data'] & { metadata: RecordedEvent['metadata'] }>;
  /** Waits until the derivation's attempt runs. */
  running: (drvPath: string, attempt?: number) => Promise<void>;
  log: (drvPath: string, attempt?: number) => Promise<string>;
  project: () => Promise<void>;
  close: () => Promise<void>;
}>;

/** Until `ask` answers something. */
export const until = async <T>(what: string, ask: () => Promise<T | undefined>, timeoutMs = 30_000): Promise<T> => {
  for (const end = Date.now() + timeoutMs; ; await wait(10)) {
    const found = await ask();
    if (found !== undefined) return found;
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`);
  }
};

const context = (): CommandContext => {
  const commandId = uuidv4();
  return {
    commandId,
    actor: { kind: 'user', id: 'u1' },
    via: 'rest',
    correlationId: commandId,
    causationId: commandId,
  };
};

export const createRunnerFarm = async (options: TestStoreOptions = {}): Promise<RunnerFarm> => {
  const [database, nix] = await Promise.all([createTestDatabase(), withTestStore(options)]);
  await migrate(database.pool);
  await prepareReadModel(database.pool);
  await migrateCoordination(database.pool);
  const store = createPostgresEventStore({ ...domainEvents, connectionString: database.url });
  const logs = createFolderLogStore({ dir: join(nix.dir, 'logs') });
  const roots = await openGcRoots({ nix: { stateDir: join(nix.dir, 'state') }, gcRootsDir: undefined }, nix.settings);
  const handleBuild = commandHandler(store, buildDecider);
  const handleStep = commandHandler(store, stepDecider);
  const runnings = new Set<Running>();
  let nextId = 1;

  const taken = (outcome: unknown): void => {
    if (isRejection(outcome)) throw new Error(`rejected: ${JSON.stringify(outcome)}`);
  };
  const tell = async (buildId: number, command: Omit<BuildCommand, 'at'>): Promise<void> =>
    taken(await handleBuild(buildStream(buildId), { ...command, at: systemClock.iso() } as BuildCommand, context()));
  const read = async <E>(stream: string): Promise<(E & RecordedEvent)[]> => {
    const found: (E & RecordedEvent)[] = [];
    for await (const event of store.readStream(stream)) found.push(event as E & RecordedEvent);
    return found;
  };
  const events: RunnerFarm['events'] = (buildId) => read(buildStream(buildId));
  const attempts: RunnerFarm['attempts'] = (drvPath) => read(stepStream(drvPath));

  const run: RunnerFarm['run'] = ({
    store: own = store,
    logger = silentLogger(),
    nix: settings = nix.settings,
    openSlot = slotsOf(createRemoteSlots()),
    ...more
  } = {}) => {
    const [stop, lost] = [new AbortController(), new AbortController()];
    const options = {
      slots: 2,
      machinesFiles: [],
      maxLogBytes: 64 * 1024 * 1024,
      maxOutputBytes: 0,
      attempts: 5,
      retryMs: 10,
      retryFactor: 3,
      unsupportedMs: 0,
      repeats: new Map<string, number>(),
      windowMs: 86_400_000,
      policy: 'window',
      clampCreditMs: 3_600_000,
      ...more,
    };
    const parts = {
      store: own,
      database: database.pool,
      nix: settings,
      openSlot,
      roots,
      logs,
      clock: systemClock,
      logger,
      options,
    };
    const done = runTerm(parts, stop.signal, lost.signal);
    done.catch(() => undefined); // whoever waits for `done` hears of it
    const running: Running = {
      stop: () => (stop.abort(), done),
      kill: () => (lost.abort(), done),
      done,
    };
    runnings.add(running);
    return running;
  };

  return {
    store,
    database,
    nix,
    logs,
    gcRootsDir: roots.dir,
    run,
    drv: async (expression) => (await nix.instantiate(expression))[0]!,
    queue: async (drvPath, wish = {}) => {
      const buildId = nextId++;
      const { jobsetId = 1, priority = 100, timeout = 600, maxSilent = 300, system = SYSTEM } = wish;
      const jobset = { id: jobsetId, project: 'p', name: `j${jobsetId}` };
      const described = { nixName: 'x', system, description: '', license: '', homepage: '', maintainers: [] };
      const limits = { maxSilent, timeout, isChannel: false, priority };
      const data = {
        buildId,
        evaluationId: 1,
        jobset,
        job: `job${buildId}`,
        drvPath,
        outputs: {},
        ...described,
        ...limits,
      };
      await tell(buildId, { type: 'QueueBuild', data } as Omit<BuildCommand, 'at'>);
      return buildId;
    },
    order: (buildId, type) => tell(buildId, { type, data: {} } as Omit<BuildCommand, 'at'>),
    clearFailure: async (drvPath) =>
      taken(
        await handleStep(
          stepStream(drvPath),
          { type: 'ClearCachedFailure', at: systemClock.iso(), data: { drvPath } },
          context(),
        ),
      ),
    share: async (jobsetId, shares) => {
      const stream = jobsetStream('p', `j${jobsetId}`);
      const found = await read(stream);
      const { commandId, ...by } = context();
      const metadata = { v: eventVersions.ShareChanged.current, at: systemClock.iso(), ...by };
      const data = { jobsetId, project: 'p', name: `j${jobsetId}`, shares, before: 100 };
      const expected = found.length === 0 ? ('no-stream' as const) : found.length - 1;
      await store.append(stream, expected, [{ id: commandId, type: 'ShareChanged', data, metadata }]);
    },
    logged: async (...types) => {
      const found: RecordedEvent[] = [];
      for await (const events of store.readAll({ types })) found.push(...events);
      return found as never;
    },
    replayed: async () => {
      const drifts: Drift[] = [];
      const replay = new Replay({ onDrift: (drift) => drifts.push(drift) });
      for await (const events of store.readAll()) for (const event of events) replay.apply(event);
      replay.finish();
      return { drifts, counts: replay.counts, usage: replay.usage() };
    },
    events,
    attempts,
    finished: (buildId, timeoutMs) =>
      until(
        `the end of build ${buildId}`,
        async () => {
          const last = (await events(buildId))
            .filter(({ type }) => type !== 'BuildKept' && type !== 'BuildBumped')
            .at(-1);
          return last?.type === 'BuildFinished' ? { ...last.data, metadata: last.metadata } : undefined;
        },
        timeoutMs,
      ),
    running: async (drvPath, attempt = 1) => {
      await until(`attempt ${attempt} at ${drvPath}`, async () => {
        const last = (await attempts(drvPath)).at(-1);
        return last?.type === 'BuildStepStarted' && last.data.attempt === attempt ? true : undefined;
      });
    },
    log: async (drvPath, attempt = 1) => {
      const started = (await attempts(drvPath)).find(
        ({ type, data }) => type === 'BuildStepStarted' && data.attempt === attempt,
      );
      const chunks: Buffer[] = [];
      for await (const chunk of await logs.read((started!.data as { logKey: string }).logKey))
        chunks.push(chunk as Buffer);
      return Buffer.concat(chunks).toString();
    },
    project: () => projectAll(database.url, store),
    close: async () => {
      await Promise.allSettled([...runnings].map((each) => each.stop()));
      await store.close();
      await database.drop();
      await nix.remove();
    },
  };
};
