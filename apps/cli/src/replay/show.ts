import { errorOf, type JobsetFigures, nameOf, type WhatIfAnswer } from '#scheduler';
import { table } from '../demo/table.js';
import type { ReplayedShares } from './shares.js';
import type { NamedAnswer } from './what-if.js';

/** `1:02:03` of milliseconds: hours, minutes, seconds. */
export const inTime = (ms: number): string => {
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  const two = (n: number): string => String(n).padStart(2, '0');
  return `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
};

const isoOf = (ms: number): string => new Date(ms).toISOString();
const side = (value: unknown): string => (typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing'));

/** What `replay shares` says. */
export const showShares = ({ counts, first, rules, usage, atMs, readModel }: ReplayedShares): string => {
  const whole = usage.reduce((sum, { usedMs }) => sum + usedMs, 0);
  const rows = usage.map(({ jobset, usedMs, shares }) => [
    jobset,
    String(usedMs),
    String(shares),
    (usedMs / shares).toFixed(1),
    `${whole === 0 ? 0 : ((100 * usedMs) / whole).toFixed(1)} %`,
  ]);
  const lines = [`policy ${rules.policy}, window of ${rules.windowMs / 3_600_000} h that ends at ${isoOf(atMs)}`];
  if (rows.length > 0) lines.push(table(['jobset', 'used ms', 'shares', 'used/shares', 'of all'], rows));
  if (counts.unchecked > 0)
    lines.push(`${counts.unchecked} dispatches cannot be checked: what they were made on is not in the log`);
  lines.push(`dispatches ${counts.dispatches}, charges ${counts.charges}, drift=${counts.drift}`);
  if (first)
    lines.push(
      `first difference: ${first.what}, event ${first.eventId} at position ${first.position}`,
      `  recorded    ${side(first.recorded)}`,
      `  recomputed  ${side(first.recomputed)}`,
    );
  if (readModel?.kind === 'equal') lines.push('read model: equal');
  if (readModel?.kind === 'not-compared') lines.push(`read model: not compared, ${readModel.why}`);
  if (readModel?.kind === 'different')
    lines.push(
      `read model: different for ${readModel.jobset}: replayed ${readModel.replayedMs} ms, read model ${readModel.readModelMs} ms`,
    );
  return `${lines.join('\n')}\n`;
};

/** The same as data: bigints as text. */
export const sharesJson = ({ counts, first, rules, usage, atMs, position, readModel }: ReplayedShares): unknown => ({
  at: isoOf(atMs),
  position: String(position),
  rules,
  ...counts,
  jobsets: usage,
  firstDifference: first && { ...first, ...(first.position === undefined ? {} : { position: String(first.position) }) },
  readModel,
});

const figures = (each?: JobsetFigures): string[] =>
  each
    ? [
        inTime(each.machineMs),
        String(each.steps),
        inTime(each.waitMedianMs),
        inTime(each.waitP95Ms),
        String(each.builds),
        inTime(each.queuedToFinishedMedianMs),
        inTime(each.queuedToFinishedP95Ms),
      ]
    : ['-', '-', '-', '-', '-', '-', '-'];

/** What `replay what-if` says. */
export const showWhatIf = ({ answer, history }: NamedAnswer): string => {
  const { real, recorded, changed, verdicts, notes, fromMs, toMs } = answer;
  const rows: string[][] = [];
  for (const { jobsetId, verdict } of verdicts) {
    const of = (all: Readonly<{ jobsets: readonly JobsetFigures[] }>) =>
      figures(all.jobsets.find((each) => each.jobsetId === jobsetId));
    rows.push([nameOf(history, jobsetId), 'really', ...of(real), '']);
    rows.push(['', 'recorded rules', ...of(recorded), '']);
    rows.push(['', 'changed rules', ...of(changed), verdict]);
  }
  const head = ['jobset', 'run', 'machine time', 'steps', 'wait', 'wait p95', 'builds', 'queued→done', 'q→d p95', ''];
  const rules = ({ policy, windowMs }: WhatIfAnswer['recordedRules']): string => `${policy}, ${windowMs / 3_600_000} h`;
  const { machinePercent, makespanPercent } = errorOf(answer);
  return [
    `${isoOf(fromMs)} to ${isoOf(toMs)}; rules: recorded ${rules(answer.recordedRules)}; changed ${rules(answer.changedRules)}`,
    table(head, rows),
    `makespan: really ${inTime(real.makespanMs)}, recorded rules ${inTime(recorded.makespanMs)}, changed rules ${inTime(changed.makespanMs)}`,
    `unfinished builds: recorded rules ${recorded.unfinished}, changed rules ${changed.unfinished}`,
    `error of the simulation by the recorded rules: machine time ${machinePercent} %, makespan ${makespanPercent} %`,
    ...notes,
    '',
  ].join('\n');
};
