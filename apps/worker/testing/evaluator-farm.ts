import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { createIdSequences, migrateCoordination } from '#coordination';
import {
  build,
  buildStream,
  type CommandContext,
  evaluationStream,
  type FoundJob,
  isRejection,
  jobset,
  type JobsetCommand,
  type JobsetConfiguration,
  type JobsetEvent,
  jobsetStream,
  project,
} from '#domain';
import {
  commandHandler,
  createPostgresEventStore,
  domainEvents,
  type EventStore,
  migrate,
  type RecordedEvent,
} from '#event-store';
import { latestSucceededBuild, prepareReadModel, projectorStatus, runProjector } from '#read-model';
import { loadConfig, type Logger, silentLogger, systemClock, uuidv4 } from '#runtime';
import { type TestStore, withTestStore } from '../../../libs/nix/testing/store.js';
import { createTestDatabase, type TestDatabase } from '../../../test/stack/postgres.js';
import type { DutyContext } from '../src/duty.js';
import { concludeEvaluation } from '../src/evaluator/evaluate-jobset.js';
import { inputFetcher, oneInputFetcher } from '../src/evaluator/fetch-inputs.js';
import { evaluatorQueries } from '../src/evaluator/queries.js';
import { runEvaluator } from '../src/evaluator/run-evaluator.js';
import { queueEvaluation } from '../src/queue-builds/queue-evaluation.js';
import { applySpecification } from '../src/shared/apply-specification.js';
import { openGcRoots } from '../src/shared/gc-roots.js';
import { react } from '../src/shared/react.js';

export type Ended = Extract<
  JobsetEvent,
  { type: 'EvaluationRan' | 'EvaluationSkipped' | 'EvaluationFailed' | 'SpecificationApplied' }
> &
  RecordedEvent;
const ENDS = ['EvaluationRan', 'EvaluationSkipped', 'EvaluationFailed', 'SpecificationApplied'];

const PLAIN: JobsetConfiguration = {
  description: '',
  mode: 'enabled',
  hidden: false,
  source: { type: 'expression', input: 'src', path: 'release.nix' },
  checkInterval: 0,
  shares: 100,
  keepEvaluations: 3,
  enableEmail: false,
  emailOverride: '',
  enableDynamicRunCommand: false,
  inputs: {},
};

/** `mk NAME SCRIPT` makes a derivation; `job NAME` a trivial one. */
export const PRELUDE = `mk = name: script: derivation { inherit name; system = builtins.currentSystem; builder = "/bin/sh"; args = [ "-c" script ]; };
  job = name: mk name "echo \${name} > $out";`;

export type FarmOptions = Readonly<{
  maxConcurrent?: number;
  maxMemoryMb?: number;
  timeoutMs?: number;
  logger?: Logger;
}>;
export type Running = Readonly<{ stop: () => Promise<void>; done: Promise<void> }>;

/** Log, read models and Nix store of one spec, without the processes around them. */
export type EvaluatorFarm = Readonly<{
  store: EventStore;
  database: TestDatabase;
  nix: TestStore;
  gcRootsDir: string;
  /** Runs the evaluator in this process. */
  evaluator: (options?: FarmOptions) => Running;
  /** Writes a folder of files to be used as a `path` input; its path. */
  files: (name: string, files: Readonly<Record<string, string>>) => Promise<string>;
  /** Creates a jobset whose input `src` is a folder with `release.nix`; writes it where `text` is given. */
  jobset: (name: string, text: string | undefined, more?: Partial<JobsetConfiguration>) => Promise<void>;
  command: (name: string, command: Omit<JobsetCommand, 'at'>, context?: Partial<CommandContext>) => Promise<void>;
  trigger: (name: string, force?: boolean) => Promise<void>;
  events: (name: string) => Promise<(JobsetEvent & RecordedEvent)[]>;
  /** The jobset's `count`th evaluation that ended, counted from 1; waits for it. */
  ended: (name: string, count: number, timeoutMs?: number) => Promise<Ended>;
  /** Events of a build's stream; waits until it is queued. */
  build: (buildId: number) => Promise<RecordedEvent[]>;
  /** Has a build finish as succeeded, as a queue runner would say. */
  finish: (buildId: number) => Promise<void>;
  /** Waits until the read models have all that is in the log. */
  projected: () => Promise<void>;
  jobs: (evaluationId: number) => Promise<FoundJob[]>;
  errors: (evaluationId: number) => Promise<{ job: string; message: string }[]>;
  close: () => Promise<void>;
}>;

export const createEvaluatorFarm = async (): Promise<EvaluatorFarm> => {
  const [database, nix] = await Promise.all([createTestDatabase(), withTestStore()]);
  await migrate(database.pool);
  await prepareReadModel(database.pool);
  await migrateCoordination(database.pool);
  const ids = createIdSequences(database.pool);
  const store = createPostgresEventStore({ ...domainEvents, connectionString: database.url });
  const closing = new AbortController();
  const projecting = runProjector({ source: store, databaseUrl: database.url, signal: closing.signal });
  const queueing = react(
    { store, database: database.pool, logger: silentLogger() } as DutyContext,
    {
      name: 'queue-builds',
      types: ['EvaluationRan'],
      handle: async (event) => void (await queueEvaluation(store, event)),
    },
    closing.signal,
  );
  const fetchInput = oneInputFetcher({
    nix: nix.settings,
    clock: systemClock,
    cacheDir: join(nix.dir, 'cache'),
    pathValiditySeconds: 0,
    findBuild: (value, from) => latestSucceededBuild(database.pool, value, from),
  });
  const specifications = {
    store,
    database: database.pool,
    clock: systemClock,
    logger: silentLogger(),
    nextJobsetId: ids.nextJobsetId,
  };
  const runnings = new Set<Running>();
  const gcRoots = await openGcRoots(loadConfig({ NIX_STATE_DIR: join(nix.dir, 'state') }), nix.settings);
  const context = (more: Partial<CommandContext> = {}): CommandContext => {
    const commandId = uuidv4();
    return {
      commandId,
      actor: { kind: 'user', id: 'u1' },
      via: 'rest',
      correlationId: commandId,
      causationId: commandId,
      ...more,
    };
  };
  const handle = commandHandler(store, jobset);
  const taken = (outcome: unknown): void => {
    if (isRejection(outcome)) throw new Error(`rejected: ${JSON.stringify(outcome)}`);
  };
  const owner = {
    displayName: 'p',
    description: '',
    homepage: '',
    owner: 'u1',
    enabled: true,
    hidden: false,
    enableDynamicRunCommand: false,
  };
  taken(
    await commandHandler(store, project)(
      'project-p',
      { type: 'CreateProject', at: systemClock.iso(), data: { projectId: 1, name: 'p', configuration: owner } },
      context(),
    ),
  );

  const command: EvaluatorFarm['command'] = async (name, what, more) =>
    taken(await handle(jobsetStream('p', name), { ...what, at: systemClock.iso() } as JobsetCommand, context(more)));
  const events: EvaluatorFarm['events'] = async (name) => {
    const found: (JobsetEvent & RecordedEvent)[] = [];
    for await (const event of store.readStream(jobsetStream('p', name))) found.push(event as never);
    return found;
  };
  const chunks = async <T>(evaluationId: number, type: string, key: string): Promise<T[]> => {
    const found: T[] = [];
    for await (const event of store.readStream(evaluationStream(evaluationId))) {
      if (event.type === type) found.push(...(event.data as Record<string, T[]>)[key]!);
    }
    return found;
  };
  const files: EvaluatorFarm['files'] = async (name, contents) => {
    const dir = join(nix.dir, 'src', name);
    for (const [file, text] of Object.entries(contents)) {
      await mkdir(join(dir, file, '..'), { recursive: true });
      await writeFile(join(dir, file), text);
    }
    return dir;
  };

  const buildEvents = async (buildId: number): Promise<RecordedEvent[]> => {
    for (let waited = 0; waited < 20_000; waited += 25, await wait(25)) {
      const found: RecordedEvent[] = [];
      for await (const event of store.readStream(buildStream(buildId))) found.push(event);
      if (found.length > 0) return found;
    }
    throw new Error(`build ${buildId} was not queued`);
  };

  return {
    store,
    database,
    nix,
    gcRootsDir: gcRoots.dir,
    evaluator: ({ maxConcurrent = 4, maxMemoryMb = 1024, timeoutMs = 60_000, logger = silentLogger() } = {}) => {
      const stopping = new AbortController();
      const done = runEvaluator(
        {
          store,
          queries: evaluatorQueries(database.pool),
          clock: systemClock,
          logger,
          nextEvaluationId: ids.nextEvaluationId,
          maxConcurrent,
          conclude: concludeEvaluation({
            fetchInput,
            applySpecification: (...of) => applySpecification(specifications, ...of),
            store,
            clock: systemClock,
            nix: nix.settings,
            fetchInputs: inputFetcher(nix.settings, fetchInput),
            buildIds: ids.nextBuildIds,
            gcRoots,
            limits: { timeoutMs, maxMemoryMb, workers: 1 },
            allowImportFromDerivation: false,
          }),
          pollMs: 200,
        },
        stopping.signal,
      );
      done.catch(() => undefined);
      const running: Running = {
        done,
        stop: async () => {
          runnings.delete(running);
          stopping.abort();
          await done;
        },
      };
      runnings.add(running);
      return running;
    },
    files,
    jobset: async (name, text, more = {}) => {
      const dir = await files(name, text === undefined ? {} : { 'release.nix': text });
      const inputs = { src: { type: 'path', value: dir, emailResponsible: false }, ...more.inputs } as const;
      const jobsetId = await ids.nextJobsetId();
      const configuration = { ...PLAIN, ...more, inputs };
      await command(name, { type: 'CreateJobset', data: { jobsetId, project: 'p', name, configuration } });
    },
    command,
    trigger: (name, force = false) => command(name, { type: 'TriggerEvaluation', data: { force, cause: 'push' } }),
    events,
    ended: async (name, count, timeoutMs = 30_000) => {
      for (let waited = 0; waited < timeoutMs; waited += 50, await wait(50)) {
        const found = (await events(name)).filter(({ type }) => ENDS.includes(type));
        if (found.length >= count) return found[count - 1] as Ended;
      }
      throw new Error(
        `evaluation ${count} of ${name} did not end: ${JSON.stringify((await events(name)).map(({ type }) => type))}`,
      );
    },
    build: buildEvents,
    finish: async (buildId) => {
      await buildEvents(buildId);
      const data = {
        buildId,
        run: 0,
        status: 'succeeded',
        isCachedBuild: false,
        startedAtMs: 1,
        stoppedAtMs: 2,
        size: 1,
        closureSize: 1,
        products: [],
        metrics: [],
      } as const;
      taken(
        await commandHandler(store, build)(
          buildStream(buildId),
          { type: 'FinishBuild', at: systemClock.iso(), data },
          context(),
        ),
      );
    },
    projected: async () => {
      const head = await store.head();
      while (((await projectorStatus(database.pool))?.position ?? 0n) < head) await wait(20);
    },
    jobs: (evaluationId) => chunks(evaluationId, 'EvaluationJobsFound', 'jobs'),
    errors: (evaluationId) => chunks(evaluationId, 'EvaluationErrorsFound', 'errors'),
    close: async () => {
      for (const running of [...runnings]) await running.stop().catch(() => undefined);
      closing.abort();
      await Promise.allSettled([projecting, queueing]);
      await store.close();
      await Promise.all([database.drop(), nix.remove()]);
    },
  };
};
