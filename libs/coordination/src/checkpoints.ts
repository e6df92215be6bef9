import type { Database } from './database.js';

/** How far consumers outside the read model came: the position of the last event each one handled. */
export type Checkpoints = Readonly<{
  /** `undefined`: this consumer never stored one. */
  get: (consumer: string) => Promise<bigint | undefined>;
  /** Of every consumer that ever stored one, by its name. */
  all: () => Promise<ReadonlyMap<string, bigint>>;
  /** Moves forward only; an older position leaves the stored one. */
  set: (consumer: string, position: bigint) => Promise<void>;
}>;

export const createCheckpoints = (database: Database): Checkpoints => ({
  get: async (consumer) => {
    const { rows } = await database.query<{ position: string }>(
      'select position::text from coordination.checkpoints where consumer = $1',
      [consumer],
    );
    return rows[0] && BigInt(rows[0].position);
  },
  all: async () => {
    const { rows } = await database.query<{ consumer: string; position: string }>(
      'select consumer, position::text from coordination.checkpoints order by consumer',
    );
    return new Map(rows.map(({ consumer, position }) => [consumer, BigInt(position)]));
  },
  set: async (consumer, position) => {
    await database.query(
      `insert into coordination.checkpoints as c (consumer, position) values ($1, $2)
       on conflict (consumer) do update set position = excluded.position, updated_at = now() where c.position < excluded.position`,
      [consumer, position.toString()],
    );
  },
});
