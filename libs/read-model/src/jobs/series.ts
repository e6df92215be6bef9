import type { BuildMetric } from '#domain';
import { type Queryable, rows } from '../rows.js';
import { type JobRef, OF_JOB, valuesOf } from './queries.js';

/** What was measured of a build that succeeded. */
export type Measured = Readonly<{
  id: number;
  /** when it was queued, Unix milliseconds */
  queuedAtMs: number;
  /** how long it was built, milliseconds; null: what it wanted was there already */
  builtMs: number | null;
  /** of the runtime closure of its outputs, bytes */
  closureSize: number | null;
  /** of its outputs, bytes */
  outputSize: number | null;
  /** its own: what `nix-support/hydra-metrics` says */
  metrics: readonly BuildMetric[];
}>;

/** The `limit` newest succeeded builds of a job, as they are, oldest of them first. */
const measured = (db: Queryable, of: JobRef, limit: number, metrics: string, values: unknown[] = []) =>
  rows<Measured>(
    db,
    `select b.id, b.queued_at_ms as "queuedAtMs",
            case when not b.is_cached_build then b.stopped_at_ms - b.started_at_ms end as "builtMs",
            b.closure_size as "closureSize", b.size as "outputSize", ${metrics} as metrics
     from (select * from read_model.builds b where ${OF_JOB} and b.status = 'succeeded' order by b.id desc limit $3) b
     order by b.id`,
    [...valuesOf(of), limit, ...values],
  );

/** What was measured of the `limit` newest succeeded builds of a job, oldest of them first, with all their metrics. */
export const jobMeasurements = (db: Queryable, of: JobRef, limit: number): Promise<Measured[]> =>
  measured(db, of, limit, `coalesce(b.metrics, '[]'::json)`);

/** The same without metrics. */
export const jobSizesAndTimes = (db: Queryable, of: JobRef, limit: number): Promise<Measured[]> =>
  measured(db, of, limit, `'[]'::json`);

/** The same with one metric, by its name, and without the builds that do not have it. */
export const jobMetric = async (db: Queryable, of: JobRef, name: string, limit: number): Promise<Measured[]> => {
  const one = `(select coalesce(json_agg(m), '[]'::json) from json_array_elements(b.metrics) m where m ->> 'name' = $4)`;
  return (await measured(db, of, limit, one, [name])).filter(({ metrics }) => metrics.length > 0);
};
