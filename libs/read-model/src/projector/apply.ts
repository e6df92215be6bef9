import type pg from 'pg';
import type { Projection, Recorded, RecordedEvent } from '../projection.js';
import { encodeRows } from './encode.js';
import { plan } from './plan.js';

function* statements(projection: Projection, events: readonly RecordedEvent[], after: bigint) {
  for (const event of events) if (event.position > after) yield* projection.on(event as Recorded);
}

/** Sends what events after a position do to a projection's tables; the caller waits for the answers. */
export const sendEvents = (
  client: Pick<pg.Client, 'query'>,
  projection: Projection,
  events: readonly RecordedEvent[],
  after: bigint,
): Promise<unknown>[] =>
  plan(statements(projection, events, after)).map(({ text, rows }) => client.query(text, [encodeRows(rows)]));
