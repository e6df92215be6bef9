import { type Queryable, rows } from '../rows.js';

const FAILURES = `
  select d.drv_path as "drvPath" from read_model.derivations d
  where d.cached_failure is not null and d.drv_path in (
    select drv_path from read_model.steps where build_id = any($1::int[])
    union all select drv_path from read_model.builds where id = any($1::int[]))
  order by d.drv_path`;

/** Derivations of some builds whose failure is remembered: whoever wants them fails without another attempt. */
export const cachedFailuresOf = async (db: Queryable, buildIds: readonly number[]): Promise<string[]> =>
  (await rows<{ drvPath: string }>(db, FAILURES, [buildIds])).map(({ drvPath }) => drvPath);

/** All of them, by derivation. */
export const allCachedFailures = async (db: Queryable): Promise<string[]> =>
  (
    await rows<{ drvPath: string }>(
      db,
      'select drv_path as "drvPath" from read_model.derivations where cached_failure is not null order by drv_path',
    )
  ).map(({ drvPath }) => drvPath);
