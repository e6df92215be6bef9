import pg from 'pg';
import type { Codec } from '../codec.js';
import type { ReadStreamOptions, RecordedEvent } from '../port.js';
import { connectAlone } from './connect-alone.js';
import type { Row } from './copy-binary.js';
import { copyRows } from './copy-rows.js';

const COLUMNS = 'position, stream, revision, id, type, data, metadata';
/** Rows of a page: one of the largest events (256 KiB each) stays below 64 MiB. */
const PAGE = 250;
/** Up to this many positions pages are read (a prepared statement), beyond it COPY (parsed and planned anew each time). */
const PAGES_UP_TO = 2000n;
/** One COPY reads this many positions: a slow consumer must not hold a snapshot for hours and keep vacuum from other tables. */
const COPY_RANGE = 100_000n;

export type Range = Readonly<{ after: bigint; to: bigint; types?: readonly string[] | undefined; batchSize: number }>;

export type Reader = Readonly<{
  head: () => Promise<bigint>;
  /** Events of (after, to] in batches; the next batch is on its way while one is being handled. */
  range: (range: Range) => AsyncGenerator<readonly RecordedEvent[]>;
  stream: (stream: string, options: ReadStreamOptions) => AsyncGenerator<RecordedEvent>;
}>;

type Raw = [
  position: string,
  stream: string,
  revision: string,
  id: string,
  type: string,
  data: string,
  metadata: string,
];
/** Everything as text: whatever another library sets as the process's parsers of bigint or json does not reach us. */
const AS_TEXT = { getTypeParser: () => (value: string) => value } as unknown as pg.CustomTypesConfig;

export const createReader = (pool: pg.Pool, codec: Codec): Reader => {
  /** Events of one command, and all builds that one evaluation queues, carry the same envelope: it is parsed once. */
  const envelope = { text: '', parsed: undefined as unknown };
  const decode = (row: Row): RecordedEvent => {
    if (row.metadata !== envelope.text) {
      envelope.parsed = JSON.parse(row.metadata);
      envelope.text = row.metadata;
    }
    return codec.decode(row, row.type, JSON.parse(row.data), envelope.parsed);
  };

  const page = async (name: string, text: string, values: unknown[]): Promise<RecordedEvent[]> => {
    const { rows } = await pool.query<Raw>({ name, text, values, rowMode: 'array', types: AS_TEXT });
    return rows.map(([position, stream, revision, id, type, data, metadata]) =>
      decode({ position: BigInt(position), stream, revision: Number(revision), id, type, data, metadata }),
    );
  };

  const head = async (): Promise<bigint> => {
    const { rows } = await pool.query<[string]>({
      name: 'iolaus_head',
      text: 'select coalesce(max(position), 0) from log.events',
      rowMode: 'array',
      types: AS_TEXT,
    });
    return BigInt(rows[0]![0]);
  };

  const someTypes = `select ${COLUMNS} from log.events where position > $1 and position <= $2 and type = any ($4) order by position limit $3`;
  const allTypes = someTypes.replace(' and type = any ($4)', '');

  /** Pages by key, the next one asked for before this one is handed over. */
  async function* keyset<Key>(
    first: Key,
    size: number,
    fetch: (key: Key) => Promise<RecordedEvent[]>,
    keyOf: (last: RecordedEvent) => Key,
  ): AsyncGenerator<readonly RecordedEvent[]> {
    for (let pending: Promise<RecordedEvent[]> | undefined = fetch(first); pending !== undefined;) {
      const events: RecordedEvent[] = await pending;
      pending = events.length < size ? undefined : fetch(keyOf(events.at(-1)!));
      pending?.catch(() => undefined); // thrown above when it is awaited; the consumer may stop before
      if (events.length > 0) yield events;
    }
  }

  const pages = ({ after, to, types, batchSize }: Range) => {
    const size = Math.min(PAGE, batchSize);
    return keyset(
      after,
      size,
      (key) =>
        types ? page('iolaus_some', someTypes, [key, to, size, types]) : page('iolaus_all', allTypes, [key, to, size]),
      ({ position }) => position,
    );
  };

  async function* copy({ after, to, types, batchSize }: Range): AsyncGenerator<readonly RecordedEvent[]> {
    // COPY takes no parameters: the bounds are bigints, the types are quoted as literals.
    const filter = types ? ` and type in (${types.map((type) => pg.escapeLiteral(type)).join(', ')})` : '';
    const where = `position > ${after} and position <= ${to}${filter}`;
    const client = await connectAlone(pool);
    const text = `copy (select ${COLUMNS} from log.events where ${where} order by position) to stdout (format binary)`;
    for await (const rows of copyRows(client, text, batchSize)) yield rows.map(decode);
    await client.end();
  }

  async function* range(asked: Range): AsyncGenerator<readonly RecordedEvent[]> {
    const { to } = asked;
    for (let after = asked.after; after < to;) {
      if (to - after <= PAGES_UP_TO) return yield* pages({ ...asked, after });
      const end = to - after < COPY_RANGE ? to : after + COPY_RANGE;
      yield* copy({ ...asked, after, to: end });
      after = end;
    }
  }

  const forwards = `select ${COLUMNS} from log.events where stream = $1 and revision >= $2 order by revision limit $3`;
  const backwards = `select ${COLUMNS} from log.events where stream = $1 and revision <= $2 order by revision desc limit $3`;

  async function* stream(name: string, { from, maxCount = Infinity, direction = 'forward' }: ReadStreamOptions) {
    const back = direction === 'backward';
    const first = from ?? (back ? 2 ** 31 - 1 : 0);
    const size = Math.min(PAGE, maxCount);
    let left = maxCount;
    if (left <= 0) return;
    const fetch = (key: number) =>
      page(back ? 'iolaus_backwards' : 'iolaus_forwards', back ? backwards : forwards, [name, key, size]);
    for await (const events of keyset(first, size, fetch, ({ revision }) => revision + (back ? -1 : 1))) {
      for (const event of events) {
        yield event;
        if (--left === 0) return;
      }
    }
  }

  return { head, range, stream };
};
