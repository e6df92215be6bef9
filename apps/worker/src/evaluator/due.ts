import { isDue, type JobsetState, type PresentJobset } from '#domain';

/** A jobset that may have to be evaluated, as an event or the read model told; the decider has the last word. */
export type Candidate = Readonly<{
  project: string;
  name: string;
  jobsetId: number;
  /** when it was triggered, ISO 8601; absent: its poll has come */
  triggeredAt?: string;
  /** ISO 8601; absent: never */
  lastCheckedAt?: string;
  /** of the event that triggered it, where it was heard */
  correlationId?: string;
  /** id of that event */
  causationId?: string;
}>;

const compare = (a: string | number, b: string | number): number => (a < b ? -1 : a > b ? 1 : 0);
/** After every ISO date. */
const NEVER = '~';

/** Hydra's order: earliest trigger first, then those checked longest ago, then the lowest id (hydra-reference 4.1). */
export const byUrgency = (a: Candidate, b: Candidate): number =>
  compare(a.triggeredAt ?? NEVER, b.triggeredAt ?? NEVER) ||
  compare(a.lastCheckedAt ?? '', b.lastCheckedAt ?? '') ||
  a.jobsetId - b.jobsetId;

/** What to do with a candidate, by its stream's own state. */
export type Due =
  Readonly<{ due: true; cause: 'trigger' | 'poll'; state: PresentJobset }> | Readonly<{ due: false; running?: number }>;

/**
 * Whether a jobset is to be evaluated now. `running` names an evaluation that stands in the way. The rule of one-at-a-time
 * jobsets needs the builds, and is the caller's; a trigger overrides it.
 */
export const whatIsDue = (state: JobsetState, at: string): Due => {
  if (state.status !== 'present') return { due: false };
  if (state.running) return { due: false, running: state.running.evaluationId };
  const allowed = state.configuration.mode !== 'disabled' || (state.trigger?.force ?? false);
  if (!allowed) return { due: false };
  if (state.trigger) return { due: true, cause: 'trigger', state };
  return isDue(state, at) ? { due: true, cause: 'poll', state } : { due: false };
};
