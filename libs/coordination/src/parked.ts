import type { Database } from './database.js';

/** An event that a consumer gave up on. It waits for an operator; the consumer went on without it. */
export type ParkedEvent = Readonly<{
  consumer: string;
  eventId: string;
  stream: string;
  revision: number;
  position: bigint;
  type: string;
  /** What the last attempt threw. */
  error: string;
  attempts: number;
  /** ISO 8601. */
  at: string;
  /** Somebody wants it tried again, and the consumer has not done so yet. */
  released: boolean;
}>;

export type ParkedEvents = Readonly<{
  /** Parks, or parks again: then the release is taken back. */
  park: (event: Omit<ParkedEvent, 'at' | 'released'>) => Promise<void>;
  /** Oldest first; of one consumer, or of all; at most `limit`. */
  list: (consumer?: string, limit?: number) => Promise<ParkedEvent[]>;
  /** How many there are, of all consumers. */
  count: () => Promise<number>;
  /** Has the consumer try the event again. False: no such event is parked. */
  release: (consumer: string, eventId: string) => Promise<boolean>;
  /** What the consumer has to try again. */
  released: (consumer: string) => Promise<ParkedEvent[]>;
  /** It was handled after all. */
  remove: (consumer: string, eventId: string) => Promise<void>;
}>;

type Row = Omit<ParkedEvent, 'position' | 'at'> & { position: string; at: string };

const SELECT = `select consumer, event_id::text as "eventId", stream, revision, position::text, type, error, attempts,
  to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at, released_at is not null as released
  from coordination.parked`;

export const createParkedEvents = (database: Database): ParkedEvents => {
  const select = async (where: string, values: unknown[], limit?: number): Promise<ParkedEvent[]> => {
    const most = limit === undefined ? '' : ` limit ${Math.max(0, Math.floor(limit))}`;
    const { rows } = await database.query<Row>(`${SELECT} where ${where} order by consumer, position${most}`, values);
    return rows.map((row) => ({ ...row, position: BigInt(row.position) }));
  };
  return {
    park: async ({ consumer, eventId, stream, revision, position, type, error, attempts }) => {
      await database.query(
        `insert into coordination.parked (consumer, event_id, stream, revision, position, type, error, attempts, at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, clock_timestamp())
         on conflict (consumer, event_id)
         do update set error = excluded.error, attempts = parked.attempts + excluded.attempts, at = excluded.at, released_at = null`,
        [consumer, eventId, stream, revision, position.toString(), type, error, attempts],
      );
    },
    list: (consumer, limit) =>
      consumer === undefined ? select('true', [], limit) : select('consumer = $1', [consumer], limit),
    count: async () => {
      const { rows } = await database.query<{ events: number }>(
        'select count(*)::int as events from coordination.parked',
      );
      return rows[0]!.events;
    },
    release: async (consumer, eventId) => {
      const { rowCount } = await database.query(
        'update coordination.parked set released_at = clock_timestamp() where consumer = $1 and event_id = $2',
        [consumer, eventId],
      );
      return rowCount === 1;
    },
    released: (consumer) => select('consumer = $1 and released_at is not null', [consumer]),
    remove: async (consumer, eventId) => {
      await database.query('delete from coordination.parked where consumer = $1 and event_id = $2', [
        consumer,
        eventId,
      ]);
    },
  };
};
