import {
  evaluationStream,
  type FoundJob,
  jobset,
  type JobsetEvent,
  type JobsetState,
  jobsetStream,
  project,
  type ProjectEvent,
  projectStream,
} from '#domain';
import type { EventStore, ExpectedRevision } from '#event-store';
import { type Cause, causeOf } from '../shared/causes.js';
import { addToBaseline, type Baseline } from './reuse.js';

/** A jobset as its own stream says, and the events that a new command would be the consequence of. */
export type SeenJobset = Readonly<{
  state: JobsetState;
  revision: ExpectedRevision;
  /** of the trigger that stands */
  trigger?: Cause;
  /** of the evaluation that runs */
  started?: Cause;
}>;

/** Reads a jobset's stream: the truth, however far behind the read models are. */
export const readJobset = async (store: EventStore, projectName: string, name: string): Promise<SeenJobset> => {
  let state: JobsetState = jobset.initial;
  let revision: ExpectedRevision = 'no-stream';
  let trigger: Cause | undefined;
  let started: Cause | undefined;
  for await (const recorded of store.readStream(jobsetStream(projectName, name))) {
    const event = recorded as unknown as JobsetEvent;
    state = jobset.evolve(state, event);
    revision = recorded.revision;
    if (event.type === 'EvaluationStarted') started = causeOf(recorded);
    // Of two triggers the first is the cause: the second found its wish standing already.
    else if (event.type === 'EvaluationTriggered') trigger ??= causeOf(recorded);
    else if (event.type === 'EvaluationFailed' && event.data.kind === 'interrupted') trigger = causeOf(recorded);
    if (state.status !== 'present' || !state.trigger) trigger = undefined;
    if (state.status !== 'present' || !state.running) started = undefined;
  }
  return { state, revision, ...(trigger ? { trigger } : {}), ...(started ? { started } : {}) };
};

/** Whether a project is there and enabled, by its own stream. */
export const isProjectEnabled = async (store: EventStore, name: string): Promise<boolean> => {
  let state = project.initial;
  for await (const recorded of store.readStream(projectStream(name))) {
    state = project.evolve(state, recorded as unknown as ProjectEvent);
  }
  return state.status === 'present' && state.configuration.enabled;
};

/** Builds of an evaluation, where reused ones are looked for. */
export const readBaseline = async (store: EventStore, evaluationId: number | undefined): Promise<Baseline> => {
  const baseline = new Map<string, { buildId: number; drvPath: string }>();
  if (evaluationId === undefined) return baseline;
  for await (const { type, data } of store.readStream(evaluationStream(evaluationId))) {
    if (type === 'EvaluationJobsFound') addToBaseline(baseline, (data as { jobs: readonly FoundJob[] }).jobs);
  }
  return baseline;
};
