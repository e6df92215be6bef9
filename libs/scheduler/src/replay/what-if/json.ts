import type { FarmHistory } from './history.js';
import type { Figures } from './tally.js';
import { nameOf, type WhatIfAnswer } from './what-if.js';

const isoOf = (ms: number): string => new Date(ms).toISOString();

/** How far the simulation by the recorded rules is from what happened, in parts of a hundred. */
export const errorOf = ({
  real,
  recorded,
}: WhatIfAnswer): Readonly<{ machinePercent: number; makespanPercent: number }> => {
  const percent = (a: number, b: number): number => (a === 0 ? 0 : Math.round((1000 * (b - a)) / a) / 10);
  return {
    machinePercent: percent(real.machineMs, recorded.machineMs),
    makespanPercent: percent(real.makespanMs, recorded.makespanMs),
  };
};

/** The answer as the command line and the API give it as JSON: jobsets by name, times in ISO 8601. */
export const whatIfJson = (history: Pick<FarmHistory, 'names'>, answer: WhatIfAnswer) => {
  const named = <T extends Figures>({ jobsets, ...rest }: T) => ({
    ...rest,
    jobsets: jobsets.map((each) => ({ jobset: nameOf(history, each.jobsetId), ...each })),
  });
  const { real, recorded, changed, fromMs, toMs, ...rest } = answer;
  const times = { from: isoOf(fromMs), to: isoOf(toMs) };
  const runs = { real: named(real), recorded: named(recorded), changed: named(changed) };
  return { ...times, ...rest, error: errorOf(answer), ...runs };
};

/** Shares by id of what is asked by `project:jobset`; the name that the log does not know, where there is one. */
export const sharesById = (
  { names }: Pick<FarmHistory, 'names'>,
  asked: Iterable<readonly [string, number]>,
): Readonly<{ shares: ReadonlyMap<number, number>; unknown?: string; known: readonly string[] }> => {
  const ids = new Map([...names].map(([id, name]) => [name, id]));
  const known = [...ids.keys()].sort();
  const shares = new Map<number, number>();
  for (const [name, weight] of asked) {
    const id = ids.get(name);
    if (id === undefined) return { shares, unknown: name, known };
    shares.set(id, weight);
  }
  return { shares, known };
};
