import type { EventStore } from '#event-store';
import { type Changes, FarmHistory, REPLAY_TYPES, sharesById, whatIf, type WhatIfAnswer } from '#scheduler';
import { BadInputError } from '../errors.js';
import type { Interval } from './shares.js';

export type AskedChanges = Omit<Changes, 'shares'> &
  Readonly<{ /** by `project:jobset` */ shares?: ReadonlyMap<string, number> }>;
export type NamedAnswer = Readonly<{ answer: WhatIfAnswer; history: FarmHistory }>;

/** Reads the history of an interval and runs it twice. Throws `BadInputError` for a jobset that the log does not know. */
export const runWhatIf = async (
  store: EventStore,
  interval: Interval,
  asked: AskedChanges,
  onProgress: (stage: 'read' | 'simulated', part: number) => void,
): Promise<NamedAnswer> => {
  const history = new FarmHistory(interval);
  const head = await store.head();
  reading: for await (const events of store.readAll({ to: head, types: REPLAY_TYPES })) {
    for (const event of events) if (!history.apply(event)) break reading;
    onProgress('read', Number(events.at(-1)!.position) / Math.max(1, Number(head)));
  }
  history.finish();
  const { shares, unknown, known } = sharesById(history, asked.shares ?? []);
  if (unknown !== undefined)
    throw new BadInputError(`--shares: the log knows no jobset ${unknown}; it knows ${known.join(', ') || 'none'}`);
  const run = whatIf(history, { ...asked, shares });
  let step = run.next();
  for (; !step.done; step = run.next()) onProgress('simulated', step.value);
  return { answer: step.value, history };
};
