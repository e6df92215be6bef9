import { createHash } from 'node:crypto';
import type { DomainEvent, Metadata } from '#domain';

/** An event as the log gives it; structurally what the event store's port hands out. */
export type RecordedEvent = Readonly<{
  id: string;
  stream: string;
  revision: number;
  position: bigint;
  type: string;
  data: unknown;
  metadata: Metadata;
}>;

/** A recorded event, its payload known by its type. */
export type Recorded = DomainEvent & Omit<RecordedEvent, 'type' | 'data'>;

/**
 * What an event does to rows. `text` has one parameter, `$1`: a JSON array of rows, and must treat them as a set, so that the
 * projector can run many events' rows at once. It must be idempotent: an event may be seen twice.
 */
export type Statement = Readonly<{
  text: string;
  rows: readonly object[];
  /**
   * What it reads or writes, as far as order matters. Two statements without a common key may change places; without any keys a
   * statement keeps its place among all others of its projection. Sums are not named: they add up in any order.
   */
  keys?: readonly string[];
  /** Keys that other rows of the same text may share within one execution, because the text heeds the order of its rows. */
  shared?: readonly string[];
}>;

/** Tables and what each event does to them. Data, not IO: the projector runs it, with its checkpoint, in one transaction. */
export type Projection = Readonly<{
  name: string;
  /** Raise it to rebuild: fresh tables are filled beside the live ones, then swapped. */
  version: number;
  /** Unqualified names: they are created in whatever schema the search path names. */
  tables: readonly string[];
  /** Statements that create the tables and their indexes. */
  ddl: string;
  /** Events that `on` answers to; it has nothing to say to any other. */
  types: readonly DomainEvent['type'][];
  on: (event: Recorded) => readonly Statement[];
}>;

/** Unix milliseconds of an ISO 8601 time. */
export const ms = (at: string): number => Date.parse(at);

const LONGEST = 500;

/**
 * A name as it stands in an index, whose entries PostgreSQL bounds at 2,704 bytes: jobs and systems are named by whoever writes an
 * expression, and one name may not stop the projector. A longer one keeps its beginning and gets its hash.
 */
export const bounded = (name: string): string =>
  name.length <= LONGEST
    ? name
    : `${name.slice(0, LONGEST - 40)}… ${createHash('sha256').update(name).digest('hex').slice(0, 32)}`;
