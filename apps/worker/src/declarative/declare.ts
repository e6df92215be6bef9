import {
  declarationJobset,
  DECLARATIVE_JOBSET,
  jobset,
  type JobsetState,
  jobsetStream,
  project,
  type ProjectEvent,
  type ProjectState,
  projectStream,
} from '#domain';
import type { RecordedEvent } from '#event-store';
import { jsonDigest } from '#runtime';
import { readState, type SpecificationContext, specify } from '../shared/apply-specification.js';
import { causeOf } from '../shared/causes.js';

/** Of which project an event leaves something to be settled; a rename is settled when its last step is done. */
const settled = (event: ProjectEvent, stream: string): string | undefined => {
  if (event.type !== 'ProjectRenamed') return event.data.name;
  return stream === projectStream(event.data.from) ? event.data.to : undefined;
};

/**
 * Gives a project that declares its jobsets the jobset `.jobsets`, which reads them, and takes it from one that does not any more;
 * the others stay (hydra-reference 6.1). By the project as it is now: the same event again changes nothing.
 */
export const declare = async (context: SpecificationContext, recorded: RecordedEvent): Promise<void> => {
  const name = settled(recorded as unknown as ProjectEvent, recorded.stream);
  if (name === undefined) return;
  const { store, logger, nextJobsetId } = context;
  const of = { project: name, name: DECLARATIVE_JOBSET };
  const [now, there]: [ProjectState, JobsetState] = [
    await readState(store, project, projectStream(name)),
    await readState(store, jobset, jobsetStream(name, DECLARATIVE_JOBSET)),
  ];
  const declarative = now.status === 'present' ? now.configuration.declarative : undefined;
  const before = there.status === 'present' ? there.configuration : undefined;
  const cause = causeOf(recorded);
  let refused: string | undefined;
  if (!declarative) {
    if (before) refused = await specify(context, of, { type: 'DeleteJobset', data: {} }, cause);
  } else {
    const configuration = declarationJobset(declarative, before);
    if (before && jsonDigest(before) === jsonDigest(configuration)) return;
    refused = before
      ? await specify(context, of, { type: 'ConfigureJobset', data: { configuration } }, cause)
      : await specify(
          context,
          of,
          { type: 'CreateJobset', data: { jobsetId: await nextJobsetId(), ...of, configuration } },
          cause,
        );
  }
  // What a project may declare is checked where it is written; a log from elsewhere may hold more.
  if (refused !== undefined) logger.error({ project: name, refused }, 'a project declares what cannot be read');
};
