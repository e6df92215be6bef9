import type { RecordEvent } from '../src/processes/evaluation-record.js';
import type { FoundJob } from '../src/evaluation/index.js';
import type { JobsetConfiguration } from '../src/jobset/index.js';
import { at, examples, jobsetConfiguration } from './examples.js';

const of = { jobsetId: 1, project: 'p', name: 'j' };
const configuration: JobsetConfiguration = {
  ...jobsetConfiguration,
  mode: 'one-shot',
  source: { type: 'expression', input: 'src', path: 'release.nix' },
  inputs: { src: { type: 'git', value: 'https://example.org/x main', emailResponsible: false } },
};
const job: FoundJob = {
  ...examples.EvaluationJobsFound.data.jobs[0]!,
  job: 'hello',
  description: examples.EvaluationJobsFound.data.jobs.find(({ description }) => description)!.description!,
};

/** The record of evaluation 7, a release, as a farm makes it. */
export const releaseRecord = (): RecordEvent[] => {
  const actor = { kind: 'user', id: 'u1' } as const;
  const metadata = { v: 1, at, actor, via: 'rest', correlationId: 'c', causationId: 'c', reason: 'r' };
  const ran = {
    ...of,
    evaluationId: 7,
    hash: 'h',
    chunks: 1,
    jobs: 1,
    newBuilds: 1,
    errors: 0,
    hasNewBuilds: true,
    checkoutMs: 1,
    evaluationMs: 1,
    finishedAt: at,
  };
  const inputs = [{ name: 'src', type: 'git', value: 'https://example.org/x main', revision: 'a'.repeat(40) }] as const;
  const jobset = [
    { type: 'JobsetCloned', data: { ...of, configuration, source: { ...of, jobsetId: 2, name: 'main', revision: 3 } } },
    { type: 'EvaluationTriggered', data: { ...of, force: false, cause: 'command', triggeredAt: at } },
    { type: 'EvaluationStarted', data: { ...of, evaluationId: 7, cause: 'trigger', force: false, startedAt: at } },
    { type: 'EvaluationRan', data: { ...ran, inputs, expression: { input: 'src', path: 'release.nix' } } },
    { type: 'JobsetDisabled', data: { ...of, cause: 'one-shot-evaluated' } },
  ];
  const evaluation = [
    { type: 'EvaluationJobsFound', data: { evaluationId: 7, jobsetId: 1, chunk: 0, jobs: [job] } },
    { type: 'EvaluationReleased', data: { evaluationId: 7, name: '1.0', releasedAt: at } },
  ];
  const placed = (stream: string, events: readonly object[]) =>
    events.map(
      (event, revision) => ({ ...event, id: `${stream}-${revision}`, stream, revision, metadata }) as RecordEvent,
    );
  return [...placed('jobset-p:j', jobset), ...placed('evaluation-7', evaluation)];
};
