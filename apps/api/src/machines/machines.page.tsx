import type { Notice } from '#coordination';
import type { DispatchView, MachineView } from '#read-model';
import type { PageContext } from '../http/page-context.js';
import { HostLoadWords } from '../scheduler/host-load.js';
import { plural } from '../ui/bytes.js';
import { derivationName } from '../ui/derivation-name.js';
import { Layout, Live } from '../ui/layout.js';
import { buildPath, machinePath } from '../ui/links.js';
import { StatusBadge } from '../ui/status.js';
import { Fact, Facts, Table } from '../ui/table.js';
import { duration, Time } from '../ui/time.js';
import { AddMachine, MachineActions } from './machine-forms.js';
import { type DayOfUse, MachineDay } from './use.js';
import { hostLoadOf, type MachineContext, type MachineState, queuedFor, stateOf } from './machine.json.js';

const LOOKS: Readonly<Record<MachineState, readonly [glyph: string, word: string, tone: string]>> = {
  idle: ['✓', 'ready', 'good'],
  busy: ['▶', 'building', 'live'],
  full: ['▶', 'building, no slot free', 'live'],
  resting: ['◷', 'left alone after a failure', 'warn'],
  disabled: ['⊘', 'disabled', 'warn'],
  removed: ['⊗', 'removed', 'idle'],
};

const SOURCES = { default: 'this host, by default', file: 'the machines file', rest: 'an administrator' } as const;

const StateBadge = ({ machine, nowMs }: { machine: MachineView; nowMs: number }): JSX.Element => {
  const [glyph, word, tone] = LOOKS[stateOf(machine, nowMs)];
  return (
    <span class={`status ${tone}`}>
      <span aria-hidden="true" safe>
        {glyph}
      </span>{' '}
      <span safe>{word}</span>
    </span>
  );
};

/** Why it does not work, or did not the last time. */
const Trouble = ({
  machine,
  context,
  now,
}: {
  machine: MachineView;
  context: MachineContext;
  now: number;
}): JSX.Element => {
  const { disabled, switchedBy, switchedReason, switchedAtMs, disabledUntilMs, failedAtMs, error, lastAbort } = machine;
  return (
    <>
      {disabled && switchedBy !== null && switchedAtMs !== null && (
        <p>
          <span
            safe
          >{`Disabled by ${switchedBy.kind === 'user' ? context.nameOf(switchedBy.id) : switchedBy.id}`}</span>{' '}
          <Time ms={switchedAtMs} now={now} />
          {switchedReason !== null && <span safe>{`: ${switchedReason}`}</span>}
        </p>
      )}
      {disabledUntilMs > now && (
        <p>
          <span safe>{`${plural(machine.failures, 'failure')} in a row; tried again `}</span>
          <Time ms={disabledUntilMs} now={now} />
        </p>
      )}
      {failedAtMs !== null && (
        <p class={disabledUntilMs > now ? '' : 'muted'}>
          Last failure <Time ms={failedAtMs} now={now} />: <span safe>{(error ?? '').slice(0, 300)}</span>
        </p>
      )}
      {lastAbort !== null && (
        <p class="muted">
          Last aborted step <Time ms={lastAbort.stoppedAtMs} now={now} />:{' '}
          <a href={`${buildPath(lastAbort.buildId)}/step/${lastAbort.nr}`} safe>
            {derivationName(lastAbort.drvPath)}
          </a>
          <span safe>{lastAbort.error === null ? '' : `: ${lastAbort.error.slice(0, 300)}`}</span>
        </p>
      )}
    </>
  );
};

const RunningHere = ({
  machine,
  context,
  now,
}: {
  machine: MachineView;
  context: MachineContext;
  now: number;
}): JSX.Element => {
  const steps = context.running.filter((step) => step.machine === machine.name);
  return (
    <>
      {steps.map((step) => (
        <div>
          <a href={buildPath(step.buildId)} safe>{`#${step.buildId}`}</a>{' '}
          <span
            safe
          >{`${step.drvPath.slice(step.drvPath.lastIndexOf('/') + 34)} for ${duration(now - (step.startedAtMs ?? now))}`}</span>
        </div>
      ))}
    </>
  );
};

/** What waits for it, or for one like it, and how busy its host is where that is measured. */
const Load = ({ machine, context }: { machine: MachineView; context: MachineContext }): JSX.Element => {
  const host = hostLoadOf(machine, context);
  return (
    <>
      <div class="nowrap" safe>
        {`${plural(queuedFor(machine, context), 'build')} queued`}
      </div>
      {host !== undefined && <HostLoadWords host={host} />}
    </>
  );
};

/** Words that are not broken apart. */
const Words = ({ words }: { words: readonly string[] }): JSX.Element => (
  <td>
    {words.map((word) => (
      <div class="nowrap" safe>
        {word}
      </div>
    ))}
  </td>
);

/** Who is working: every machine, what it does now, and why it does not. */
export const MachinesPage = (props: {
  page: PageContext;
  machines: readonly MachineView[];
  context: MachineContext;
  notice: Notice | undefined;
  use: DayOfUse;
}): JSX.Element => {
  const { page, machines, context, notice, use } = props;
  const { now } = page;
  return (
    <Layout page={page} title="Machines" live>
      <h1>Machines</h1>
      <Live id="machines-live">
        {notice !== undefined && (
          <article role="alert">
            <strong>The machines file is broken; the machines stay as they were.</strong>{' '}
            <Time ms={notice.sinceMs} now={now} />
            <pre safe>{notice.message}</pre>
          </article>
        )}
        {machines.length === 0 ? (
          <p>No machine takes part yet: a queue runner that leads adds this host, or those of the machines file.</p>
        ) : (
          <Table
            caption={plural(machines.length, 'machine')}
            heads={[
              'Machine',
              'State',
              'Slots taken',
              'Load',
              'Systems',
              'Features',
              'Speed',
              'Running now',
              'Trouble',
            ]}
          >
            {machines.map((machine) => {
              const { name, configuration, running } = machine;
              const mandatory = configuration.mandatoryFeatures.map((feature) => `${feature} (mandatory)`);
              return (
                <tr>
                  <th scope="row">
                    <a href={machinePath(name)} safe>
                      {name}
                    </a>
                  </th>
                  <td>
                    <StateBadge machine={machine} nowMs={now} />
                  </td>
                  <td class="number" safe>{`${running} of ${configuration.slots}`}</td>
                  <td>
                    <Load machine={machine} context={context} />
                  </td>
                  <Words words={configuration.systems} />
                  <Words words={[...configuration.features, ...mandatory]} />
                  <td class="number">{configuration.speedFactor}</td>
                  <td>
                    <RunningHere machine={machine} context={context} now={now} />
                  </td>
                  <td>
                    <Trouble machine={machine} context={context} now={now} />
                  </td>
                </tr>
              );
            })}
          </Table>
        )}
        {machines.length > 0 && <MachineDay all={machines} use={use} />}
      </Live>
      {context.manages && <AddMachine page={page} />}
    </Layout>
  );
};

/** One machine: what it is, what it does and did, and how to take it out of use. */
export const MachinePage = (props: {
  page: PageContext;
  machine: MachineView;
  context: MachineContext;
  recent: readonly DispatchView[];
  use: DayOfUse;
}): JSX.Element => {
  const { page, machine, context, recent, use } = props;
  const { name, configuration, source, running } = machine;
  const { now } = page;
  return (
    <Layout page={page} title={name} crumbs={[{ href: '/machines', text: 'Machines' }]} live>
      <h1 safe>{name}</h1>
      {context.manages && <MachineActions machine={machine} />}
      <Live id="machine-live">
        <p>
          <StateBadge machine={machine} nowMs={now} />
        </p>
        <Trouble machine={machine} context={context} now={now} />
        <Facts>
          <Fact term="Address">
            <code safe>{configuration.uri}</code>
          </Fact>
          <Fact term="Known from">
            <span>{SOURCES[source]}</span>
          </Fact>
          <Fact term="Slots taken">
            <span safe>{`${running} of ${configuration.slots}`}</span>
          </Fact>
          <Fact term="Queued for its systems, and load">
            <Load machine={machine} context={context} />
          </Fact>
          <Fact term="Systems">
            <span safe>{configuration.systems.join(', ')}</span>
          </Fact>
          <Fact term="Features">
            <span safe>{configuration.features.join(', ') || 'none'}</span>
          </Fact>
          <Fact term="Mandatory features">
            <span safe>{configuration.mandatoryFeatures.join(', ') || 'none'}</span>
          </Fact>
          <Fact term="Speed factor">{configuration.speedFactor}</Fact>
          <Fact term="As it is since">
            <Time ms={machine.changedAtMs} now={now} />
          </Fact>
        </Facts>
        <MachineDay all={[machine]} use={use} />
        {recent.length === 0 ? (
          <p>It ran no step yet.</p>
        ) : (
          <Table caption="Its latest steps" heads={['Build', 'Derivation', 'Slot', 'Status', 'Began', 'Took']}>
            {recent.map((step) => (
              <tr>
                <th scope="row">
                  <a href={buildPath(step.buildId)} safe>{`#${step.buildId}`}</a>
                </th>
                <td>
                  <code safe>{step.drvPath.slice(step.drvPath.lastIndexOf('/') + 34)}</code>
                </td>
                <td class="number">{step.slot}</td>
                <td>
                  <StatusBadge status={step.status ?? 'running'} />
                </td>
                <td>
                  <Time ms={step.startedAtMs} now={now} />
                </td>
                <td safe>{duration((step.stoppedAtMs ?? now) - step.startedAtMs)}</td>
              </tr>
            ))}
          </Table>
        )}
      </Live>
    </Layout>
  );
};
