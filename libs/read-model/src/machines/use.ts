import { type Queryable, rows } from '../rows.js';

/** How busy a machine was: milliseconds of its slots that attempts took, by spans of equal length from the first one on. */
export type MachineUse = Readonly<{ machine: string; busyMs: readonly number[] }>;

/**
 * Of every machine that an attempt ran on between two moments (Unix milliseconds), by name; `spanMs` divides the time between
 * them. An attempt that still runs counts up to `toMs`. Costs as much as ended in that time, and what runs.
 */
export const machineUse = async (
  db: Queryable,
  fromMs: number,
  toMs: number,
  spanMs: number,
): Promise<readonly MachineUse[]> => {
  const spans = Math.ceil((toMs - fromMs) / spanMs);
  const found = await rows<{ machine: string; span: number; ms: number }>(
    db,
    `select s.machine, h.span, sum(least(s.till, $1::bigint + (h.span + 1) * $3::bigint, $2::bigint)
                                   - greatest(s.since, $1::bigint + h.span * $3::bigint)) as ms
     from (
       select machine, started_at_ms as since, stopped_at_ms as till from read_model.steps
       where attempt is not null and status is not null and stopped_at_ms > $1::bigint
       union all
       select machine, started_at_ms, $2::bigint from read_model.steps where attempt is not null and status is null) s,
     lateral generate_series((greatest(s.since, $1::bigint) - $1::bigint) / $3::bigint,
                             (least(s.till, $2::bigint) - 1 - $1::bigint) / $3::bigint) as h (span)
     where s.since < $2::bigint group by 1, 2 order by 1, 2`,
    [Math.floor(fromMs), Math.floor(toMs), Math.floor(spanMs)],
  );
  const busy = new Map<string, number[]>();
  for (const { machine, span, ms } of found) {
    const of = busy.get(machine) ?? Array.from({ length: spans }, () => 0);
    of[span] = ms;
    busy.set(machine, of);
  }
  return [...busy].map(([machine, busyMs]) => ({ machine, busyMs }));
};
