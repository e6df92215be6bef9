import type { BuildView, StepView } from '#read-model';
import { formatBytes, plural } from '../ui/bytes.js';
import { stepPath } from '../steps/step.json.js';
import { derivationName } from '../ui/derivation-name.js';
import { buildPath } from '../ui/links.js';
import { StatusBadge } from '../ui/status.js';
import { Table } from '../ui/table.js';
import { duration, Elapsed, Time } from '../ui/time.js';
import { type Run, runAt } from './runs.js';
import type { Span } from './waterfall.js';

/** Newest rows; a system's first build has thousands. */
const MOST = 300;

type RowProps = { build: BuildView; step: StepView; span: Span | undefined; run: Run | undefined; now: number };

const Row = ({ build, step, span, run, now }: RowProps): JSX.Element => {
  const { nr, startedAtMs, stoppedAtMs, status } = step;
  return (
    <tr>
      <td class="number">{nr}</td>
      {run !== undefined && <td class="number">{run.nr}</td>}
      <td>
        <StatusBadge status={status ?? 'running'} />
      </td>
      <th scope="row">
        <a href={stepPath(step)} title={step.drvPath} safe>
          {derivationName(step.drvPath)}
        </a>
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
      <td class="nowrap">{span !== undefined && <span safe>{duration(span.startedAtMs - span.waitedFromMs)}</span>}</td>
      <td class="nowrap">
        {startedAtMs !== null &&
          (stoppedAtMs === null ? (
            <Elapsed sinceMs={startedAtMs} now={now} />
          ) : (
            <span safe>{duration(stoppedAtMs - startedAtMs)}</span>
          ))}
      </td>
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

/** What was done for a build: every attempt of every run, those of its dependencies too. */
export const Steps = ({
  build,
  steps,
  spans,
  runs,
  now,
}: {
  build: BuildView;
  steps: readonly StepView[];
  spans: readonly Span[];
  runs: readonly Run[];
  now: number;
}): JSX.Element => {
  if (steps.length === 0) return '';
  const spanOf = new Map(spans.map((span) => [span.step.nr, span]));
  const left = Math.max(0, steps.length - MOST);
  return (
    <>
      <Table
        caption="Steps"
        heads={[
          'Nr',
          ...(runs.length > 1 ? ['Run'] : []),
          'Status',
          'Derivation',
          'Where',
          'Started',
          'Waited',
          'Took',
          'Log',
          'Note',
        ]}
      >
        {steps.slice(left).map((step) => (
          <Row
            build={build}
            step={step}
            span={spanOf.get(step.nr)}
            run={runs.length > 1 ? runAt(runs, step.startedAtMs ?? step.stoppedAtMs ?? now) : undefined}
            now={now}
          />
        ))}
      </Table>
      {left > 0 && <p class="muted" safe>{`${plural(left, 'older step')} left out.`}</p>}
    </>
  );
};
