import type { CommandContext } from '#domain';
import { uuidv5 } from '#runtime';

/** What led to a command: the ids for the envelope of the events that come of it. */
export type Cause = Readonly<{ /** id of the event that directly led to it */ eventId: string; correlationId: string }>;

/** The cause that a recorded event is for what follows from it. */
export const causeOf = (event: Readonly<{ id: string; metadata: Readonly<{ correlationId: string }> }>): Cause => ({
  eventId: event.id,
  correlationId: event.metadata.correlationId,
});

/** Namespace of the command ids of the worker's duties (RFC 9562, version 5; chosen at random, never to be changed). */
const WORKER = '5b0f7c5e-3c0a-4f0e-9d3d-6f6d0a9f2c11';

/**
 * The context of a duty's command. `name` says what the command is about (`ReportEvaluation 17`): the same name under the same
 * cause is the same command, so that a repetition after a crash is known as one. Without a cause it is the first of its kind.
 */
export const dutyContext = (duty: string, name: string, cause?: Cause): CommandContext => {
  const commandId = uuidv5(WORKER, `${duty}\n${name}\n${cause?.eventId ?? ''}`);
  return {
    commandId,
    actor: { kind: 'system', id: duty },
    via: duty,
    correlationId: cause?.correlationId ?? commandId,
    causationId: cause?.eventId ?? commandId,
  };
};
