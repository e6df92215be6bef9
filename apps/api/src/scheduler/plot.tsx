import type { JobsetSeries, UsageSeries } from '#read-model';
import { jobsetPath } from '../ui/links.js';
import { percent } from '../ui/percent.js';
import { Table } from '../ui/table.js';
import { partOf } from './usage.json.js';
import { utc } from './moment.js';

const [WIDTH, HEIGHT] = [240, 60];

/** Points of a line: fractions from the bottom to the top, even steps from left to right. */
const line = (fractions: readonly number[]): string =>
  fractions
    .map((fraction, i) => {
      const x = fractions.length === 1 ? 0 : (i / (fractions.length - 1)) * WIDTH;
      return `${Math.round(x)},${(HEIGHT - Math.min(1, fraction) * HEIGHT).toFixed(1)}`;
    })
    .join(' ');

const partsOf = (one: JobsetSeries, series: UsageSeries): readonly number[] =>
  one.usedMs.map((ms, i) => partOf(ms, series.usedMs[i]!));

const Plot = ({ one, series }: { one: JobsetSeries; series: UsageSeries }): JSX.Element => {
  const name = `${one.project}:${one.jobset}`;
  const used = partsOf(one, series);
  const label = `${name}: from ${percent(used[0] ?? 0)} to ${percent(used.at(-1) ?? 0)} of all use, at most ${percent(Math.max(...used))}; entitled to ${percent(one.entitlement.at(-1) ?? 0)} at the end`;
  return (
    <figure class="plot">
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={label}>
        <polygon class="plot-used" points={`0,${HEIGHT} ${line(used)} ${WIDTH},${HEIGHT}`} />
        <polyline class="plot-entitled" points={line(one.entitlement)} />
        <path class="plot-axis" d={`M0,0V${HEIGHT}H${WIDTH}`} />
      </svg>
      <figcaption>
        <a href={jobsetPath(one.project, one.jobset)} safe>
          {name}
        </a>{' '}
        <span safe>{`${percent(used.at(-1) ?? 0)} used, ${percent(one.entitlement.at(-1) ?? 0)} entitled`}</span>
      </figcaption>
    </figure>
  );
};

/** Every so many points have a row in the table: three hours. */
const ROW_EVERY = 6;

/** Entitlement against use over a day: a small plot a jobset, and the same as numbers. */
export const DayPlots = ({ series }: { series: UsageSeries }): JSX.Element => {
  if (series.jobsets.length === 0) return <p>Nothing was built in that time.</p>;
  const rows = series.atMs.map((_, i) => i).filter((i) => (series.atMs.length - 1 - i) % ROW_EVERY === 0);
  return (
    <>
      <p class="muted">
        Filled: the jobset’s part of all machine time in the window, 0 to 100 %. Dashed: what its shares entitle it to.
        From 24 hours before, left, to the moment, right.
      </p>
      <div class="plots">
        {series.jobsets.map((one) => (
          <Plot one={one} series={series} />
        ))}
      </div>
      <details>
        <summary>The same as numbers</summary>
        <Table
          caption="Part of all use, and entitlement, every three hours"
          heads={['Time', ...series.jobsets.map(({ project, jobset }) => `${project}:${jobset}`)]}
        >
          {rows.map((i) => (
            <tr>
              <th scope="row" safe>
                {utc(series.atMs[i]!)}
              </th>
              {series.jobsets.map((one) => (
                <td
                  class="number"
                  safe
                >{`${percent(partOf(one.usedMs[i]!, series.usedMs[i]!))} of ${percent(one.entitlement[i]!)}`}</td>
              ))}
            </tr>
          ))}
        </Table>
      </details>
    </>
  );
};
