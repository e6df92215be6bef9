import type { BuildView, StepView } from '#read-model';
import type { PageContext } from '../http/page-context.js';
import { crumbsToBuild } from '../ui/crumbs.js';
import { formatBytes } from '../ui/bytes.js';
import { derivationName } from '../ui/derivation-name.js';
import { Layout, Live } from '../ui/layout.js';
import { buildPath } from '../ui/links.js';
import { StatusBadge } from '../ui/status.js';
import { Fact, Facts, Table } from '../ui/table.js';
import { duration, Elapsed, Time } from '../ui/time.js';
import { stepPath } from './step.json.js';

const Attempts = ({ attempts, step, now }: { attempts: readonly StepView[]; step: StepView; now: number }) => {
  const others = attempts.filter(({ buildId, nr }) => buildId !== step.buildId || nr !== step.nr);
  if (others.length === 0) return '';
  return (
    <Table
      caption="Other attempts at the same derivation"
      heads={['Attempt', 'Status', 'Step', 'Machine', 'Started', 'Took']}
    >
      {others.map((one) => (
        <tr>
          <td class="number">{one.attempt}</td>
          <td>
            <StatusBadge status={one.status ?? 'running'} />
          </td>
          <th scope="row">
            <a href={stepPath(one)} safe>{`step ${one.nr} of build #${one.buildId}`}</a>
          </th>
          <td safe>{one.machine}</td>
          <td>{one.startedAtMs !== null && <Time ms={one.startedAtMs} now={now} />}</td>
          <td safe>{one.startedAtMs === null ? '' : duration((one.stoppedAtMs ?? now) - one.startedAtMs)}</td>
        </tr>
      ))}
    </Table>
  );
};

const Summary = ({ step, now }: { step: StepView; now: number }): JSX.Element => {
  const { startedAtMs, stoppedAtMs } = step;
  return (
    <Facts>
      <Fact term="Status">
        <StatusBadge status={step.status ?? 'running'} />
      </Fact>
      {step.attempt !== null && <Fact term="Attempt at the derivation">{step.attempt}</Fact>}
      {step.machine !== '' && (
        <Fact term="Machine">
          <span safe>{step.slot === null ? step.machine : `${step.machine}, slot ${step.slot}`}</span>
        </Fact>
      )}
      <Fact term="System">
        <code safe>{step.system}</code>
      </Fact>
      {startedAtMs !== null && (
        <Fact term="Started">
          <Time ms={startedAtMs} now={now} />
        </Fact>
      )}
      {stoppedAtMs !== null && (
        <Fact term="Stopped">
          <Time ms={stoppedAtMs} now={now} />
        </Fact>
      )}
      {startedAtMs !== null && (
        <Fact term={stoppedAtMs === null ? 'Running for' : 'Took'}>
          {stoppedAtMs === null ? (
            <Elapsed sinceMs={startedAtMs} now={now} />
          ) : (
            <span safe>{duration(stoppedAtMs - startedAtMs)}</span>
          )}
        </Fact>
      )}
      {step.log !== null && (
        <Fact term="Log">
          <span safe>{`${formatBytes(step.log.bytes)}, SHA-256 `}</span>
          <code safe>{step.log.sha256}</code>
        </Fact>
      )}
      <Fact term="Derivation">
        <code safe>{step.drvPath}</code>
      </Fact>
    </Facts>
  );
};

/** One attempt at one derivation: where it ran, how it ended, the end of its log. */
export const StepPage = (props: {
  page: PageContext;
  build: BuildView;
  step: StepView;
  /** at the same derivation, newest first, this one among them */
  attempts: readonly StepView[];
  /** of the log */
  lastLines: string | undefined;
}): JSX.Element => {
  const { page, build, step, attempts, lastLines } = props;
  return (
    <Layout
      page={page}
      title={`Step ${step.nr} of build ${build.id}`}
      crumbs={crumbsToBuild(build)}
      live={step.status === null}
    >
      <h1 safe>{`Step ${step.nr}: ${derivationName(step.drvPath)}`}</h1>
      <Live id="step-live">
        {step.error !== null && (
          <div class="outcome bad">
            <p safe>{step.error}</p>
          </div>
        )}
        {step.propagatedFrom !== null && (
          <p>
            Nothing ran here: it failed in{' '}
            <a href={buildPath(step.propagatedFrom)} safe>{`build #${step.propagatedFrom}`}</a>.
          </p>
        )}
        <Summary step={step} now={page.now} />
        {step.logKey !== null && (
          <p class="actions">
            <a href={`${stepPath(step)}/log`}>Whole log</a>
            <a href={`${buildPath(build.id)}/why`}>Why it was chosen</a>
          </p>
        )}
        {lastLines !== undefined && lastLines !== '' && (
          <pre class="log short tail" tabindex="0" role="region" aria-label="Last lines of the log" safe>
            {lastLines}
          </pre>
        )}
        <Attempts attempts={attempts} step={step} now={page.now} />
      </Live>
    </Layout>
  );
};
