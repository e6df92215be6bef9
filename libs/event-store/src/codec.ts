import { MAX_EVENT_BYTES, type Metadata } from '#domain';
import { EventTooLargeError, InvalidEventError, type NewEvent, type RecordedEvent } from './port.js';

/** What the store must know of the events it carries. */
export type EventRegistry = Readonly<{
  /** Current version of every type, and `lift[n]`: version n to n + 1. `eventVersions` of #domain is one. */
  versions: Readonly<
    Record<string, Readonly<{ current: number; lift: Readonly<Record<number, (data: never) => unknown>> }>>
  >;
  /** Throws `InvalidEventError` when the payload breaks the type's schema. Asked on append only. */
  validate?: (type: string, data: unknown) => void;
  /** Throws `InvalidEventError` when the envelope breaks its schema. Asked on append only. */
  validateMetadata?: (metadata: unknown) => void;
}>;

/** An event of a type, or of a version, that this program does not know: a newer one wrote it. */
export class UnknownEventError extends Error {
  override readonly name = 'UnknownEventError';
}

/** An event ready for the wire: checked, and turned into JSON once. */
export type EncodedEvent = Readonly<{ id: string; type: string; data: string; metadata: string; bytes: number }>;

export type Codec = Readonly<{
  encode: (event: NewEvent) => EncodedEvent;
  /** Lifts to the current version. Throws `UnknownEventError`, or `InvalidEventError` for an envelope without version. */
  decode: (place: Place, type: string, data: unknown, metadata: unknown) => RecordedEvent;
}>;
export type Place = Readonly<{ id: string; stream: string; revision: number; position: bigint }>;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
/** Longest name of a stream, in characters: `jobset-<project>:<name>` and `step-<drv>` stay far below. */
const MAX_STREAM_NAME = 512;

/** Neither adapter can store NUL or half a surrogate pair in a name; `$` begins the names of EventStoreDB's own streams. */
export const checkStreamName = (stream: string): void => {
  if (stream === '' || stream.length > MAX_STREAM_NAME || stream.startsWith('$') || /[\0\p{Surrogate}]/u.test(stream)) {
    throw new InvalidEventError(`stream: not a stream's name: ${JSON.stringify(stream.slice(0, 80))}`);
  }
};

const toJson = (event: NewEvent, field: 'data' | 'metadata'): string => {
  const json: string | undefined = JSON.stringify(event[field]);
  if (json === undefined) throw new InvalidEventError(`${event.type} ${field}: not JSON`);
  return json;
};

/** Checks and writes events on their way in, reads and lifts them on their way out: the same for both adapters. */
export const createCodec = ({ versions, validate, validateMetadata }: EventRegistry): Codec => {
  const encode = (event: NewEvent): EncodedEvent => {
    const { id, type, metadata } = event;
    const known = Object.hasOwn(versions, type) ? versions[type] : undefined;
    if (known === undefined) throw new InvalidEventError(`type: no event is called ${JSON.stringify(type)}`);
    if (!UUID.test(id)) throw new InvalidEventError(`${type} id: not a lower-case UUID: ${JSON.stringify(id)}`);
    validateMetadata?.(metadata);
    if (!INSTANT.test(metadata.at))
      throw new InvalidEventError(`${type} metadata/at: not an instant in UTC with milliseconds`);
    if (metadata.v !== known.current) {
      throw new InvalidEventError(
        `${type} metadata/v: ${metadata.v}, but version ${known.current} is the one written today`,
      );
    }
    validate?.(type, event.data);
    const data = toJson(event, 'data');
    const meta = toJson(event, 'metadata');
    const bytes = Buffer.byteLength(data) + Buffer.byteLength(meta);
    if (bytes > MAX_EVENT_BYTES)
      throw new EventTooLargeError(`${type} has ${bytes} bytes, more than ${MAX_EVENT_BYTES}: split it`);
    return { id, type, data, metadata: meta, bytes };
  };

  const lift = (place: Place, type: string, data: unknown, v: number): unknown => {
    const known = Object.hasOwn(versions, type) ? versions[type] : undefined;
    if (known === undefined)
      throw new UnknownEventError(`unknown type ${type} at position ${place.position} (${place.stream})`);
    if (v > known.current) {
      throw new UnknownEventError(
        `${type} at position ${place.position} (${place.stream}) has version ${v}; this program knows up to ${known.current}`,
      );
    }
    let lifted = data;
    for (let from = v; from < known.current; from++) {
      const step = known.lift[from] as ((data: unknown) => unknown) | undefined;
      if (step === undefined) throw new UnknownEventError(`${type}: no step lifts version ${from}`);
      lifted = step(lifted);
    }
    return lifted;
  };

  const decode = (place: Place, type: string, data: unknown, metadata: unknown): RecordedEvent => {
    const v = (metadata as Partial<Metadata> | null)?.v;
    if (typeof v !== 'number' || v < 1) {
      throw new InvalidEventError(
        `${type} at position ${place.position} (${place.stream}): no version in its metadata`,
      );
    }
    return {
      id: place.id,
      stream: place.stream,
      revision: place.revision,
      position: place.position,
      type,
      data: lift(place, type, data, v),
      metadata: metadata as Metadata,
    };
  };
  return { encode, decode };
};
