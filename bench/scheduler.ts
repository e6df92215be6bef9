/**
 * The cost of one choice and of one insertion with 1,000 to 1,000,000 runnable steps over up to 5,000 jobsets, on a farm of a hundred busy
 * slots with a day of history; against a plain re-implementation of Hydra's per-round algorithm, which sorts everything each
 * round, on the same steps in the same run. Medians. `npm run bench -- scheduler [POLICY] [MOST_STEPS]`
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createFarm, NOW } from './scheduler/farm.js';
import { round } from './scheduler/round.js';

const policy = process.argv[2] ?? 'window';
const most = Number(process.argv[3] ?? 1_000_000);
const SIZES = [1_000, 10_000, 100_000, 1_000_000].filter((size) => size <= most);
const MOST_JOBSETS = 5_000;
const CHOICES = 5_000;
/** The larger ones take many seconds. */
const roundsOf = (size: number): number => (size >= 1_000_000 ? 3 : 9);

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!;
const percentile = (values: readonly number[], part: number): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length * part)]!;
const timed = <T>(act: () => T): readonly [T, number] => {
  const began = process.hrtime.bigint();
  const result = act();
  return [result, Number(process.hrtime.bigint() - began) / 1000];
};
const heapMb = (): number => {
  collect();
  return process.memoryUsage().heapUsed / 1e6;
};

process.stdout.write(
  `policy ${policy}, times in µs\n` +
    '| runnable steps | jobsets | choice, median | 99% | end, choice and start, median | insertion, median | a round that sorts all, median | times | heap, MB |\n' +
    '| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n',
);
const medians: number[] = [];
for (const size of SIZES) {
  const before = heapMb();
  const farm = createFarm(size, Math.min(MOST_JOBSETS, size), policy);
  const { scheduler } = farm;
  const heap = heapMb() - before;
  const [choices, turns, insertions, rounds]: [number[], number[], number[], number[]] = [[], [], [], []];
  let now = NOW;
  const turn = (): void => {
    now += 863;
    const [, ended] = timed(() => farm.end(now));
    const [choice, took] = timed(() => scheduler.next(now));
    if (choice === undefined) throw new Error('a free slot found nothing to build');
    const [, started] = timed(() => farm.start(choice, now));
    choices.push(took);
    turns.push(ended + took + started);
    insertions.push(timed(farm.insert)[1]);
  };
  for (let nr = 0; nr < CHOICES / 5; nr++) turn(); // until the code is compiled
  for (const all of [choices, turns, insertions]) all.length = 0;
  for (let nr = 0; nr < roundsOf(size); nr++) {
    for (let each = 0; each < CHOICES / roundsOf(size); each++) turn();
    farm.end((now += 863));
    const [runnable, loads] = [farm.runnable(), scheduler.loads(now)];
    const [found, took] = timed(() => round(runnable, farm.jobsets, loads, Math.floor(now / 1000)));
    if (found === undefined) throw new Error('the round found nothing to build');
    rounds.push(took);
    farm.start(scheduler.next(now)!, now);
  }
  const choice = median(choices);
  medians.push(choice);
  const cells = [
    ...[size.toLocaleString('en'), Math.min(MOST_JOBSETS, size).toLocaleString('en')],
    ...[
      choice.toFixed(1),
      percentile(choices, 0.99).toFixed(1),
      median(turns).toFixed(1),
      median(insertions).toFixed(1),
    ],
    ...[Math.round(median(rounds)).toLocaleString('en'), Math.round(median(rounds) / choice).toLocaleString('en')],
    heap.toFixed(0),
  ];
  process.stdout.write(`| ${cells.join(' | ')} |\n`);
}
const growth = medians.at(-1)! / medians[0]!;
const logarithm = Math.log(SIZES.at(-1)!) / Math.log(SIZES[0]!);
process.stdout.write(
  `From ${SIZES[0]!.toLocaleString('en')} to ${SIZES.at(-1)!.toLocaleString('en')} steps the choice costs ${growth.toFixed(2)} times as much; the logarithm grows ${logarithm.toFixed(2)} times.\n`,
);
