import { StatusBadge } from '../ui/status.js';
import { Table } from '../ui/table.js';
import { duration, Time } from '../ui/time.js';
import type { Run } from './runs.js';

/** Every time that a build was in the queue, newest first; nothing where it was there once only. */
export const Runs = ({
  runs,
  nameOf,
  now,
}: {
  runs: readonly Run[];
  /** what people call a user, by the opaque id */
  nameOf: (id: string) => string;
  now: number;
}): JSX.Element => {
  if (runs.length <= 1) return '';
  return (
    <Table caption="Runs" heads={['Run', 'Status', 'Queued', 'Took', 'Restarted by', 'Reason']}>
      {runs.toReversed().map(({ nr, status, queuedAtMs, startedAtMs, stoppedAtMs, actorId, reason }) => (
        <tr>
          <th scope="row" class="number">
            {nr}
          </th>
          <td>
            <StatusBadge status={status ?? 'queued'} />
          </td>
          <td>
            <Time ms={queuedAtMs} now={now} />
          </td>
          <td safe>{startedAtMs === null || stoppedAtMs === null ? '' : duration(stoppedAtMs - startedAtMs)}</td>
          <td safe>{actorId === null ? '' : nameOf(actorId)}</td>
          <td class="words" safe>
            {reason ?? ''}
          </td>
        </tr>
      ))}
    </Table>
  );
};
