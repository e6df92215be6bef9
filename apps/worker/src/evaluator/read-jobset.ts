import {
  type Decider,
  evaluationStream,
  type FoundJob,
  jobset,
  type JobsetCommand,
  type JobsetEvent,
  type JobsetRejection,
  type JobsetState,
  jobsetStream,
  project,
  projectStream,
} from '#domain';
import { type EventStore, type ExpectedRevision, type RecordedEvent, statesOf } from '#event-store';
import { type Cause, causeOf } from '../shared/causes.js';
import { addToBaseline, type Baseline } from './reuse.js';

/** A jobset, and the events that a new command would be the consequence of. */
export type SeenJobset = Readonly<{
  state: JobsetState;
  /** of the trigger that stands */
  trigger?: Cause;
  /** of the evaluation that runs */
  started?: Cause;
}>;

const evolveSeen = (seen: SeenJobset, event: JobsetEvent & RecordedEvent): SeenJobset => {
  let { trigger, started } = seen;
  if (event.type === 'EvaluationStarted') started = causeOf(event);
  // Of two triggers the first is the cause: the second found its wish standing already.
  else if (event.type === 'EvaluationTriggered') trigger ??= causeOf(event);
  else if (event.type === 'EvaluationFailed' && event.data.kind === 'interrupted') trigger = causeOf(event);
  const state = jobset.evolve(seen.state, event);
  if (state.status !== 'present' || !state.trigger) trigger = undefined;
  if (state.status !== 'present' || !state.running) started = undefined;
  return { state, ...(trigger ? { trigger } : {}), ...(started ? { started } : {}) };
};

/** The jobset's decider on what the evaluator sees of it, so that its looks and its commands share what was read. */
export const seenJobset: Decider<SeenJobset, JobsetCommand, JobsetEvent, JobsetRejection> = {
  initial: { state: jobset.initial },
  decide: (command, { state }) => jobset.decide(command, state),
  evolve: (seen, event) => evolveSeen(seen, event as JobsetEvent & RecordedEvent), // as the log has it
};

/** What a jobset's stream says: the truth, however far behind the read models are. */
export const readJobset = async (
  store: EventStore,
  projectName: string,
  name: string,
): Promise<SeenJobset & Readonly<{ revision: ExpectedRevision }>> => {
  const { state, revision } = await statesOf(store).read(seenJobset, jobsetStream(projectName, name));
  return { ...state, revision };
};

/** Whether a project is there and enabled, by its own stream. */
export const isProjectEnabled = async (store: EventStore, name: string): Promise<boolean> => {
  const { state } = await statesOf(store).read(project, projectStream(name));
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
