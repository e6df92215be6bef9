import { BEGINNING, type EventStore, type ExpectedRevision, type RecordedEvent } from '../port.js';
import { createIdMarks, type IdMarks, markOf } from './id-marks.js';

/** How events amount to a state; a decider is one. What was folded is found again by the object: hand in the same one each time. */
export type Fold<State> = Readonly<{
  initial: State;
  /** Pure: it changes neither the state nor the event that it is given. */
  evolve: (state: State, event: never) => State;
}>;

/** What a stream amounted to when it was read. */
export type Folded<State> = Readonly<{
  state: State;
  /** of the last event in it */
  revision: ExpectedRevision;
  /** of the last event in it; BEGINNING for an absent stream */
  position: bigint;
  /** Revisions at which the event asked for (`id`) may stand, ascending; it stands nowhere else. */
  places: readonly number[];
}>;

export type ReadOptions = Readonly<{
  /** Last revision that counts; default: all there are. */
  upTo?: number;
  /** Id of an event that is looked for. */
  id?: string;
}>;

/** States of streams, as the log has them at the moment of the call. */
export type StreamStates = Readonly<{
  /** Costs the events since the last call; the first one, and the first about each earlier revision, reads from the beginning. */
  read: <State>(fold: Fold<State>, stream: string, options?: ReadOptions) => Promise<Folded<State>>;
}>;

export type StreamStatesOptions = Readonly<{
  /** Bound of what is kept, in bytes, as estimated; what was not asked for the longest goes first. 0 keeps nothing. */
  maxBytes?: number;
  /** Streams of fewer events are read whole each time. */
  keepFrom?: number;
}>;

/** Some 300 jobsets with 200,000 events each (a year of a poll every five minutes) with all their ids. */
const MAX_BYTES = 256 * 1024 * 1024;
/** What is shorter comes with the same round trip: the millions of short streams (builds, steps) must not drive out the long ones. */
const KEEP_FROM = 64;
/** An entry beside its state and marks: keys, map, place. */
const ENTRY_BYTES = 512;

/** The last event folded: where it does not stand at its revision any more, the log is not the one that was read. */
type Place = Pick<RecordedEvent, 'id' | 'revision' | 'position'> & Readonly<{ at: string }>;
type Kept = Readonly<{ state: unknown; last: Place; marks: IdMarks; bytes: number }>;
/** What a read came to. `marks` are those of the events that it went over itself. */
type Read = Readonly<{ state: unknown; last: Place | undefined; marks: readonly number[]; places: readonly number[] }>;

const placeOf = ({ id, revision, position, metadata }: RecordedEvent): Place => ({
  id,
  revision,
  position,
  at: metadata.at,
});
const isSame = (a: Place, b: Place): boolean => a.id === b.id && a.position === b.position && a.at === b.at;

/**
 * Keeps folded states, so that a decision on a long stream costs what is new in it. Nothing is taken on trust: every read asks the
 * log, from the last event known on. Where that event is not there (a database restored from a backup, a server that lost
 * commits), what was kept is thrown away and the stream is read from its beginning.
 */
export const createStreamStates = (
  store: Pick<EventStore, 'readStream'>,
  { maxBytes = MAX_BYTES, keepFrom = KEEP_FROM }: StreamStatesOptions = {},
): StreamStates => {
  /** Least recently asked for first. */
  const kept = new Map<string, Kept>();
  let bytes = 0;
  const folds = new WeakMap<object, number>();
  let foldCount = 0;
  /** Whole reads under way: who asks meanwhile waits, and reads what is new. After a start many ask for the same long stream. */
  const reading = new Map<string, Promise<unknown>>();

  /** What was at an earlier revision stays so, and is kept beside what is now. */
  const keyOf = (fold: object, stream: string, upTo: number): string => {
    const number = folds.get(fold) ?? ++foldCount;
    folds.set(fold, number);
    const now = `${number} ${stream}`;
    return upTo < (kept.get(now)?.last.revision ?? Infinity) ? `${number}@${upTo} ${stream}` : now;
  };

  const remove = (key: string): void => {
    bytes -= kept.get(key)?.bytes ?? 0;
    kept.delete(key);
  };

  const find = (key: string): Kept | undefined => {
    const found = kept.get(key);
    if (found) {
      kept.delete(key);
      kept.set(key, found);
    }
    return found;
  };

  const keep = (key: string, { state, last, marks: fresh }: Read, base: Kept | undefined): void => {
    if (!last || maxBytes === 0 || last.revision + 1 < keepFrom || (base && fresh.length === 0)) return;
    const present = kept.get(key);
    if (present && present.last.revision > last.revision) return;
    // Of two reads that went on from the same place, the first one continues its marks.
    if (base && base.marks.count() !== base.last.revision + 1) return;
    base?.marks.add(fresh);
    const marks = base?.marks ?? createIdMarks(fresh);
    // Two bytes a character, as the state's JSON would take.
    const size = ENTRY_BYTES + marks.bytes() + 2 * (key.length + (JSON.stringify(state) ?? '').length);
    remove(key);
    kept.set(key, { state, last, marks, bytes: size });
    bytes += size;
    for (const oldest of kept.keys()) {
      if (bytes <= maxBytes) break;
      remove(oldest);
    }
  };

  /** Goes over the stream from what is known of it; undefined where the log does not have that any more. */
  const goOn = async (
    base: Kept | undefined,
    fold: Fold<unknown>,
    stream: string,
    { upTo = Infinity, id }: ReadOptions,
  ): Promise<Read | undefined> => {
    const from = base?.last.revision ?? 0;
    const limit = upTo === Infinity ? {} : { maxCount: upTo - from + 1 };
    let state = base ? base.state : fold.initial;
    let newest: RecordedEvent | undefined;
    const marks: number[] = [];
    const places = base && id !== undefined ? [...base.marks.placesOf(id, from + 1)] : [];
    for await (const event of store.readStream(stream, { from, ...limit })) {
      const first = newest === undefined;
      newest = event;
      if (base && first) {
        if (!isSame(placeOf(event), base.last)) return undefined;
        continue;
      }
      state = fold.evolve(state, event as never);
      marks.push(markOf(event.id));
      if (event.id === id) places.push(event.revision);
    }
    if (base && !newest) return undefined;
    return { state, last: newest && placeOf(newest), marks, places };
  };

  const readWhole = async (key: string, fold: Fold<unknown>, stream: string, options: ReadOptions): Promise<Read> => {
    const whole = goOn(undefined, fold, stream, options) as Promise<Read>;
    reading.set(key, whole);
    try {
      const read = await whole;
      keep(key, read, undefined);
      return read;
    } finally {
      if (reading.get(key) === whole) reading.delete(key);
    }
  };

  const read = async (fold: Fold<unknown>, stream: string, options: ReadOptions): Promise<Read> => {
    const { upTo = Infinity } = options;
    const key = keyOf(fold, stream, upTo);
    const underWay = kept.has(key) ? undefined : reading.get(key);
    if (underWay) await underWay.catch(() => undefined); // its failure is told to who began it
    const base = find(key);
    if (base && base.last.revision <= upTo) {
      const more = await goOn(base, fold, stream, options);
      if (more) {
        keep(key, more, base);
        return more;
      }
      if (kept.get(key)?.marks === base.marks) remove(key);
    }
    return readWhole(key, fold, stream, options);
  };

  return {
    read: async <State>(fold: Fold<State>, stream: string, options: ReadOptions = {}): Promise<Folded<State>> => {
      const { state, last, places } = await read(fold as Fold<unknown>, stream, options);
      return {
        state: state as State,
        revision: last?.revision ?? 'no-stream',
        position: last?.position ?? BEGINNING,
        places,
      };
    },
  };
};

const ofStores = new WeakMap<EventStore, StreamStates>();

/** Bounds the states that all of a store share, before anyone asks for one: in bytes, 0 keeps none. */
export const boundStates = (store: EventStore, maxBytes: number): void => {
  ofStores.set(store, createStreamStates(store, { maxBytes }));
};

/** The states that all readers and command handlers of a store share. */
export const statesOf = (store: EventStore): StreamStates => {
  const states = ofStores.get(store) ?? createStreamStates(store);
  ofStores.set(store, states);
  return states;
};
