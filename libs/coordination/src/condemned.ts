import { randomUUID } from 'node:crypto';
import type { Database } from './database.js';

/** A place that is collected: a bucket and the prefix of its keys. */
export type Place = Readonly<{ bucket: string; prefix: string }>;

/** An object that nothing needs. `size` in bytes, `sinceMs` in Unix milliseconds. */
export type CondemnedObject = Readonly<{ key: string; size: number; etag: string; sinceMs: number }>;

/** What is condemned in one place, and the batch that is being deleted there. If it is lost, every grace begins anew. */
export type Condemned = Readonly<{
  /** Those with `after < key <= to`, by key in the order of S3 (bytes of UTF-8); `to` undefined: up to the end. */
  between: (after: string, to: string | undefined) => Promise<CondemnedObject[]>;
  /** Condemns; one that is condemned already keeps its time while its ETag is the same. */
  put: (objects: readonly CondemnedObject[]) => Promise<void>;
  remove: (keys: readonly string[]) => Promise<void>;
  /** The next ones condemned at `untilMs` or before, after a key: narinfos first, and no NAR whose narinfo is condemned still. */
  due: (untilMs: number, limit: number, after: string | undefined) => Promise<CondemnedObject[]>;
  totals: () => Promise<Readonly<{ objects: number; bytes: number }>>;
  /**
   * Says that a batch is about to be deleted, before the log is asked who needs it; `undefined` while another one is, or
   * was when its collector died: then one waits `settleMs`, until none of its requests can reach S3 any more.
   */
  beginRound: () => Promise<string | undefined>;
  endRound: (round: string) => Promise<void>;
}>;

/** Another collector has begun in the same place: this one has no more to say. */
export class SupersededCollectorError extends Error {
  override readonly name = 'SupersededCollectorError';
}

/** No request of a collector that died can be under way longer than this: five attempts of a minute each, and the waits between. */
export const SETTLE_MS = 10 * 60_000;

const rankOf = (key: string): number => (key.endsWith('.narinfo') ? 0 : 1);
const COLUMNS = 'key, size::text, etag, since_ms::text';
type Row = Readonly<{ key: string; size: string; etag: string; since_ms: string }>;
const objectOf = ({ key, size, etag, since_ms }: Row): CondemnedObject => ({
  key,
  size: Number(size),
  etag,
  sinceMs: Number(since_ms),
});

export type CondemnedOptions = Readonly<{
  /** Only reads: what is asked to be changed is an error. */
  readOnly?: boolean;
  settleMs?: number;
}>;

/**
 * Takes over the condemned objects of a place. Whoever had them before is refused from then on, even with what it sent before it
 * died and what arrives late: throws `SupersededCollectorError`, and what PostgreSQL says.
 */
export const takeCondemned = async (
  database: Pick<Database, 'query'>,
  { bucket, prefix }: Place,
  { readOnly = false, settleMs = SETTLE_MS }: CondemnedOptions = {},
): Promise<Condemned> => {
  const token = randomUUID();
  if (!readOnly)
    await database.query(
      `insert into coordination.collecting (bucket, prefix, token) values ($1, $2, $3)
       on conflict (bucket, prefix) do update set token = excluded.token`,
      [bucket, prefix, token],
    );
  /** Runs a statement that changes something, if `mine` has a row: the token is still ours, and stays so until it is done. */
  const change = async (statement: string, values: readonly unknown[] = []): Promise<void> => {
    const { rows } = await database.query<{ mine: string }>(
      `with mine as materialized (
         select from coordination.collecting where bucket = $1 and prefix = $2 and token = $3 for share),
       done as (${statement}) select count(*) as mine from mine`,
      [bucket, prefix, token, ...values],
    );
    if (rows[0]?.mine !== '1')
      throw new SupersededCollectorError(`another collection of ${bucket}/${prefix} has begun: this one ends`);
  };

  return {
    between: async (after, to) => {
      const { rows } = await database.query<Row>(
        `select ${COLUMNS} from coordination.condemned
         where bucket = $1 and prefix = $2 and key > $3 and ($4::text is null or key <= $4) order by key`,
        [bucket, prefix, after, to ?? null],
      );
      return rows.map(objectOf);
    },
    put: async (objects) => {
      if (objects.length === 0) return;
      await change(
        `insert into coordination.condemned as c (bucket, prefix, key, rank, size, etag, since_ms)
         select $1, $2, x.* from mine, unnest($4::text[], $5::smallint[], $6::bigint[], $7::text[], $8::bigint[]) x
         on conflict (bucket, prefix, key) do update
         set size = excluded.size, etag = excluded.etag, since_ms = excluded.since_ms where c.etag <> excluded.etag`,
        [
          objects.map(({ key }) => key),
          objects.map(({ key }) => rankOf(key)),
          objects.map(({ size }) => size),
          objects.map(({ etag }) => etag),
          objects.map(({ sinceMs }) => Math.floor(sinceMs)),
        ],
      );
    },
    remove: async (keys) => {
      if (keys.length === 0) return;
      await change(
        'delete from coordination.condemned c using mine where c.bucket = $1 and c.prefix = $2 and c.key = any($4::text[])',
        [keys],
      );
    },
    due: async (untilMs, limit, after) => {
      const { rows } = await database.query<Row>(
        `select ${COLUMNS} from coordination.condemned c
         where bucket = $1 and prefix = $2 and (rank, key) > ($3::smallint, $4::text collate "C") and since_ms <= $5
           and not (key like '%.nar' and exists (select from coordination.condemned n
             where n.bucket = $1 and n.prefix = $2 and n.key = c.key || 'info'))
         order by rank, key limit $6`,
        [bucket, prefix, after === undefined ? -1 : rankOf(after), after ?? '', Math.floor(untilMs), limit],
      );
      return rows.map(objectOf);
    },
    totals: async () => {
      const { rows } = await database.query<{ objects: string; bytes: string }>(
        `select count(*) as objects, coalesce(sum(size), 0) as bytes from coordination.condemned
         where bucket = $1 and prefix = $2`,
        [bucket, prefix],
      );
      return { objects: Number(rows[0]!.objects), bytes: Number(rows[0]!.bytes) };
    },
    beginRound: async () => {
      const round = randomUUID();
      const { rows } = await database.query<{ token: string; round: string }>(
        `with begun as (
           update coordination.collecting set round = $4, round_at = clock_timestamp()
           where bucket = $1 and prefix = $2 and token = $3
             and (round is null or round_at <= clock_timestamp() - $5 * interval '1 millisecond') returning round)
         select token::text, (select round::text from begun) as round from coordination.collecting
         where bucket = $1 and prefix = $2`,
        [bucket, prefix, token, round, settleMs],
      );
      if (rows[0]?.token !== token)
        throw new SupersededCollectorError(`another collection of ${bucket}/${prefix} has begun: this one ends`);
      return rows[0].round ?? undefined;
    },
    endRound: async (round) => {
      await database.query(
        `update coordination.collecting set round = null, round_at = null
         where bucket = $1 and prefix = $2 and round = $3`,
        [bucket, prefix, round],
      );
    },
  };
};

const POLL_MS = 50;

/**
 * Lets an upload rely on what stands in a place: waits for the end of the batch that is being deleted just now, if there is one.
 * The upload's request must be in the log before: whichever batch begins later finds it there.
 */
export const passDeletions = async (
  database: Pick<Database, 'query'>,
  { bucket, prefix }: Place,
  signal: AbortSignal,
  { settleMs = SETTLE_MS }: Readonly<{ settleMs?: number }> = {},
): Promise<void> => {
  let seen: string | undefined;
  for (;;) {
    signal.throwIfAborted();
    const { rows } = await database.query<{ round: string }>(
      `select round::text from coordination.collecting
       where bucket = $1 and prefix = $2 and round_at > clock_timestamp() - $3 * interval '1 millisecond'`,
      [bucket, prefix, settleMs],
    );
    const round = rows[0]?.round;
    // Another one than at first began after the request was made.
    if (round === undefined || (seen !== undefined && seen !== round)) return;
    seen = round;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
};
