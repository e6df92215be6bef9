import { firstRow, type Queryable, rows as all } from '../rows.js';

export type ProjectorStatus = Readonly<{
  /** All events up to here are in every projection. */
  position: bigint;
  /** Whether the projector had seen all of the log when it last wrote. */
  caughtUp: boolean;
  /** When the projector last gave a sign of life, Unix milliseconds; it does so every two seconds. */
  updatedAtMs: number;
  /** Age of that sign by the database's clock, milliseconds. */
  ageMs: number;
}>;

/** How far the read model is; undefined before the first projector started. */
export const projectorStatus = async (db: Queryable): Promise<ProjectorStatus | undefined> => {
  const { rows } = await db.query(`select to_regclass('read_model.checkpoints') is not null as there`);
  if (!rows[0]!['there']) return undefined;
  const found = await firstRow<{ position: string | null; caughtUp: boolean; updatedAtMs: number; ageMs: number }>(
    db,
    `select min(position)::text as position, bool_and(caught_up) as "caughtUp",
            floor(extract(epoch from max(updated_at)) * 1000) as "updatedAtMs",
            floor(extract(epoch from clock_timestamp() - max(updated_at)) * 1000) as "ageMs"
     from read_model.checkpoints`,
  );
  if (!found || found.position === null) return undefined;
  return { ...found, position: BigInt(found.position) };
};

/** How far one projection is. */
export type ProjectionStatus = Readonly<{
  projection: string;
  version: number;
  /** All events up to here are in it. */
  position: bigint;
}>;

/** How far each projection is, by name; none before the first projector started. */
export const projectionStatuses = async (db: Queryable): Promise<ProjectionStatus[]> => {
  const { rows } = await db.query(`select to_regclass('read_model.checkpoints') is not null as there`);
  if (!rows[0]!['there']) return [];
  const found = await all<{ projection: string; version: number; position: string }>(
    db,
    'select projection, version, position::text as position from read_model.checkpoints order by projection',
  );
  return found.map((one) => ({ ...one, position: BigInt(one.position) }));
};
