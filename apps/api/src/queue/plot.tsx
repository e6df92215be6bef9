import { addDurations, countDurations, type Durations, type HourOfQueue, quantileBound } from '#read-model';
import { Bars } from '../ui/bars.js';
import { plural } from '../ui/bytes.js';
import { belowWords } from '../ui/durations.js';
import { Hour, Table } from '../ui/table.js';

/** Longest bar of a wait: what lies beyond the last bound has no length of its own. */
const MONTH_MS = 30 * 86_400_000;

const most = (numbers: readonly number[]): number => Math.max(0, ...numbers);
const cut = (ms: number | undefined): number => Math.min(ms ?? 0, MONTH_MS);

/** How long half and nearly all of them waited, in a sentence. */
const waitWords = (waits: Durations): string => {
  const began = countDurations(waits);
  if (began === 0) return 'no build began';
  return `of ${plural(began, 'build')} that began, half waited ${belowWords(waits, 0.5)}, 95 % ${belowWords(waits, 0.95)}, all ${belowWords(waits, 1)}`;
};

/** How long the queue was, and how long builds waited, in each of the last hours, and the same as numbers. `hours`: oldest first. */
export const QueueDay = ({ hours }: { hours: readonly HourOfQueue[] }): JSX.Element => {
  const [first, last] = [hours[0], hours.at(-1)];
  if (!first || !last) return '';
  const all = addDurations(hours.map(({ waits }) => waits));
  const depths = hours.map(({ depth }) => depth);
  if (most(depths) === 0 && hours.every(({ queued, ended }) => queued + ended === 0))
    return <p class="muted" safe>{`Nothing was queued in the last ${hours.length} hours.`}</p>;
  const depth = `${plural(last.depth, 'build')} now, at most ${most(depths)} at the end of an hour`;
  const waits = waitWords(all);
  return (
    <section class="hours" aria-label="Queue by hour">
      <div class="plots pair">
        <Bars
          label={`Unfinished builds at the end of each of the last ${hours.length} hours, oldest left: ${first.depth} at first, ${depth}`}
          caption={`Unfinished builds in the last ${hours.length} hours: ${depth}.`}
          stacks={depths.map((depth) => [depth])}
          tones={['live']}
        />
        <Bars
          label={`Wait of the builds that began in each of the last ${hours.length} hours, oldest left, up to half of them below and up to 95 % above: ${waits}`}
          caption={`Wait in the last ${hours.length} hours: ${waits}.`}
          stacks={hours.map(({ waits }) => {
            const [half, nearly] = [cut(quantileBound(waits, 0.5)), cut(quantileBound(waits, 0.95))];
            return [half, nearly - half];
          })}
          tones={['live', 'warn']}
        />
      </div>
      <details>
        <summary>The plots as numbers, and how they are made</summary>
        <p class="muted">
          A build waits from when it was queued, or restarted, until its own derivation is begun; what needed no build
          of its own, or never began, counts in no wait. Builds are counted exactly; a wait is known to its place in a
          row of bounds, of which each is at most half as long again as the one before it, so that “less than” may be
          that much too long, and never too short.
        </p>
        <Table
          caption="Queue by hour (UTC)"
          heads={['Hour', 'Joined', 'Left', 'Unfinished at its end', 'Began', 'Half waited', '95 % waited']}
          hideCaption
        >
          {hours.toReversed().map(({ hourMs, queued, ended, depth, waits }) => (
            <tr>
              <Hour ms={hourMs} />
              <td class="number">{queued}</td>
              <td class="number">{ended}</td>
              <td class="number">{depth}</td>
              <td class="number">{countDurations(waits)}</td>
              <td safe>{belowWords(waits, 0.5)}</td>
              <td safe>{belowWords(waits, 0.95)}</td>
            </tr>
          ))}
        </Table>
      </details>
    </section>
  );
};
