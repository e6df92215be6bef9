import type { Statement } from '../projection.js';

/** Rows to run through one statement text. */
export type Execution = Readonly<{ text: string; rows: object[] }>;

/** Most rows in one execution: a chunk of a large evaluation is not to become one parameter of many megabytes. */
const MAX_ROWS = 5000;

type Last = { level: number; text: string; shared: boolean };

/**
 * Runs many events' statements as few: those of one text go together, as early as what they share keys with allows. The outcome is
 * that of running them one by one. A level holds what may run in any order; levels run one after another.
 */
export const plan = (statements: Iterable<Statement>): Execution[] => {
  const levels: Map<string, object[]>[] = [];
  const last = new Map<string, Last>();
  /** everything before stands under it */
  let floor = 0;
  for (const { text, rows, keys, shared = [] } of statements) {
    if (rows.length === 0) continue;
    if (!keys) {
      levels.push(new Map([[text, [...rows]]]));
      floor = levels.length;
      last.clear();
      continue;
    }
    let level = floor;
    for (const key of keys) {
      const before = last.get(key);
      if (!before) continue;
      const together = before.shared && before.text === text && shared.includes(key);
      level = Math.max(level, together ? before.level : before.level + 1);
    }
    for (const key of keys) last.set(key, { level, text, shared: shared.includes(key) });
    while (levels.length <= level) levels.push(new Map());
    const group = levels[level]!.get(text);
    if (group) for (const row of rows) group.push(row);
    else levels[level]!.set(text, [...rows]);
  }
  return levels.flatMap((level) => [...level].flatMap(([text, rows]) => parts(text, rows)));
};

const parts = (text: string, rows: object[]): Execution[] =>
  rows.length <= MAX_ROWS
    ? [{ text, rows }]
    : Array.from({ length: Math.ceil(rows.length / MAX_ROWS) }, (_, i) => ({
        text,
        rows: rows.slice(i * MAX_ROWS, (i + 1) * MAX_ROWS),
      }));
