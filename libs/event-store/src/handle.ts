import {
  type Command,
  type CommandContext,
  type Decider,
  type Event,
  eventVersions,
  isRejection,
  type Metadata,
  type Rejection,
  type TypeVersions,
} from '#domain';
import { eventId } from './event-id.js';
import type { EventStore, ExpectedRevision, RecordedEvent } from './port.js';
import { statesOf, type StreamStates } from './states/stream-states.js';

/** A decided event with its place in the stream. */
export type Decided<E> = E & Readonly<{ id: string; stream: string; revision: number; metadata: Metadata }>;

/** What a command led to. Without events the revision and position are those the decision was made at. */
export type Handled<E> = Readonly<{ events: readonly Decided<E>[]; revision: ExpectedRevision; position: bigint }>;

export type HandleOptions = Readonly<{
  /** What the caller last saw of the stream; another revision is the rejection `wrong-expected-revision`. */
  expected?: ExpectedRevision;
  /** Decides, and writes nothing. */
  dryRun?: boolean;
  /** Of a dry run: what the commands before this one would have appended to the stream, as their dry runs answered it. */
  after?: readonly Decided<Event<string, unknown>>[];
}>;

/**
 * Decides a command on a stream and appends what follows. The same command id again answers as the first time. Refusals are
 * values; throws `ConcurrencyError` after too many lost races, and what the store throws.
 */
export type Handle<C, E, R extends string> = (
  stream: string,
  command: C,
  context: CommandContext,
  options?: HandleOptions,
) => Promise<Handled<E> | Rejection<R | 'wrong-expected-revision'>>;

/** Others wrote the stream between every read and its append: the caller may try again later (503). */
export class ConcurrencyError extends Error {
  override readonly name = 'ConcurrencyError';
}

/** First attempt and three more. */
const ATTEMPTS = 4;

/** The events that a command led to when it came before; none where its first one is not there. */
const eventsOf = async <E>(
  store: EventStore,
  stream: string,
  commandId: string,
  from: number,
): Promise<readonly (RecordedEvent & E)[]> => {
  const done: (RecordedEvent & E)[] = [];
  for await (const recorded of store.readStream(stream, { from })) {
    // They were one append: nothing stands between them.
    if (recorded.id !== eventId(commandId, done.length)) break;
    done.push(recorded as RecordedEvent & E);
  }
  return done;
};

/**
 * Joins a decider to the store: read what is new in the stream, fold, decide, append at the revision read; after a lost race, again.
 * `states`: where it keeps what it folded; default what all share that use the store.
 */
export const commandHandler =
  <State, C extends Command<string, unknown>, E extends Event<string, unknown>, R extends string>(
    store: EventStore,
    decider: Decider<State, C, E, R>,
    versions: Readonly<Record<string, TypeVersions>> = eventVersions,
    states: StreamStates = statesOf(store),
  ): Handle<C, E, R> =>
  async (stream, command, context, { expected, dryRun = false, after = [] } = {}) => {
    const id = eventId(context.commandId, 0);

    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const read = await states.read(decider, stream, { id });
      const { position, places } = read;
      for (const place of places) {
        const done = await eventsOf<E>(store, stream, context.commandId, place);
        const last = done.at(-1);
        if (last !== undefined) return { events: done, revision: last.revision, position: last.position };
      }
      let { state, revision } = read;
      for (const would of after) {
        state = decider.evolve(state, would as unknown as E);
        revision = would.revision;
      }
      if (expected !== undefined && expected !== revision) {
        return { rejected: 'wrong-expected-revision', field: 'expectedRevision', detail: String(revision) };
      }

      const outcome = decider.decide(command, state);
      if (isRejection<R>(outcome)) return outcome;
      if (outcome.length === 0) return { events: [], revision, position };

      const { commandId, ...about } = context;
      const first = revision === 'no-stream' ? 0 : revision + 1;
      const events = outcome.map((event, index): Decided<E> => {
        const known = versions[event.type];
        if (known === undefined) throw new Error(`no version is known of event ${event.type}`);
        const metadata: Metadata = { v: known.current, at: command.at, ...about };
        return { ...event, id: eventId(commandId, index), stream, revision: first + index, metadata };
      });
      if (dryRun) return { events, revision, position };

      const written = await store.append(
        stream,
        revision,
        events.map(({ id, type, data, metadata }) => ({ id, type, data, metadata })),
      );
      if (written.ok) return { events, revision: written.revision, position: written.position };
    }
    throw new ConcurrencyError(`${command.type}: the race for ${stream} was lost ${ATTEMPTS} times`);
  };
