import {
  type BuildEvent,
  type BuildFinished,
  buildStream,
  type BuildQueued,
  DECLARATIVE_JOBSET,
  type EvaluationRan,
  evaluationStream,
  type FoundJob,
  jobset,
  type JobsetState,
  jobsetStream,
} from '#domain';
import type { EventStore, RecordedEvent } from '#event-store';
import type { NixSettings } from '#nix';
import { applySpecification, readState, type SpecificationContext, specify } from '../shared/apply-specification.js';
import { causeOf } from '../shared/causes.js';
import { readSpecificationFile, SpecificationError } from '../shared/specification.js';

type Context = SpecificationContext & Readonly<{ nix: NixSettings }>;
type PresentJobset = Extract<JobsetState, { status: 'present' }>;

/** A chain of names longer than this is a circle. */
const MAX_RENAMES = 100;

/** `.jobsets` of a project, whatever that is called now. */
const declarationOf = async (store: EventStore, project: string): Promise<PresentJobset | undefined> => {
  let state: JobsetState = await readState(store, jobset, jobsetStream(project, DECLARATIVE_JOBSET));
  for (let hop = 0; state.status === 'renamed' && hop < MAX_RENAMES; hop++)
    state = await readState(store, jobset, jobsetStream(state.to.project, state.to.name));
  return state.status === 'present' ? state : undefined;
};

const jobsOf = async (store: EventStore, evaluationId: number): Promise<readonly FoundJob[]> => {
  const jobs: FoundJob[] = [];
  for await (const { type, data } of store.readStream(evaluationStream(evaluationId)))
    if (type === 'EvaluationJobsFound') jobs.push(...(data as { jobs: readonly FoundJob[] }).jobs);
  return jobs;
};

/** How a build was queued, and how it ended where it has. */
const readBuild = async (store: EventStore, buildId: number) => {
  let queued: BuildQueued['data'] | undefined;
  let finished: BuildFinished['data'] | undefined;
  for await (const recorded of store.readStream(buildStream(buildId))) {
    const event = recorded as unknown as BuildEvent;
    if (event.type === 'BuildQueued') queued = event.data;
    if (event.type === 'BuildFinished') finished = event.data;
    if (event.type === 'BuildRestarted') finished = undefined;
  }
  return queued && { queued, finished };
};

/** The build whose output an event makes the specification of its project, if it does. */
const buildOf = async (store: EventStore, { type, data }: RecordedEvent): Promise<number | undefined> => {
  if (type === 'BuildFinished') return (data as BuildFinished['data']).buildId;
  const { name, evaluationId } = data as EvaluationRan['data'];
  if (name !== DECLARATIVE_JOBSET) return undefined;
  // A new build tells of itself when it is finished.
  return (await jobsOf(store, evaluationId)).find(({ description, replacesDrv }) => !description && !replacesDrv)
    ?.buildId;
};

/**
 * Applies the specification that a build of `.jobsets` made, once it is finished and still belongs to the newest evaluation.
 * What is wrong with it is told on the page of `.jobsets`, and the jobsets stay as they were.
 */
export const applyGenerated = async (context: Context, recorded: RecordedEvent): Promise<void> => {
  const { store, nix } = context;
  const buildId = await buildOf(store, recorded);
  const build = buildId === undefined ? undefined : await readBuild(store, buildId);
  if (buildId === undefined || build?.queued.jobset.name !== DECLARATIVE_JOBSET || !build.finished) return;
  const declaration = await declarationOf(store, build.queued.jobset.project);
  const evaluationId = declaration?.last?.evaluationId;
  if (!declaration || evaluationId === undefined || declaration.specification !== undefined) return;
  if (!(await jobsOf(store, evaluationId)).some((job) => job.buildId === buildId)) return;

  const cause = causeOf(recorded);
  const { project, name } = declaration;
  const report = async (hash: string, jobsets: readonly string[], problems: readonly string[]): Promise<void> => {
    const data = { evaluationId, buildId, hash, jobsets, problems };
    const refused = await specify(context, { project, name }, { type: 'ReportSpecification', data }, cause);
    if (refused !== undefined) context.logger.warn({ project, refused }, 'the result is dropped');
  };
  const { status } = build.finished;
  if (status !== 'succeeded')
    return report('', [], [`build ${buildId}, which makes the specification, ended as ${status}`]);
  const outputs = build.queued.outputs;
  const path = outputs['out'] ?? Object.entries(outputs).sort(([a], [b]) => (a < b ? -1 : 1))[0]?.[1] ?? '';
  try {
    const { hash, value } = await readSpecificationFile(nix.storeDir, path);
    const { jobsets, problems } = await applySpecification(context, project, value, cause);
    await report(hash, jobsets, problems);
  } catch (error) {
    if (!(error instanceof SpecificationError)) throw error;
    await report('', [], [`the output of build ${buildId} is no specification: ${error.message}`]);
  }
};
