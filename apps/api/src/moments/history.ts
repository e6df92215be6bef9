import type { BuildEvent, BuildStatus, Decider, DomainEvent, Event, JobsetEvent } from '#domain';
import type { EventStore } from '#event-store';

/** The events of a stream up to a moment (Unix milliseconds), in their order: what they amount to is what really was. */
export async function* eventsUntil<E extends DomainEvent>(
  store: EventStore,
  stream: string,
  atMs: number,
): AsyncGenerator<E & Readonly<{ revision: number }>> {
  for await (const { type, data, revision, metadata } of store.readStream(stream)) {
    if (Date.parse(metadata.at) > atMs) return;
    yield { type, data, revision } as unknown as E & Readonly<{ revision: number }>;
  }
}

/** What a stream amounted to at a moment, and the revision that it had; -1: nothing was there yet. */
export const stateUntil = async <S, E extends DomainEvent & Event<string, unknown>>(
  store: EventStore,
  decider: Pick<Decider<S, never, E, never>, 'initial' | 'evolve'>,
  stream: string,
  atMs: number,
): Promise<Readonly<{ state: S; revision: number }>> => {
  let state = decider.initial;
  let revision = -1;
  for await (const event of eventsUntil<E>(store, stream, atMs)) {
    state = decider.evolve(state, event);
    revision = event.revision;
  }
  return { state, revision };
};

/** What a page says of a jobset beside its configuration: why its newest evaluation came to nothing. */
export type JobsetTrouble = Readonly<{ errorMsg: string; fetchErrorMsg: string; errorTimeMs: number | null }>;

const FINE: JobsetTrouble = { errorMsg: '', fetchErrorMsg: '', errorTimeMs: null };

/** As the read model has it now: an evaluation that ran is the newest word on errors, one that was skipped leaves what the one before said. */
export const troubleAfter = (before: JobsetTrouble | undefined, event: JobsetEvent): JobsetTrouble => {
  const trouble = before ?? FINE;
  switch (event.type) {
    case 'EvaluationRan':
      return { ...FINE, errorTimeMs: Date.parse(event.data.finishedAt) };
    case 'EvaluationSkipped':
      return { ...trouble, fetchErrorMsg: '' };
    case 'SpecificationApplied': {
      const { problems, appliedAt, buildId } = event.data;
      // Of a build it comes beside the evaluations.
      const of = buildId === undefined ? FINE : trouble;
      return { ...of, errorMsg: problems.join('\n'), errorTimeMs: Date.parse(appliedAt) };
    }
    case 'EvaluationFailed': {
      const { kind, error, finishedAt } = event.data;
      if (kind === 'interrupted') return trouble;
      if (kind === 'fetch') return { ...trouble, fetchErrorMsg: error };
      return { ...FINE, errorMsg: error, errorTimeMs: Date.parse(finishedAt) };
    }
    default:
      return trouble;
  }
};

/** How a build stood. Times are Unix milliseconds. */
export type BuildStand = Readonly<{
  status: BuildStatus | null;
  startedAtMs: number | null;
  stoppedAtMs: number | null;
  kept: boolean;
  globalPriority: number;
  run: number;
  finished: Extract<BuildEvent, { type: 'BuildFinished' }>['data'] | null;
}>;

const QUEUED: BuildStand = {
  status: null,
  startedAtMs: null,
  stoppedAtMs: null,
  kept: false,
  globalPriority: 0,
  run: 0,
  finished: null,
};

/** How an event moves a build; undefined: it was not queued yet. */
export const standAfter = (stand: BuildStand | undefined, event: BuildEvent): BuildStand | undefined => {
  if (event.type === 'BuildQueued') return QUEUED;
  if (!stand) return undefined;
  switch (event.type) {
    case 'BuildFinished': {
      const { status, startedAtMs, stoppedAtMs } = event.data;
      return { ...stand, status, startedAtMs, stoppedAtMs, finished: event.data };
    }
    case 'BuildCancelled': {
      const { cancelledAtMs } = event.data;
      return { ...stand, status: 'cancelled', startedAtMs: cancelledAtMs, stoppedAtMs: cancelledAtMs };
    }
    case 'BuildRestarted':
      return { ...QUEUED, kept: stand.kept, run: event.data.run };
    case 'BuildBumped':
      return { ...stand, globalPriority: event.data.globalPriority };
    case 'BuildKept':
      return { ...stand, kept: true };
    case 'BuildUnkept':
      return { ...stand, kept: false };
  }
};
