import type { LogHours } from '#read-model';
import { Bars } from '../ui/bars.js';
import { plural } from '../ui/bytes.js';
import { Hour, Table } from '../ui/table.js';
import { duration } from '../ui/time.js';
import type { Projected } from './farm-state.js';
import { perSecond } from './system.json.js';

/** Types of events in their table. */
const TYPES = 12;

const rate = (perSecond: number): string => `${perSecond < 10 ? perSecond.toFixed(2) : Math.round(perSecond)} a second`;

/** How much was written to the log in each of the last hours, and the same as numbers. */
export const EventsPerHour = ({ log, now }: { log: LogHours; now: number }): JSX.Element => {
  const rates = log.hours.map(({ hourMs, events }) => perSecond(events, hourMs, now));
  const last = rates.at(-1);
  if (last === undefined) return '';
  const all = log.hours.reduce((sum, { events }) => sum + events, 0);
  const words = `${rate(last)} in this hour, at most ${rate(Math.max(...rates))}; ${plural(all, 'event')} in all`;
  return (
    <section class="hours" aria-label="Events of the log by hour">
      <Bars
        label={`Events per second in each of the last ${rates.length} hours, oldest left: ${words}`}
        caption={`Events per second in the last ${rates.length} hours, each hour on average: ${words}.`}
        // Thousandths: a bar of less than one is no bar.
        stacks={rates.map((one) => [1000 * one])}
        tones={['live']}
      />
      <details>
        <summary>The same as numbers, and which events they are</summary>
        <div class="side">
          <Table caption="Events by hour (UTC)" heads={['Hour', 'Events', 'A second']}>
            {log.hours
              .map(({ hourMs, events }, index) => (
                <tr>
                  <Hour ms={hourMs} />
                  <td class="number">{events}</td>
                  <td class="number" safe>
                    {rates[index]!.toFixed(2)}
                  </td>
                </tr>
              ))
              .toReversed()}
          </Table>
          <Table caption="Most frequent in these hours" heads={['Event', 'How many']}>
            {log.types.slice(0, TYPES).map(({ type, events }) => (
              <tr>
                <th scope="row">
                  <code safe>{type}</code>
                </th>
                <td class="number">{events}</td>
              </tr>
            ))}
          </Table>
        </div>
      </details>
    </section>
  );
};

/** How far each projection is behind the log: drawn where one is, and always as numbers. */
export const Projections = (props: { all: readonly Projected[]; head: bigint; now: number }): JSX.Element => {
  const { all, head, now } = props;
  const behind = all.map(({ behindSinceMs }) => (behindSinceMs === null ? 0 : Math.max(1, now - behindSinceMs)));
  const late = all.filter((_, index) => behind[index]! > 0);
  const most = Math.max(0, ...behind);
  const words =
    late.length === 0
      ? `All ${all.length} projections have all events up to position ${head}.`
      : `${late.length} of ${all.length} projections lack events, the oldest of them ${duration(most)} old: ${late.map(({ projection }) => projection).join(', ')}.`;
  return (
    <section aria-label="Projections">
      {late.length === 0 ? (
        <p safe>{words}</p>
      ) : (
        <Bars
          label={`Lag of each projection, by name: ${words}`}
          caption={words}
          stacks={behind.map((ms) => [ms])}
          tones={['warn']}
        />
      )}
      <details>
        <summary>Each projection</summary>
        <Table caption="Projections" hideCaption heads={['Projection', 'Version', 'Position', 'Behind']}>
          {all.map(({ projection, version, position }, index) => (
            <tr>
              <th scope="row">
                <code safe>{projection}</code>
              </th>
              <td class="number">{version}</td>
              <td class="number">{position}</td>
              <td>{behind[index]! > 0 ? duration(behind[index]!) : 'not at all'}</td>
            </tr>
          ))}
        </Table>
      </details>
    </section>
  );
};
