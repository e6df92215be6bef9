import type { BuildView, StepView } from '#read-model';
import { formatBytes } from '../ui/bytes.js';
import { derivationName } from '../ui/derivation-name.js';
import { buildPath } from '../ui/links.js';
import { StatusBadge } from '../ui/status.js';
import { Table } from '../ui/table.js';
import { duration, Time } from '../ui/time.js';

const Row = ({ build, step, now }: { build: BuildView; step: StepView; now: number }): JSX.Element => {
  const { nr, startedAtMs, stoppedAtMs, status } = step;
  return (
    <tr>
      <td class="number">{nr}</td>
      <td>
        <StatusBadge status={status ?? 'running'} />
      </td>
      <th scope="row">
        <span title={step.drvPath} safe>
          {derivationName(step.drvPath)}
        </span>
        {step.error !== null && (
          <>
            <br />
            <small safe>{step.error}</small>
          </>
        )}
      </th>
      <td>
        {step.propagatedFrom === null ? (
          <span safe>{step.machine === '' ? '' : `${step.machine}, attempt ${step.attempt ?? 1}`}</span>
        ) : (
          <a href={buildPath(step.propagatedFrom)} safe>{`in build #${step.propagatedFrom}`}</a>
        )}
      </td>
      <td>{startedAtMs !== null && <Time ms={startedAtMs} now={now} />}</td>
      <td safe>{startedAtMs === null ? '' : duration((stoppedAtMs ?? now) - startedAtMs)}</td>
      <td>
        {step.logKey !== null && (
          <a href={`${buildPath(build.id)}/step/${nr}/log`} aria-label={`Log of step ${nr}`}>
            log
          </a>
        )}
        {step.log !== null && <span class="muted" safe>{` ${formatBytes(step.log.bytes)}`}</span>}
      </td>
      <td>
        {step.retryAtMs !== null && step.retryAtMs > now && (
          <>
            again <Time ms={step.retryAtMs} now={now} />
          </>
        )}
        {step.interrupted && <span class="muted">the worker died</span>}
      </td>
    </tr>
  );
};

/** What was done for a build: every attempt, those of its dependencies too. */
export const Steps = ({
  build,
  steps,
  now,
}: {
  build: BuildView;
  steps: readonly StepView[];
  now: number;
}): JSX.Element => {
  if (steps.length === 0) return '';
  return (
    <Table caption="Steps" heads={['Nr', 'Status', 'Derivation', 'Where', 'Started', 'Took', 'Log', 'Note']}>
      {steps.map((step) => (
        <Row build={build} step={step} now={now} />
      ))}
    </Table>
  );
};
