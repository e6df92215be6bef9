import {
  type BuildFinished,
  type BuildQueued,
  buildStream,
  type DomainEvent,
  type EvaluationRan,
  evaluationStream,
  type FoundJob,
  type JobsetConfiguration,
  jobsetStream,
  type BuildStepCompleted,
  type BuildStepStarted,
  stepStream,
} from '#domain';
import type { HistoryEvent } from './random-history.js';

/** Unix milliseconds at which every story begins. */
export const BEGIN = Date.parse('2026-01-01T00:00:00.000Z');

export const CONFIGURATION: JobsetConfiguration = {
  description: 'a jobset',
  mode: 'enabled',
  hidden: false,
  source: { type: 'expression', input: 'src', path: 'release.nix' },
  checkInterval: 300,
  shares: 100,
  keepEvaluations: 3,
  enableEmail: false,
  emailOverride: '',
  enableDynamicRunCommand: false,
  inputs: { src: { type: 'path', value: '/src', emailResponsible: false } },
};

type Part<T> = Partial<T>;

/** Writes down what happened, one event after another, a second apart. */
export class Story {
  readonly history: HistoryEvent[] = [];

  /** Unix milliseconds of the next event. */
  get now(): number {
    return BEGIN + 1000 * this.history.length;
  }

  get at(): string {
    return new Date(this.now).toISOString();
  }

  tell(stream: string, event: DomainEvent): this {
    this.history.push({ stream, event, at: this.at });
    return this;
  }

  project(name: string, projectId: number, enabled = true): this {
    const about = { displayName: name, description: 'd', homepage: '', owner: 'u1', hidden: false };
    const configuration = { ...about, enabled, enableDynamicRunCommand: false };
    return this.tell(`project-${name}`, { type: 'ProjectCreated', data: { projectId, name, configuration } });
  }

  jobset(project: string, name: string, jobsetId: number, change: Part<JobsetConfiguration> = {}): this {
    const data = { jobsetId, project, name, configuration: { ...CONFIGURATION, ...change } };
    return this.tell(jobsetStream(project, name), { type: 'JobsetCreated', data });
  }

  trigger(jobsetId: number, project: string, name: string, force = false): this {
    const data = { jobsetId, project, name, force, cause: 'push' as const, triggeredAt: this.at };
    return this.tell(jobsetStream(project, name), { type: 'EvaluationTriggered', data });
  }

  evaluationStarts(evaluationId: number, jobsetId: number, project: string, name: string, force = false): this {
    const data = { jobsetId, project, name, evaluationId, cause: 'trigger' as const, force, startedAt: this.at };
    return this.tell(jobsetStream(project, name), { type: 'EvaluationStarted', data });
  }

  jobsFound(evaluationId: number, jobsetId: number, jobs: readonly FoundJob[], chunk = 0): this {
    const data = { evaluationId, jobsetId, chunk, jobs };
    return this.tell(evaluationStream(evaluationId), { type: 'EvaluationJobsFound', data });
  }

  errorsFound(
    evaluationId: number,
    jobsetId: number,
    errors: readonly { job: string; message: string }[],
    chunk = 1,
  ): this {
    const data = { evaluationId, jobsetId, chunk, errors };
    return this.tell(evaluationStream(evaluationId), { type: 'EvaluationErrorsFound', data });
  }

  evaluationRan(
    evaluationId: number,
    jobsetId: number,
    project: string,
    name: string,
    rest: Part<EvaluationRan['data']>,
  ): this {
    const counts = {
      chunks: 1,
      jobs: 0,
      newBuilds: 0,
      errors: 0,
      hasNewBuilds: true,
      checkoutMs: 10,
      evaluationMs: 20,
    };
    const data = {
      jobsetId,
      project,
      name,
      evaluationId,
      hash: `h${evaluationId}`,
      inputs: [],
      ...counts,
      finishedAt: this.at,
    };
    return this.tell(jobsetStream(project, name), { type: 'EvaluationRan', data: { ...data, ...rest } });
  }

  /** A whole evaluation of jobs, by name and build; those of builds not told of before are new and get queued. */
  evaluation(
    evaluationId: number,
    jobsetId: number,
    project: string,
    name: string,
    jobs: Readonly<Record<string, number>>,
  ): this {
    const isNew = (buildId: number) => !this.history.some(({ stream }) => stream === buildStream(buildId));
    const found = Object.entries(jobs).map(([job, buildId]) => foundJob(job, buildId, isNew(buildId)));
    const fresh = found.filter((job) => job.description);
    this.evaluationStarts(evaluationId, jobsetId, project, name).jobsFound(evaluationId, jobsetId, found);
    const counts = { jobs: found.length, newBuilds: fresh.length, hasNewBuilds: fresh.length > 0 };
    this.evaluationRan(evaluationId, jobsetId, project, name, counts);
    for (const { job, buildId } of fresh)
      this.queued(buildId, { evaluationId, job, jobset: { id: jobsetId, project, name } });
    return this;
  }

  queued(buildId: number, rest: Part<BuildQueued['data']> = {}): this {
    const { description, ...found } = foundJob(`job${buildId}`, buildId, true);
    const jobset = { id: 1, project: 'p', name: 'j' };
    const data = { evaluationId: 1, jobset, ...found, ...description!, queuedAt: this.at, ...rest };
    return this.tell(buildStream(buildId), { type: 'BuildQueued', data });
  }

  finished(buildId: number, rest: Part<BuildFinished['data']> = {}): this {
    const times = { startedAtMs: this.now - 500, stoppedAtMs: this.now, size: 10, closureSize: 100 };
    const outcome = { run: 0, status: 'succeeded' as const, isCachedBuild: false, products: [], metrics: [] };
    return this.tell(buildStream(buildId), { type: 'BuildFinished', data: { buildId, ...outcome, ...times, ...rest } });
  }

  stepStarted(drvPath: string, buildId: number, rest: Part<BuildStepStarted['data']> = {}): this {
    const ranking = { policy: 'window', globalPriority: 0, jobsetId: 1, usedMs: 0, shares: 100, localPriority: 100 };
    const dispatch = { ...ranking, features: 0, dependents: 0, lowestBuildId: buildId, runnable: 1 };
    const place = { system: 'x86_64-linux', machine: 'localhost', slot: 0, logKey: `${drvPath}/1.log` };
    const data = { drvPath, attempt: 1, buildId, jobsetIds: [1], ...place, startedAtMs: this.now, dispatch, ...rest };
    return this.tell(stepStream(drvPath), { type: 'BuildStepStarted', data });
  }

  stepCompleted(drvPath: string, buildId: number, rest: Part<BuildStepCompleted['data']> = {}): this {
    const times = { startedAtMs: this.now - 800, stoppedAtMs: this.now };
    const outcome = {
      status: 'succeeded' as const,
      charges: [{ jobsetId: 1, ms: 800 }],
      cachesFailure: false,
      interrupted: false,
    };
    const data = { drvPath, attempt: 1, buildId, machine: 'localhost', ...times, ...outcome, ...rest };
    return this.tell(stepStream(drvPath), { type: 'BuildStepCompleted', data });
  }
}

/** A job as an evaluator finds it. */
export const foundJob = (job: string, buildId: number, isNew: boolean): FoundJob => {
  const texts = {
    nixName: `${job}-1.0`,
    system: 'x86_64-linux',
    description: 'd',
    license: 'MIT',
    homepage: 'https://x.test',
  };
  const description = {
    ...texts,
    maintainers: ['m@x.test'],
    maxSilent: 3600,
    timeout: 36_000,
    isChannel: false,
    priority: 100,
  };
  const place = { drvPath: `/nix/store/${buildId}-${job}.drv`, outputs: { out: `/nix/store/${buildId}-${job}` } };
  return { job, buildId, ...place, ...(isNew ? { description } : {}) };
};
