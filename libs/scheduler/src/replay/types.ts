import type { DomainEvent } from '#domain';

/** An event as the log hands it out: all that a replay looks at. */
export type RecordedLike = Readonly<{
  id: string;
  type: string;
  data: unknown;
  metadata: Readonly<{ /** ISO 8601 */ at: string }>;
  position?: bigint;
}>;

/** The log says one thing, the same code with the same inputs says another. */
export type Drift = Readonly<{
  /** of the event in the log */
  position?: bigint;
  eventId: string;
  /** which number of which fact */
  what: string;
  recorded: unknown;
  recomputed: unknown;
}>;

/** What a queue runner hears from others; it applies such an event when it hears it, not when it is appended. */
export const OTHERS_TYPES = [
  'BuildQueued',
  'BuildBumped',
  'BuildCancelled',
  'BuildRestarted',
  'JobsetCreated',
  'JobsetCloned',
  'JobsetConfigured',
  'JobsetRenamed',
  'ShareChanged',
  'MachineAdded',
  'MachineChanged',
  'MachineRemoved',
  'MachineDisabled',
  'MachineEnabled',
  'MachineFailed',
  'MachineRecovered',
] as const satisfies readonly DomainEvent['type'][];

/** What only the queue runner writes, in the order in which it did it. */
export const OWN_TYPES = [
  'QueueRunnerStarted',
  'BuildStepsFound',
  'BuildStepStarted',
  'BuildStepCompleted',
  'BuildFinished',
  'DispatchWithdrawn',
] as const satisfies readonly DomainEvent['type'][];

/** All that a replay needs to hear. */
export const REPLAY_TYPES: readonly string[] = [...OTHERS_TYPES, ...OWN_TYPES];

type Of<T extends DomainEvent['type']> = Extract<DomainEvent, { type: T }> &
  Pick<RecordedLike, 'id' | 'metadata' | 'position'>;
export type OthersEvent = Of<(typeof OTHERS_TYPES)[number]>;
export type OwnEvent = Of<(typeof OWN_TYPES)[number]>;
export type StartedEvent = Of<'BuildStepStarted'>;
export type CompletedEvent = Of<'BuildStepCompleted'>;
export type FoundEvent = Of<'BuildStepsFound'>;
export type WithdrawnEvent = Of<'DispatchWithdrawn'>;
export type TermEvent = Of<'QueueRunnerStarted'>;

const OTHERS: ReadonlySet<string> = new Set(OTHERS_TYPES);
const OWN: ReadonlySet<string> = new Set(OWN_TYPES);
export const isOthers = (event: RecordedLike): boolean => OTHERS.has(event.type);
export const isOwn = (event: RecordedLike): boolean => OWN.has(event.type);
