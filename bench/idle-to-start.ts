/**
 * How long an idle farm takes from a push to the first build that runs: the three apps as processes with the embedded PostgreSQL
 * (fsync on), a jobset with one trivial job, new in every round. From the moment the push is in the log to `BuildStepStarted`, by the
 * events' own times, and as a client sees it. `npm run bench -- idle-to-start [ROUNDS]`
 */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { createIdSequences, connectDatabase } from '#coordination';
import {
  type CommandContext,
  isRejection,
  jobset,
  type JobsetCommand,
  type JobsetConfiguration,
  jobsetStream,
  project,
} from '#domain';
import { commandHandler, openEventStore, type RecordedEvent } from '#event-store';
import { fromIso, systemClock, uuidv4 } from '#runtime';
import { startFarm } from '../apps/cli/src/supervisor/farm.js';
import { PRELUDE } from '../apps/worker/testing/evaluator-farm.js';
import { withTestStore } from '../libs/nix/testing/store.js';

const rounds = Number(process.argv[2] ?? 20);
const nix = await withTestStore();
// The embedded PostgreSQL does not run as root, and must reach its folder.
chmodSync(nix.dir, 0o755);
const dataDir = join(nix.dir, 'data');
mkdirSync(dataDir, { recursive: true });
writeFileSync(join(dataDir, 'iolaus.toml'), '[nix]\npath_input_cache_validity_seconds = 0\n');
const farm = await startFarm({
  env: { ...nix.settings.env, IOLAUS_DATA_DIR: dataDir, IOLAUS_PORT: '0', IOLAUS_LOG_LEVEL: 'warn' },
});

const quantile = (values: readonly number[], part: number): number =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))]!;
const context = (): CommandContext => {
  const commandId = uuidv4();
  return {
    commandId,
    actor: { kind: 'system', id: 'bench' },
    via: 'bench',
    correlationId: commandId,
    causationId: commandId,
  };
};
const taken = (outcome: unknown): void => {
  if (isRejection(outcome)) throw new Error(`rejected: ${JSON.stringify(outcome)}`);
};

const measure = async (): Promise<void> => {
  if (!(await farm.ready)) throw new Error('the farm did not become healthy');
  const database = connectDatabase({ connectionString: farm.databaseUrl, onError: () => undefined });
  const store = await openEventStore({ databaseUrl: farm.databaseUrl });
  const ids = createIdSequences(database);
  const handle = commandHandler(store, jobset);
  const send = async (name: string, command: Omit<JobsetCommand, 'at'>): Promise<void> =>
    taken(await handle(jobsetStream('bench', name), { ...command, at: systemClock.iso() } as JobsetCommand, context()));
  const settings = {
    displayName: 'bench',
    description: '',
    homepage: '',
    owner: 'bench',
    enabled: true,
    hidden: false,
    enableDynamicRunCommand: false,
  };
  const create = {
    type: 'CreateProject',
    at: systemClock.iso(),
    data: { projectId: await ids.nextProjectId(), name: 'bench', configuration: settings },
  } as const;
  taken(await commandHandler(store, project)('project-bench', create, context()));

  const firstAfter = async (after: bigint, type: string): Promise<RecordedEvent> => {
    const stop = new AbortController();
    let found: RecordedEvent | undefined;
    await store.subscribe(
      { after, types: [type], signal: AbortSignal.any([stop.signal, AbortSignal.timeout(60_000)]) },
      async ({ events }) => {
        found ??= events[0];
        if (found) stop.abort();
      },
    );
    if (!found) throw new Error(`no ${type} within 60 s`);
    return found;
  };

  const toStart: number[] = [];
  const toFinish: number[] = [];
  const parts: Record<string, number[]> = { EvaluationStarted: [], EvaluationRan: [], BuildStepStarted: [] };
  for (let round = 0; round < rounds; round++) {
    const name = `round-${round}`;
    const dir = join(nix.dir, name);
    mkdirSync(dir);
    writeFileSync(join(dir, 'release.nix'), `let ${PRELUDE} in { a = job "${name}"; }\n`);
    const inputs = { src: { type: 'path', value: dir, emailResponsible: false } } as const;
    const configuration: JobsetConfiguration = {
      description: '',
      mode: 'enabled',
      hidden: false,
      source: { type: 'expression', input: 'src', path: 'release.nix' },
      checkInterval: 0,
      shares: 1,
      keepEvaluations: 1,
      enableEmail: false,
      emailOverride: '',
      enableDynamicRunCommand: false,
      inputs,
    };
    await send(name, {
      type: 'CreateJobset',
      data: { jobsetId: await ids.nextJobsetId(), project: 'bench', name, configuration },
    });
    await wait(1_500); // idle again
    const after = await store.head();
    const pushed = systemClock.now();
    await send(name, { type: 'TriggerEvaluation', data: { force: false, cause: 'push' } });
    for (const [type, times] of Object.entries(parts))
      times.push(fromIso((await firstAfter(after, type)).metadata.at) - pushed);
    toStart.push(parts['BuildStepStarted']!.at(-1)!);
    await firstAfter(after, 'BuildFinished');
    toFinish.push(systemClock.now() - pushed);
    process.stderr.write(
      `round ${round + 1}/${rounds}: ${toStart.at(-1)} ms to the first step, ${toFinish.at(-1)} ms to its end\n`,
    );
  }
  process.stdout.write('| from the push, ms | median | 95th | worst |\n| --- | --- | --- | --- |\n');
  for (const [label, times] of [...Object.entries(parts), ['BuildFinished (seen)', toFinish] as const]) {
    process.stdout.write(`| ${label} | ${quantile(times, 0.5)} | ${quantile(times, 0.95)} | ${Math.max(...times)} |\n`);
  }
  await store.close();
  await database.end();
};

try {
  await measure();
} finally {
  await farm.stop();
  await nix.remove();
}
