import {
  build,
  buildStream,
  evaluation,
  evaluationStream,
  jobset,
  jobsetStream,
  step,
  stepStream,
  type StepStatus,
  type BuildFinished,
  type BuildProduct,
  type BuildStatus,
  type FailedStep,
  type JobDescription,
  type ResolvedInput,
} from '#domain';
import { commandHandler } from '#event-store';
import { projectorStatus } from '#read-model';
import { sleep, uuidv4 } from '#runtime';
import { logKey } from '#binary-cache';
import type { TestApi } from './api.js';

/** What a worker would do for a jobset, said to the log by the same deciders. */
export type SimulatedJob = Readonly<{
  job: string;
  /** undefined: it stays in the queue */
  status?: BuildStatus;
  log?: string;
  description?: Partial<JobDescription>;
  /** default one that no other build has */
  drvPath?: string;
  /** store path of its output */
  out?: string;
  /** of a build that succeeded */
  products?: readonly BuildProduct[];
  /** of a build whose dependency failed: the job of the same evaluation that broke first */
  failedBy?: string;
  /** jobs of the same evaluation */
  constituents?: readonly string[];
  /** of a build that succeeded, instead of what all have */
  measured?: Partial<Pick<BuildFinished['data'], 'size' | 'closureSize' | 'metrics' | 'isCachedBuild'>> & {
    /** of its build, milliseconds */
    tookMs?: number;
  };
}>;

const HASH = '0123456789abcdfghijklmnpqrsvwxyz';
/** A store path that no other build has. */
export const storePath = (id: number, name: string): string =>
  `/nix/store/${HASH.slice(0, 28)}${String(id)
    .padStart(4, '0')
    .replace(/[eout]/g, 'z')}-${name}`;

/** The branch `main` of a repository, at a commit. */
export const gitInput = (name: string, uri: string, revision: string): ResolvedInput => ({
  name,
  type: 'git',
  value: `${uri} main`,
  uri,
  revision,
});

const context = () => {
  const commandId = uuidv4();
  return {
    commandId,
    actor: { kind: 'system', id: 'worker' },
    via: 'test',
    correlationId: commandId,
    causationId: commandId,
  } as const;
};

/** Waits until everything in the log can be read. */
export const caughtUp = async ({ store, database }: TestApi): Promise<void> => {
  const head = await store.head();
  for (let i = 0; i < 500; i++, await sleep(10)) {
    const status = await projectorStatus(database);
    if (status && status.position >= head) return;
  }
  throw new Error('the projector did not catch up');
};

export type SimulatedEvaluation = Readonly<{
  project: string;
  jobset: string;
  evaluationId: number;
  firstBuildId: number;
  jobs: readonly SimulatedJob[];
  errors?: readonly { job: string; message: string }[];
  /** what was fetched; one Git repository if left out */
  inputs?: readonly ResolvedInput[];
  evaluationMs?: number;
  atMs?: number;
  /** commit of its input `src` */
  revision?: string;
}>;

/** An evaluation with its builds, each built as its job says. Answers the build ids by job. */
export const simulate = async (api: TestApi, wanted: SimulatedEvaluation): Promise<Record<string, number>> => {
  const { store } = api;
  const { evaluationId, jobs, errors = [], atMs = Date.parse('2026-01-02T03:04:05Z') } = wanted;
  const at = new Date(atMs).toISOString();
  const handle = commandHandler(store, jobset);
  const of = jobsetStream(wanted.project, wanted.jobset);
  await handle(of, { type: 'TriggerEvaluation', at, data: { force: true, cause: 'push' } }, context());
  const started = await handle(
    of,
    { type: 'StartEvaluation', at, data: { evaluationId, cause: 'trigger' } },
    context(),
  );
  if ('rejected' in started) throw new Error(JSON.stringify(started));
  const { jobsetId } = started.events[0]!.data as { jobsetId: number };
  const idOf = new Map(jobs.map(({ job }, index) => [job, wanted.firstBuildId + index]));
  const found = jobs.map(({ job, description, constituents, drvPath, out }) => {
    const id = idOf.get(job)!;
    const name = `job-${id}`;
    return {
      job,
      buildId: id,
      drvPath: drvPath ?? storePath(id, `${name}.drv`),
      outputs: { out: out ?? storePath(id + 5000, name) },
      description: {
        nixName: name,
        system: 'x86_64-linux',
        description: '',
        license: '',
        homepage: '',
        maintainers: [],
        maxSilent: 3600,
        timeout: 36_000,
        isChannel: false,
        priority: 100,
        ...description,
      },
      ...(constituents ? { constituents: constituents.map((name) => idOf.get(name)!) } : {}),
    };
  });
  const inEvaluation = commandHandler(store, evaluation);
  await inEvaluation(
    evaluationStream(evaluationId),
    { type: 'RecordJobs', at, data: { evaluationId, jobsetId, chunk: 0, jobs: found } },
    context(),
  );
  if (errors.length > 0)
    await inEvaluation(
      evaluationStream(evaluationId),
      { type: 'RecordErrors', at, data: { evaluationId, jobsetId, chunk: 1, errors } },
      context(),
    );
  const report = {
    evaluationId,
    hash: `hash-${evaluationId}`,
    inputs: wanted.inputs ?? [gitInput('src', 'https://example.org/demo.git', wanted.revision ?? 'a'.repeat(40))],
    expression: { input: 'src', path: 'release.nix' },
    chunks: errors.length > 0 ? 2 : 1,
    jobs: jobs.length,
    newBuilds: jobs.length,
    errors: errors.length,
    hasNewBuilds: true,
    checkoutMs: 120,
    evaluationMs: wanted.evaluationMs ?? 2800,
  } as const;
  const ran = await handle(of, { type: 'ReportEvaluation', at, data: report }, context());
  if ('rejected' in ran) throw new Error(JSON.stringify(ran));
  for (const [index, { description, job, buildId, drvPath, outputs, constituents }] of found.entries()) {
    const ref = { id: jobsetId, project: wanted.project, name: wanted.jobset };
    const queued = {
      buildId,
      evaluationId,
      jobset: ref,
      job,
      drvPath,
      outputs,
      ...description,
      ...(constituents ? { constituents } : {}),
    };
    await commandHandler(store, build)(buildStream(buildId), { type: 'QueueBuild', at, data: queued }, context());
    const { status, log, products, failedBy, measured } = jobs[index]!;
    if (log !== undefined) await startStep(api, buildId, drvPath, jobsetId, atMs);
    if (log !== undefined && status !== undefined) {
      const writer = await api.logs.create(logKey(drvPath, 1));
      await writer.write(Buffer.from(log));
      await completeStep(
        api,
        buildId,
        drvPath,
        await writer.close(),
        status === 'succeeded' ? 'succeeded' : 'failed',
        atMs,
      );
    }
    const culprit = found.find((one) => one.job === failedBy);
    const failedStep = culprit && {
      ...({
        drvPath: culprit.drvPath,
        status: 'failed',
        system: 'x86_64-linux',
        propagatedFrom: culprit.buildId,
      } as const),
    };
    if (status !== undefined)
      await finishBuild(api, buildId, status, outputs.out, atMs, {
        ...(products ? { products } : {}),
        ...(failedStep ? { failedStep } : {}),
        ...(measured ? { measured } : {}),
      });
  }
  await caughtUp(api);
  return Object.fromEntries(idOf);
};

/** The first attempt at a build's derivation begins. */
export const startStep = async (
  { store }: TestApi,
  buildId: number,
  drvPath: string,
  jobsetId: number,
  atMs: number,
) => {
  const dispatch = {
    policy: 'window',
    globalPriority: 0,
    jobsetId,
    usedMs: 0,
    shares: 100,
    localPriority: 100,
    features: 0,
    dependents: 0,
    lowestBuildId: buildId,
    runnable: 1,
  };
  const data = {
    drvPath,
    attempt: 1,
    buildId,
    jobsetIds: [jobsetId],
    system: 'x86_64-linux',
    machine: 'localhost',
    slot: 0,
    logKey: logKey(drvPath, 1),
    startedAtMs: atMs,
    dispatch,
  };
  await commandHandler(store, step)(
    stepStream(drvPath),
    { type: 'StartStep', at: new Date(atMs).toISOString(), data },
    context(),
  );
};

/** And ends. */
export const completeStep = async (
  { store }: TestApi,
  buildId: number,
  drvPath: string,
  log: { key: string; bytes: number; sha256: string; truncated: boolean },
  status: StepStatus,
  atMs: number,
  tookMs = 1500,
) => {
  const data = {
    drvPath,
    attempt: 1,
    buildId,
    machine: 'localhost',
    status,
    startedAtMs: atMs,
    stoppedAtMs: atMs + tookMs,
    charges: [],
    log,
    cachesFailure: status === 'failed',
    interrupted: false,
  };
  await commandHandler(store, step)(
    stepStream(drvPath),
    { type: 'CompleteStep', at: new Date(atMs).toISOString(), data },
    context(),
  );
};

const finishBuild = async (
  { store }: TestApi,
  buildId: number,
  status: BuildStatus,
  out: string,
  atMs: number,
  more: Readonly<{
    products?: readonly BuildProduct[];
    failedStep?: FailedStep;
    measured?: NonNullable<SimulatedJob['measured']>;
  }>,
) => {
  const hello = { type: 'file', subtype: 'text', name: 'hello.txt', path: `${out}/hello.txt`, defaultPath: '' };
  const { products = [{ ...hello, fileSize: 6, sha256: 'a'.repeat(64) }], failedStep } = more;
  const { tookMs = 1500, ...measured } = more.measured ?? {};
  const good = status === 'succeeded';
  const data = {
    buildId,
    run: 0,
    status,
    isCachedBuild: false,
    startedAtMs: atMs + 1000,
    stoppedAtMs: atMs + 1000 + tookMs,
    size: good ? 1024 : 0,
    closureSize: good ? 4096 : 0,
    ...(good ? { releaseName: 'demo-1.0' } : {}),
    products: good ? products : [],
    metrics: good ? [{ name: 'coverage', value: 81.5, unit: '%' }] : [],
    ...(good ? measured : {}),
    ...(failedStep ? { failedStep } : {}),
  };
  await commandHandler(store, build)(
    buildStream(buildId),
    { type: 'FinishBuild', at: new Date(atMs).toISOString(), data },
    context(),
  );
};
