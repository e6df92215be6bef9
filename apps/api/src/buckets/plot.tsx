import type { BucketDay } from '#read-model';
import { AreaPlot } from '../ui/area-plot.js';
import { formatBytes } from '../ui/bytes.js';
import { Table } from '../ui/table.js';

/** What stood in a place at the end of each day, as a plot and as the table of the same numbers. */
export const SizePlot = ({ days }: { days: readonly BucketDay[] }): JSX.Element => {
  const first = days[0];
  const last = days.at(-1);
  if (!first || !last) return '';
  const most = Math.max(1, ...days.map(({ bytes }) => bytes));
  const points = days.map(({ bytes }, index) => ({ x: index / Math.max(1, days.length - 1), y: bytes / most }));
  const label = `Size from ${first.day} to ${last.day}: ${formatBytes(first.bytes)} at first, ${formatBytes(last.bytes)} at last, at most ${formatBytes(Math.max(...days.map(({ bytes }) => bytes)))}`;
  return (
    <figure class="size-plot">
      <AreaPlot label={label} points={points} />
      <figcaption safe>{label}</figcaption>
      <details>
        <summary>The same as a table</summary>
        <Table caption="Size by day (UTC)" heads={['Day', 'Size', 'Uploaded', 'Deleted']} hideCaption>
          {days.toReversed().map(({ day, bytes, uploaded, uploadedBytes, deleted, deletedBytes }) => (
            <tr>
              <th scope="row">
                <time datetime={day} safe>
                  {day}
                </time>
              </th>
              <td safe>{formatBytes(bytes)}</td>
              <td safe>{uploaded === 0 ? '' : `${uploaded} NARs, ${formatBytes(uploadedBytes)}`}</td>
              <td safe>{deleted === 0 ? '' : `${deleted} objects, ${formatBytes(deletedBytes)}`}</td>
            </tr>
          ))}
        </Table>
      </details>
    </figure>
  );
};
