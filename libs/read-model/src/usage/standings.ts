import { type Queryable, rows } from '../rows.js';
import type { Moments } from './used.js';

/** What a jobset was entitled to at a moment. */
export type StandingPoint = Readonly<{
  shares: number;
  enabled: boolean;
  /** created, and not deleted yet */
  there: boolean;
  /** among all enabled jobsets, 0 to 1 */
  entitlement: number;
}>;

export type JobsetStanding = Readonly<{
  jobsetId: number;
  project: string;
  jobset: string;
  points: readonly StandingPoint[];
}>;

/** What holds at the first moment, and every change up to the last one, in order of time. */
const CHANGES = `
select j.id as "jobsetId", j.project, j.name as jobset, coalesce(json_agg(json_build_array(
         c.at_ms, c.shares, case when c.enabled and not c.deleted then 1 else 0 end, case when c.deleted then 0 else 1 end)
         order by c.at_ms, c.position) filter (where c.at_ms is not null), '[]'::json) as changes
from read_model.jobsets j left join lateral (
  (select * from read_model.jobset_shares s where s.jobset_id = j.id and s.at_ms <= $1::bigint
   order by s.at_ms desc, s.position desc limit 1)
  union all
  (select * from read_model.jobset_shares s where s.jobset_id = j.id and s.at_ms > $1::bigint and s.at_ms <= $2::bigint)
) c on true
group by j.id, j.project, j.name order by j.id`;

type Change = readonly [atMs: number, shares: number, enabled: 0 | 1, there: 0 | 1];
type Changes = Readonly<{ jobsetId: number; project: string; jobset: string; changes: readonly Change[] }>;

const NOTHING: Change = [0, 0, 0, 0];

/** Shares and entitlement of every jobset at each moment, as they were then. */
export const standings = async (
  db: Queryable,
  { fromMs, stepMs, count }: Moments,
): Promise<Readonly<{ jobsets: readonly JobsetStanding[] }>> => {
  const found = await rows<Changes>(db, CHANGES, [fromMs, fromMs + (count - 1) * stepMs]);
  const sums = Array<number>(count).fill(0);
  const held = found.map(({ changes }) => {
    let next = 0;
    return sums.map((_, i) => {
      while (next < changes.length && changes[next]![0] <= fromMs + i * stepMs) next += 1;
      const [, shares, enabled, there] = next === 0 ? NOTHING : changes[next - 1]!;
      if (enabled === 1) sums[i]! += shares;
      return { shares, enabled: enabled === 1, there: there === 1 };
    });
  });
  const jobsets = found.map(({ changes: _, ...name }, n) => ({
    ...name,
    points: held[n]!.map((point, i) => ({ ...point, entitlement: point.enabled ? point.shares / sums[i]! : 0 })),
  }));
  return { jobsets };
};
