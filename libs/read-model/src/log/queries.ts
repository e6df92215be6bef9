import { type Queryable, rows } from '../rows.js';

const HOUR_MS = 3_600_000;

/** The events that were decided in one hour. */
export type HourOfLog = Readonly<{
  /** its begin, Unix milliseconds */
  hourMs: number;
  events: number;
}>;

/** How much happened, and what. */
export type LogHours = Readonly<{
  /** oldest first, those without an event too */
  hours: readonly HourOfLog[];
  /** of all these hours, the most frequent first */
  types: readonly Readonly<{ type: string; events: number }>[];
}>;

/** The log by the hour, from the one that holds `fromMs` to the one that holds `nowMs` (Unix milliseconds); costs what the hours are. */
export const logHours = async (db: Queryable, fromMs: number, nowMs: number): Promise<LogHours> => {
  const first = Math.floor(fromMs / HOUR_MS) * HOUR_MS;
  const found = await rows<{ hourMs: number; type: string; events: number }>(
    db,
    `select hour_ms as "hourMs", type, events from read_model.log_hours where hour_ms >= $1::bigint and hour_ms <= $2::bigint`,
    [first, Math.floor(nowMs)],
  );
  const [hours, types] = [new Map<number, number>(), new Map<string, number>()];
  for (const { hourMs, type, events } of found) {
    hours.set(hourMs, (hours.get(hourMs) ?? 0) + events);
    types.set(type, (types.get(type) ?? 0) + events);
  }
  const count = Math.max(0, Math.floor(nowMs / HOUR_MS) - first / HOUR_MS + 1);
  return {
    hours: Array.from({ length: count }, (_, index) => {
      const hourMs = first + index * HOUR_MS;
      return { hourMs, events: hours.get(hourMs) ?? 0 };
    }),
    types: [...types]
      .map(([type, events]) => ({ type, events }))
      .sort((a, b) => b.events - a.events || (a.type < b.type ? -1 : 1)),
  };
};
