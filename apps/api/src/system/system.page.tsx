import type { NameOf } from '../audit/audit.json.js';
import type { PageContext } from '../http/page-context.js';
import { HostLoadWords, hostOf } from '../scheduler/host-load.js';
import { plural } from '../ui/bytes.js';
import { Layout, Live } from '../ui/layout.js';
import { Fact, Facts, Table } from '../ui/table.js';
import { duration, Time } from '../ui/time.js';
import { Subject } from '../audit/audit.page.js';
import { auditWords } from '../audit/words.js';
import type { Cause } from './causes.js';
import type { Operations, SystemState } from './farm-state.js';
import { Operate } from './operations.js';
import { EventsPerHour, Projections } from './plot.js';

/** The projector gives a sign of life every two seconds. */
const SILENT_MS = 10_000;
/** A log that is written to is always a little ahead. */
const LATE_MS = 10_000;

/** What is wrong, in words; nothing: all is well. */
export const troublesOf = (state: SystemState, now: number): readonly string[] => {
  const { projector, projections, workerLeads, queueRunner, parked } = state;
  const late = projections.filter(({ behindSinceMs }) => behindSinceMs !== null && now - behindSinceMs > LATE_MS);
  return [
    ...(projector && projector.ageMs <= SILENT_MS
      ? []
      : [projector ? `the projector is silent for ${duration(projector.ageMs)}` : 'no projector ever ran']),
    ...(late.length === 0 ? [] : [`${plural(late.length, 'projection')} behind the log`]),
    ...(workerLeads ? [] : ['no worker is at work']),
    ...(queueRunner['status'] === 'up' ? [] : ['no queue runner leads']),
    ...(parked === 0 ? [] : [`${plural(parked, 'event')} parked`]),
  ];
};

const word = (value: unknown): string => (typeof value === 'string' ? value : 'not told');
const number = (value: unknown): string => (typeof value === 'number' ? String(value) : 'not told');

/** What `/queue-runner-status` says, for people. */
const QueueRunner = ({ said, now }: { said: SystemState['queueRunner']; now: number }): JSX.Element => {
  const host = hostOf(said);
  const { status, policy, builds, pending, steps, runnable, running, sinceMs, error } = said;
  if (status !== 'up')
    return (
      <p>
        <span class="status bad">⊗ no answer</span>{' '}
        <span safe>
          {status === 'unreachable'
            ? 'No queue runner leads at the moment: nothing new is begun.'
            : `It cannot be understood${typeof error === 'string' ? `: ${error}` : ''}.`}
        </span>
      </p>
    );
  return (
    <Facts>
      <Fact term="State">
        <span class="status good">✓ leads</span>{' '}
        {typeof sinceMs === 'number' && (
          <>
            since <Time ms={sinceMs} now={now} />
          </>
        )}
      </Fact>
      <Fact term="Policy">
        <a href="/scheduler" safe>
          {word(policy)}
        </a>
      </Fact>
      <Fact term="Builds it knows">
        <span safe>{`${number(builds)}, ${number(pending)} of them not in the graph yet`}</span>
      </Fact>
      <Fact term="Steps">
        <span safe>{`${number(steps)} wanted, ${number(runnable)} could begin, ${number(running)} run`}</span>
      </Fact>
      {host !== undefined && (
        <Fact term="Its host">
          <HostLoadWords host={host} />
        </Fact>
      )}
    </Facts>
  );
};

/** The newest causes: what a push or a command led to, under one correlation. */
const Causes = (props: { causes: readonly Cause[]; nameOf: NameOf; now: number }): JSX.Element => {
  const { causes, nameOf, now } = props;
  if (causes.length === 0) return <p>Nothing happened yet that the audit holds.</p>;
  return (
    <Table
      caption="Newest causes, and what each led to"
      heads={['What', 'About', 'By', 'Events', 'Newest', 'Correlation']}
    >
      {causes.map(({ correlationId, first, newest, events }) => (
        <tr>
          <th scope="row">
            <a href={`/audit/${first.id}`} safe>
              {auditWords(first, nameOf)}
            </a>
          </th>
          <td>
            <Subject entry={first} />
          </td>
          <td safe>{first.actor.kind === 'system' ? first.actor.id : nameOf(first.actor.id)}</td>
          <td class="number">{events}</td>
          <td>
            <Time ms={newest.atMs} now={now} />
          </td>
          <td>
            <a href={`/audit?correlation=${encodeURIComponent(correlationId)}`}>
              <code safe>{correlationId.slice(0, 13)}</code>
            </a>
          </td>
        </tr>
      ))}
    </Table>
  );
};

/** Is Iolaus itself well? */
export const SystemPage = (props: {
  page: PageContext;
  state: SystemState;
  /** for whom it concerns */
  operations: Operations | undefined;
  /** for who is signed in */
  causes: readonly Cause[] | undefined;
  nameOf: NameOf;
}): JSX.Element => {
  const { page, state, operations, causes, nameOf } = props;
  const { now } = page;
  const { head, projector, workerLeads, queueRunner } = state;
  const troubles = troublesOf(state, now);
  return (
    <Layout page={page} title="System" live>
      <h1>System</h1>
      <Live id="system-live">
        <div class={`outcome ${troubles.length === 0 ? 'good' : 'bad'}`}>
          <p>
            {troubles.length === 0 ? (
              <span class="status good">✓ all parts are at work</span>
            ) : (
              <>
                <span class="status bad">✗ not all is well</span> <span safe>{`${troubles.join('; ')}.`}</span>
              </>
            )}
          </p>
        </div>
        <Facts>
          <Fact term="Position of the log">
            <span>{head}</span>
          </Fact>
          <Fact term="Read model">
            <span>{projector ? `up to ${projector.position}` : 'empty'}</span>
          </Fact>
          <Fact term="Projector">
            <span>{projector ? `heard of ${duration(projector.ageMs)} ago` : 'never ran'}</span>
          </Fact>
          <Fact term="Worker">{workerLeads ? 'at work' : 'none is at work'}</Fact>
          <Fact term="Parked events">
            <span safe>{state.parked === 0 ? 'none' : plural(state.parked, 'event')}</span>
          </Fact>
        </Facts>
        <h2>Log and read model</h2>
        <EventsPerHour log={state.log} now={now} />
        <Projections all={state.projections} head={head} now={now} />
        <h2>Queue runner</h2>
        <QueueRunner said={queueRunner} now={now} />
        {operations !== undefined && <Operate {...{ operations, parkedInAll: state.parked, head, now }} />}
        {causes !== undefined && (
          <>
            <h2>Events by what caused them</h2>
            <Causes causes={causes} nameOf={nameOf} now={now} />
          </>
        )}
        <p class="muted">
          For Prometheus: <a href="/prometheus">the farm</a>, <a href="/metrics">this web server</a>. For probes:{' '}
          <a href="/healthz">health</a>.{operations === undefined && ' Administrators see more here, signed in.'}
        </p>
      </Live>
    </Layout>
  );
};
