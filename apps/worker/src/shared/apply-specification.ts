import type { Database } from '#coordination';
import {
  configuredBefore,
  DECLARATIVE_JOBSET,
  isRejection,
  jobset,
  type JobsetCommand,
  type JobsetConfiguration,
  type JobsetState,
  jobsetStream,
  project as projectDecider,
  type ProjectState,
  projectStream,
  specifiedConfiguration,
} from '#domain';
import { commandHandler, type EventStore, type Fold, statesOf } from '#event-store';
import { listJobsets, projectorStatus } from '#read-model';
import { type Clock, jsonDigest, type Logger, sleep } from '#runtime';
import { type Cause, dutyContext } from './causes.js';
import { reach } from './outage.js';
import { parseJobsetSpecification, SpecificationError } from './specification.js';

export const DECLARATIVE = 'declarative';
/** Jobsets in one specification. */
const MOST = 500;
/** Longest wait for the projector, in milliseconds. */
const PATIENCE_MS = 10_000;

export type SpecificationContext = Readonly<{
  store: EventStore;
  database: Database;
  clock: Clock;
  logger: Logger;
  nextJobsetId: () => Promise<number>;
}>;

export type Applied = Readonly<{ jobsets: readonly string[]; problems: readonly string[] }>;

/** Sends a command of the duty to a jobset; what was refused, in words. */
export const specify = async (
  { store, clock }: Pick<SpecificationContext, 'store' | 'clock'>,
  of: Readonly<{ project: string; name: string }>,
  command: Omit<JobsetCommand, 'at'>,
  cause: Cause,
): Promise<string | undefined> => {
  const stream = jobsetStream(of.project, of.name);
  const context = dutyContext(DECLARATIVE, `${command.type} ${stream}`, cause);
  const handle = commandHandler(store, jobset);
  const outcome = await reach(() => handle(stream, { ...command, at: clock.iso() } as JobsetCommand, context));
  if (!isRejection(outcome)) return undefined;
  const { rejected, field, detail } = outcome;
  return field === undefined ? rejected : `${field} ${detail ?? rejected}`;
};

/** What a stream amounts to now. */
export const readState = async <S>(store: EventStore, fold: Fold<S>, stream: string): Promise<S> =>
  (await statesOf(store).read(fold, stream)).state;

/** Jobsets of a project that the log knows by now; waits until the read model does. */
const jobsetsOf = async (
  { store, database, clock, logger }: SpecificationContext,
  project: string,
): Promise<string[]> => {
  const head = await store.head();
  const end = clock.now() + PATIENCE_MS;
  while (((await projectorStatus(database))?.position ?? -1n) < head) {
    if (clock.now() >= end) {
      logger.warn({ project }, 'the projector is behind: a jobset that was made just now may be missed');
      break;
    }
    await sleep(50);
  }
  return (await listJobsets(database, project)).map(({ name }) => name);
};

/** Brings one jobset to what is said of it. Throws `SpecificationError`. */
const applyTo = async (
  context: SpecificationContext,
  project: Extract<ProjectState, { status: 'present' }>,
  name: string,
  value: unknown,
  cause: Cause,
): Promise<void> => {
  const specification = parseJobsetSpecification(value);
  if (specification.enableDynamicRunCommand && !project.configuration.enableDynamicRunCommand)
    throw new SpecificationError('enable_dynamic_run_command must be false: the project does not allow it');
  const of = { project: project.name, name };
  const state: JobsetState = await reach(() => readState(context.store, jobset, jobsetStream(of.project, name)));
  const before = state.status === 'present' ? configuredBefore(state) : undefined;
  const configuration = specifiedConfiguration(specification, before);
  // A one-shot that had its evaluation is not armed again by a specification that still says the same of it.
  if (before && jsonDigest(before) === jsonDigest(configuration)) return;
  const refused =
    state.status === 'present'
      ? await specify(context, of, { type: 'ConfigureJobset', data: { configuration } }, cause)
      : await specify(
          context,
          of,
          { type: 'CreateJobset', data: { jobsetId: await reach(context.nextJobsetId), ...of, configuration } },
          cause,
        );
  if (refused !== undefined) throw new SpecificationError(refused);
};

/** Disables and hides what the specification does not name any more; nothing is deleted. */
const retire = async (context: SpecificationContext, project: string, name: string, cause: Cause): Promise<void> => {
  const state: JobsetState = await reach(() => readState(context.store, jobset, jobsetStream(project, name)));
  if (state.status !== 'present') return;
  const configuration: JobsetConfiguration = { ...state.configuration, mode: 'disabled', hidden: true };
  if (jsonDigest(configuration) === jsonDigest(state.configuration)) return;
  await specify(context, { project, name }, { type: 'ConfigureJobset', data: { configuration } }, cause);
};

/**
 * Brings the jobsets of a project to what its specification says (hydra-reference 6.1): those in it are created or configured anew,
 * the others disabled and hidden. One that cannot be applied stays as it is and is told among the problems; the others go on.
 * Once more is the same as once. Throws `SpecificationError` where nothing of it can be applied.
 */
export const applySpecification = async (
  context: SpecificationContext,
  name: string,
  specification: Readonly<Record<string, unknown>>,
  cause: Cause,
): Promise<Applied> => {
  const project: ProjectState = await reach(() => readState(context.store, projectDecider, projectStream(name)));
  if (project.status !== 'present') throw new SpecificationError(`there is no project ${name} any more`);
  const jobsets = Object.keys(specification).sort();
  if (jobsets.length > MOST)
    throw new SpecificationError(`it holds ${jobsets.length} jobsets; at most ${MOST} are applied`);
  const problems: string[] = [];
  for (const one of jobsets) {
    try {
      if (one === DECLARATIVE_JOBSET) throw new SpecificationError('this name is reserved');
      await applyTo(context, project, one, specification[one], cause);
    } catch (error) {
      if (!(error instanceof SpecificationError)) throw error;
      problems.push(`jobset '${one}': ${error.message}`);
    }
  }
  const named = new Set([...jobsets, DECLARATIVE_JOBSET]);
  for (const other of await reach(() => jobsetsOf(context, name)))
    if (!named.has(other)) await retire(context, name, other, cause);
  context.logger.info({ project: name, jobsets: jobsets.length, problems }, 'a specification is applied');
  return { jobsets, problems };
};
