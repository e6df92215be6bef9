import type { CommandContext } from '#domain';
import type { RecordedEvent } from '#event-store';
import { uuidv5 } from '#runtime';

/** Namespace of the ids of commands that go on with what an event began (RFC 9562, version 5; chosen at random, never to be changed). */
const GOING_ON = '0d7a2f6c-51c1-4b5e-8a53-8f3d4f1c7b90';

/**
 * The context of a command by which the API itself goes on where a crash stopped an order of several commands: it belongs to whoever
 * gave the order, and sent twice it is the same command. `name` says what the command is about.
 */
export const goingOn = (event: Pick<RecordedEvent, 'id' | 'metadata'>, name: string): CommandContext => ({
  commandId: uuidv5(GOING_ON, `${event.id}\n${name}`),
  actor: { kind: 'system', id: 'api' },
  via: 'api',
  correlationId: event.metadata.correlationId,
  causationId: event.id,
});
