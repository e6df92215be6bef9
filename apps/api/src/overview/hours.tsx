import type { HourOfBuilds } from '#read-model';
import { Bars } from '../ui/bars.js';
import { plural } from '../ui/bytes.js';
import { Hour as HourHead, Table } from '../ui/table.js';

/** Builds that finished in one hour, which begins at `hourMs` (Unix milliseconds). */
export type Hour = Readonly<{ hourMs: number; succeeded: number; failed: number; other: number }>;

/** What says nothing about the job itself: as in the groups of an evaluation. */
const OTHER = ['aborted', 'cancelled', 'timed-out', 'log-limit-exceeded', 'unsupported'] as const;

/** The outcomes of an hour in three: succeeded, failed, and ended for another reason. */
export const hourOf = ({ hourMs, outcomes }: HourOfBuilds): Hour => {
  const all = Object.values(outcomes).reduce((sum, count) => sum + count, 0);
  const succeeded = outcomes.succeeded ?? 0;
  const other = OTHER.reduce((sum, status) => sum + (outcomes[status] ?? 0), 0);
  return { hourMs, succeeded, failed: all - succeeded - other, other };
};

/** What finished in the last hours, by outcome, and the same as numbers. `hours`: oldest first. */
export const FinishedPerHour = ({ hours }: { hours: readonly Hour[] }): JSX.Element => {
  const sum = (of: (hour: Hour) => number): number => hours.reduce((all, hour) => all + of(hour), 0);
  const [succeeded, failed, other] = [sum((h) => h.succeeded), sum((h) => h.failed), sum((h) => h.other)];
  const [first, last] = [hours[0], hours.at(-1)];
  if (!first || !last) return '';
  if (succeeded + failed + other === 0)
    return <p class="muted" safe>{`No build finished in the last ${hours.length} hours.`}</p>;
  const most = Math.max(...hours.map((hour) => hour.succeeded + hour.failed + hour.other));
  const words = `✓ ${succeeded} succeeded, ✗ ${failed} failed, ⊘ ${other} ended otherwise`;
  return (
    <section class="hours" aria-label="Finished builds by hour">
      <Bars
        label={`Builds finished in each of the last ${hours.length} hours, oldest left: ${succeeded} succeeded, ${failed} failed, ${other} ended otherwise; at most ${most} in an hour`}
        caption={`Finished in the last ${hours.length} hours, from the bottom: ${words}; at most ${most} in an hour.`}
        stacks={hours.map((hour) => [hour.succeeded, hour.failed, hour.other])}
        tones={['good', 'bad', 'warn']}
      />
      <details>
        <summary>The same as numbers</summary>
        <Table
          caption={`${plural(succeeded + failed + other, 'build')} by hour (UTC)`}
          heads={['Hour', 'Succeeded', 'Failed', 'Otherwise']}
          hideCaption
        >
          {hours.toReversed().map((hour) => (
            <tr>
              <HourHead ms={hour.hourMs} />
              <td class="number">{hour.succeeded}</td>
              <td class="number">{hour.failed}</td>
              <td class="number">{hour.other}</td>
            </tr>
          ))}
        </Table>
      </details>
    </section>
  );
};
