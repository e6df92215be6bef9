import { StatusBadge } from '../ui/status.js';
import { Table } from '../ui/table.js';
import { duration, Time } from '../ui/time.js';
import type { Run } from './runs.js';

const by = (name: string, reason: string | null): string => `by ${name}${reason === null ? '' : `: ${reason}`}`;

/** Every time that a build was in the queue, newest first; nothing where it was there once only. */
export const Runs = ({
  runs,
  nameOf,
  isBuilding,
  now,
}: {
  runs: readonly Run[];
  /** what people call a user, by the opaque id */
  nameOf: (id: string) => string;
  /** whether a step of it runs, which the last run is then */
  isBuilding: boolean;
  now: number;
}): JSX.Element => {
  if (runs.length <= 1) return '';
  return (
    <Table caption="Runs" heads={['Run', 'Status', 'Queued', 'Took', 'Restarted', 'Cancelled']}>
      {runs.toReversed().map(({ nr, status, queuedAtMs, startedAtMs, stoppedAtMs, actorId, reason, cancelled }) => (
        <tr>
          <th scope="row" class="number">
            {nr}
          </th>
          <td>
            <StatusBadge status={status ?? (isBuilding ? 'running' : 'queued')} />
          </td>
          <td>
            <Time ms={queuedAtMs} now={now} />
          </td>
          <td safe>{startedAtMs === null || stoppedAtMs === null ? '' : duration(stoppedAtMs - startedAtMs)}</td>
          <td class="words" safe>
            {actorId === null ? '' : by(nameOf(actorId), reason)}
          </td>
          <td class="words" safe>
            {cancelled === null ? '' : by(nameOf(cancelled.actorId), cancelled.reason)}
          </td>
        </tr>
      ))}
    </Table>
  );
};
