import { type Queryable, rows } from '../rows.js';

/** Moments at an even distance, in Unix milliseconds: `fromMs + i * stepMs` for i below `count`. */
export type Moments = Readonly<{ fromMs: number; stepMs: number; count: number }>;

/** What one jobset used inside the window that ends at each moment, in whole milliseconds, and how many of its steps ran then. */
export type Used = Readonly<{ usedMs: readonly number[]; running: readonly number[] }>;

/**
 * The rule of the queue runner's ledger, as sets. An attempt counts at a moment by its overlap with the window that ends there,
 * running ones up to it; among k jobsets each takes a k-th, those of lowest id the milliseconds left over. At the moments when an
 * attempt lies wholly inside the window it is one number, so it is summed up once, as a change at the first such moment and
 * another after the last; only the moments at which an edge of the window cuts it are looked at one by one.
 *
 * Which attempts matter is found by index, so that the cost is that of the window: what began in the day before it or later,
 * the few that took more than a day, and those that run. Quotients of doubles are exact enough: times are far below 2^52.
 */
export const USED = `
with moments as (
  select $1::bigint as first, $2::bigint as step, $3::bigint as count, $4::bigint as span,
         $1::bigint + ($3::bigint - 1) * $2::bigint as last, $1::bigint - $4::bigint as edge
), attempt as (
  select s.started_at_ms as started, s.jobset_ids,
         case when s.status is null then m.last + 1 else least(greatest(s.stopped_at_ms, s.started_at_ms), m.last + 1) end as stopped
  from moments m, lateral (
    select * from read_model.steps s where s.attempt is not null and s.started_at_ms > $1::bigint - $4::bigint - 86400000
      and s.started_at_ms < $1::bigint + ($3::bigint - 1) * $2::bigint
      and (s.status is null or s.stopped_at_ms > m.edge)
    union all
    select * from read_model.steps s where s.attempt is not null and s.stopped_at_ms - s.started_at_ms > 86400000
      and s.stopped_at_ms > $1::bigint - $4::bigint and s.started_at_ms <= m.edge - 86400000 and s.status is not null
    union all
    select * from read_model.steps s where s.status is null and s.started_at_ms <= m.edge - 86400000
  ) s
), part as materialized (
  select a.started, a.stopped, j.id, j.place - 1 as place, cardinality(a.jobset_ids) as among
  from attempt a, unnest(a.jobset_ids) with ordinality as j(id, place)
), inside as (
  select p.id, greatest(0, ceil((p.stopped - m.first)::float8 / m.step))::bigint as first,
         floor((p.started + m.span - m.first)::float8 / m.step)::bigint as last,
         sum((p.stopped - p.started + p.among - 1 - p.place) / p.among) as used
  from part p, moments m where p.stopped - p.started <= m.span group by 1, 2, 3
), change as (
  select i.id, i.first as i, i.used from inside i, moments m where i.first <= least(i.last, m.count - 1)
  union all
  select i.id, i.last + 1, -i.used from inside i, moments m where i.first <= i.last and i.last + 1 < m.count
), cut as (
  select p.id, i, p.started, p.stopped, p.place, p.among, m.first + i * m.step as at, m.span
  from moments m, part p, lateral (values
      (p.started, case when p.stopped - p.started <= m.span then p.stopped else p.stopped + m.span end),
      (case when p.stopped - p.started <= m.span then p.started + m.span end, p.stopped + m.span)
    ) as between_(after, before),
    lateral (select greatest(0, floor((after - m.first)::float8 / m.step)::bigint + 1) as low,
                    least(m.count - 1, ceil((before - m.first)::float8 / m.step)::bigint - 1) as high) as r,
    lateral generate_series(r.low, r.high) as i
  where after is not null and r.low <= r.high
), found as (
  select id, i, used as settled, 0 as cut, 0 as running from change
  union all
  select id, i, 0, (least(stopped, at) - greatest(started, at - span) + among - 1 - place) / among,
         case when at < stopped and at > started then 1 else 0 end from cut
)
select id as "jobsetId", i, sum(settled) as settled, sum(cut) as cut, sum(running) as running from found group by id, i order by id, i`;

type Found = Readonly<{ jobsetId: number; i: number; settled: number; cut: number; running: number }>;

/** Use by jobset; one that used nothing at any of the moments has none. Equal to the queue runner's ledger to the millisecond. */
export const usedAt = async (
  db: Queryable,
  { fromMs, stepMs, count }: Moments,
  windowMs: number,
): Promise<ReadonlyMap<number, Used>> => {
  const used = new Map<number, { usedMs: number[]; running: number[] }>();
  const settled = new Map<number, number[]>();
  for (const found of await rows<Found>(db, USED, [fromMs, stepMs, count, windowMs])) {
    const { jobsetId, i } = found;
    let of = used.get(jobsetId);
    if (of === undefined) {
      used.set(jobsetId, (of = { usedMs: Array<number>(count).fill(0), running: Array<number>(count).fill(0) }));
      settled.set(jobsetId, Array<number>(count).fill(0));
    }
    of.usedMs[i] = found.cut;
    of.running[i] = found.running;
    settled.get(jobsetId)![i] = found.settled;
  }
  for (const [jobsetId, { usedMs }] of used) {
    let sum = 0;
    settled.get(jobsetId)!.forEach((change, i) => (usedMs[i]! += sum += change));
  }
  return used;
};
