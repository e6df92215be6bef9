import type { Database } from './database.js';

/** Something that an operator has to mend. */
export type Notice = Readonly<{
  /** who noticed it, `machines-file` for one */
  source: string;
  message: string;
  /** Unix milliseconds */
  sinceMs: number;
}>;

/** What is wrong with the installation just now, for pages to show: one notice of each source, until it is taken back. */
export type Notices = Readonly<{
  /** Says so, or says so again: then the time stays. */
  set: (source: string, message: string) => Promise<void>;
  clear: (source: string) => Promise<void>;
  get: (source: string) => Promise<Notice | undefined>;
}>;

export const createNotices = (database: Pick<Database, 'query'>): Notices => ({
  set: async (source, message) => {
    await database.query(
      `insert into coordination.notices (source, message, since) values ($1, $2, clock_timestamp())
       on conflict (source) do update set message = excluded.message`,
      // PostgreSQL has no NUL; whatever was in a broken file may be in the message.
      [source, message.replaceAll('\0', '\ufffd')],
    );
  },
  clear: async (source) => {
    await database.query('delete from coordination.notices where source = $1', [source]);
  },
  get: async (source) => {
    const { rows } = await database.query<{ source: string; message: string; since: string }>(
      `select source, message, (extract(epoch from since) * 1000)::bigint::text as since
       from coordination.notices where source = $1`,
      [source],
    );
    const found = rows[0];
    return found && { source: found.source, message: found.message, sinceMs: Number(found.since) };
  },
});
