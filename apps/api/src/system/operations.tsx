import type { ParkedEvent } from '#coordination';
import { ReleaseForm } from '../buckets/release.js';
import { formatBytes, plural } from '../ui/bytes.js';
import { Table } from '../ui/table.js';
import { Time } from '../ui/time.js';
import type { Operations } from './farm-state.js';

const Parked = (props: { parked: readonly ParkedEvent[]; all: number; now: number }): JSX.Element => {
  const { parked, all, now } = props;
  if (parked.length === 0) return <p>No event is parked: no duty gave up on any.</p>;
  return (
    <>
      <Table
        caption={`${plural(all, 'event')} that a duty gave up on`}
        heads={['Duty', 'Event', 'Since', 'Attempts', 'What went wrong', 'Release']}
      >
        {parked.map(({ consumer, eventId, type, stream, at, attempts, error, released }) => (
          <tr>
            <th scope="row" safe>
              {consumer}
            </th>
            <td>
              <code safe>{type}</code> <span safe>{`of ${stream}`}</span>
            </td>
            <td>
              <Time ms={Date.parse(at)} now={now} />
            </td>
            <td class="number">{attempts}</td>
            <td safe>{(error.split('\n')[0] ?? '').slice(0, 300)}</td>
            <td>
              {released ? (
                'released, tried again soon'
              ) : (
                <ReleaseForm
                  action="/system/release"
                  label="Release"
                  about={`${type} of ${stream} for ${consumer}`}
                  fields={{ consumer, event: eventId }}
                />
              )}
            </td>
          </tr>
        ))}
      </Table>
      {all > parked.length && (
        <p>
          <span safe>{`${all - parked.length} more: `}</span>
          <code>npx iolaus parked list</code>
        </p>
      )}
    </>
  );
};

/** Who does what, what waits for an operator, and how much room it takes. */
export const Operate = (props: {
  operations: Operations;
  /** parked events in all */
  parkedInAll: number;
  head: bigint;
  now: number;
}): JSX.Element => {
  const { operations, parkedInAll, head, now } = props;
  const { duties, storage, logs, parked } = operations;
  return (
    <>
      <h2>Parked events</h2>
      <Parked parked={parked} all={parkedInAll} now={now} />
      <h2>Duties</h2>
      <Table caption="Who leads what" hideCaption heads={['Duty', 'Leader', 'Connected', 'Handled up to']}>
        {duties.map(({ name, leader, position }) => (
          <tr>
            <th scope="row" safe>
              {name}
            </th>
            <td>
              {leader ? (
                <span safe>{`database process ${leader.pid}, from ${leader.address ?? 'a local socket'}`}</span>
              ) : (
                'nobody'
              )}
            </td>
            <td>{leader ? <Time ms={leader.connectedAtMs} now={now} /> : ''}</td>
            <td safe>{position === undefined ? '' : `${position} of ${head}`}</td>
          </tr>
        ))}
      </Table>
      <h2>Storage</h2>
      <Table caption="Room that it takes" hideCaption heads={['What', 'Size']}>
        <tr>
          <th scope="row">The database</th>
          <td class="number" safe>
            {formatBytes(storage.bytes)}
          </td>
        </tr>
        {storage.schemas.map(({ schema, bytes }) => (
          <tr>
            <th scope="row">
              its schema <code safe>{schema}</code>
            </th>
            <td class="number" safe>
              {formatBytes(bytes)}
            </td>
          </tr>
        ))}
        <tr>
          <th scope="row" safe>{`${plural(logs.logs, 'log')}, as they were written`}</th>
          <td class="number" safe>
            {formatBytes(logs.bytes)}
          </td>
        </tr>
      </Table>
      <p class="muted">
        The log store compresses what is written. What the caches hold stands at the <a href="/buckets">buckets</a>.
      </p>
    </>
  );
};
