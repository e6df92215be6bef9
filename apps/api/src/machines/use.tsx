import type { MachineUse, MachineView } from '#read-model';
import { machinePath } from '../ui/links.js';
import { percent } from '../ui/percent.js';
import { Table } from '../ui/table.js';

/** What machines did until a moment (Unix milliseconds), by spans of equal length. */
export type DayOfUse = Readonly<{ atMs: number; spanMs: number; machines: readonly MachineUse[] }>;

const HOUR = 3_600_000;
/** Hours that a column of the table of numbers sums up. */
const TOGETHER = 3;
const [STEP, HEIGHT] = [10, 24];

/** Parts of a machine's slots that were taken, 0 to 1, by spans; one that ran nothing: nothing. */
const partsOf = ({ name, configuration }: MachineView, { machines, spanMs }: DayOfUse, spans: number): number[] => {
  const busy = machines.find(({ machine }) => machine === name)?.busyMs;
  const all = Math.max(1, configuration.slots) * spanMs;
  // A machine that had more slots then was no busier than full.
  return Array.from({ length: spans }, (_, span) => Math.min(1, (busy?.[span] ?? 0) / all));
};

const mean = (parts: readonly number[]): number => parts.reduce((sum, part) => sum + part, 0) / parts.length;

const Strip = ({ parts, label }: { parts: readonly number[]; label: string }): JSX.Element => (
  <svg
    class="use"
    viewBox={`0 0 ${parts.length * STEP} ${HEIGHT}`}
    preserveAspectRatio="none"
    role="img"
    aria-label={label}
  >
    <rect class="bar-idle" x="0" y="0" width={parts.length * STEP} height={HEIGHT} />
    {parts.flatMap((part, span) =>
      part <= 0
        ? []
        : [
            <rect
              class="bar-live"
              x={span * STEP}
              y={(HEIGHT - Math.max(2, part * HEIGHT)).toFixed(1)}
              width={STEP - 1}
              height={Math.max(2, part * HEIGHT).toFixed(1)}
            />,
          ],
    )}
  </svg>
);

/** How much of its slots each machine used in the last day, a row each, and the same as numbers. */
export const MachineDay = ({ all, use }: { all: readonly MachineView[]; use: DayOfUse }): JSX.Element => {
  const spans = Math.round((24 * HOUR) / use.spanMs);
  const rows = all.map((machine) => ({ name: machine.name, parts: partsOf(machine, use, spans) }));
  const columns = Array.from({ length: spans / TOGETHER }, (_, index) => index * TOGETHER);
  return (
    <>
      <Table caption="Slots taken in the last 24 hours" heads={['Machine', 'Oldest hour left, newest right', 'Mean']}>
        {rows.map(({ name, parts }) => (
          <tr>
            <th scope="row">
              <a href={machinePath(name)} safe>
                {name}
              </a>
            </th>
            <td class="strip">
              <Strip
                parts={parts}
                label={`${name}: ${percent(mean(parts))} of its slots taken in the last 24 hours, at most ${percent(Math.max(...parts))} in an hour`}
              />
            </td>
            <td class="number" safe>
              {percent(mean(parts))}
            </td>
          </tr>
        ))}
      </Table>
      <details>
        <summary>The same as numbers</summary>
        <Table
          caption="Part of its slots that was taken, three hours each"
          heads={['Machine', ...columns.map((first) => `${spans - first} to ${spans - first - TOGETHER} h ago`)]}
          hideCaption
        >
          {rows.map(({ name, parts }) => (
            <tr>
              <th scope="row" safe>
                {name}
              </th>
              {columns.map((first) => (
                <td class="number" safe>
                  {percent(mean(parts.slice(first, first + TOGETHER)))}
                </td>
              ))}
            </tr>
          ))}
        </Table>
      </details>
    </>
  );
};
