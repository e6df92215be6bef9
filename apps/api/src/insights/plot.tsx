import { countDurations, DURATION_BOUNDS, type Durations } from '#read-model';
import { Bars } from '../ui/bars.js';
import { plural } from '../ui/bytes.js';
import { belowWords } from '../ui/durations.js';
import { percent } from '../ui/percent.js';
import { Table } from '../ui/table.js';
import { duration } from '../ui/time.js';
import type { DayOfBuilds } from './insights.js';

const rangeOf = (bucket: number): string => {
  const [from, till] = [DURATION_BOUNDS[bucket - 1], DURATION_BOUNDS[bucket]];
  if (till === undefined) return `${duration(from!)} or longer`;
  return from === undefined ? `less than ${duration(till)}` : `${duration(from)} to ${duration(till)}`;
};

/** How durations are spread, from the shortest to the longest, and the same as numbers. `what`: `waited` or `ran`. */
export const Distribution = (props: { title: string; what: string; durations: Durations }): JSX.Element => {
  const { title, what, durations } = props;
  const used = [...durations.keys()].filter((bucket) => durations[bucket]! > 0);
  const [first, last] = [used[0], used.at(-1)];
  if (first === undefined || last === undefined) return <p class="muted" safe>{`${title}: no build of its own.`}</p>;
  const shown = durations.slice(first, last + 1);
  const all = countDurations(durations);
  const words = `half of ${plural(all, 'build')} ${what} ${belowWords(durations, 0.5)}, 95 % ${belowWords(durations, 0.95)}, all ${belowWords(durations, 1)}`;
  return (
    <div>
      <Bars
        label={`${title}, how many builds by how long, shortest left: ${words}`}
        caption={`${title}: ${words}.`}
        stacks={shown.map((builds) => [builds])}
        tones={['live']}
      />
      <details>
        <summary safe>{`${title} as numbers`}</summary>
        <Table caption={title} hideCaption heads={['How long', 'Builds', 'Part']}>
          {shown.map((builds, index) => (
            <tr>
              <th scope="row" safe>
                {rangeOf(first + index)}
              </th>
              <td class="number">{builds}</td>
              <td class="number" safe>
                {percent(builds / all)}
              </td>
            </tr>
          ))}
        </Table>
      </details>
    </div>
  );
};

const rateOf = ({ succeeded, there }: Pick<DayOfBuilds, 'succeeded' | 'there'>): string =>
  succeeded === 0 ? '' : percent(there / succeeded);

/** How many builds had their outputs there already, by day, and the same as numbers. */
export const CacheHits = ({ days }: { days: readonly DayOfBuilds[] }): JSX.Element => {
  const succeeded = days.reduce((sum, day) => sum + day.succeeded, 0);
  const there = days.reduce((sum, day) => sum + day.there, 0);
  if (succeeded === 0) return <p class="muted">Cache hits: no build succeeded in these days.</p>;
  const words = `${percent(there / succeeded)}: of ${plural(succeeded, 'build')} that succeeded, ${there} had their outputs there already`;
  return (
    <div>
      <Bars
        label={`Cache hit rate ${words}; by day, oldest left, those that were there below, those that were built above`}
        caption={`Cache hit rate ${words} (below; above: those that were built).`}
        stacks={days.map((day) => [day.there, day.succeeded - day.there])}
        tones={['good', 'live']}
      />
      <details>
        <summary>Cache hits as numbers</summary>
        <Table
          caption="Builds that succeeded by day (UTC)"
          hideCaption
          heads={['Day', 'Succeeded', 'There already', 'Rate']}
        >
          {days.toReversed().map(({ dayMs, ...day }) => {
            const name = new Date(dayMs).toISOString().slice(0, 10);
            return (
              <tr>
                <th scope="row">
                  <time datetime={name} safe>
                    {name}
                  </time>
                </th>
                <td class="number">{day.succeeded}</td>
                <td class="number">{day.there}</td>
                <td class="number" safe>
                  {rateOf(day)}
                </td>
              </tr>
            );
          })}
        </Table>
      </details>
    </div>
  );
};
