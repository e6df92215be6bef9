import type { FarmStep } from '#read-model';
import type { PageContext } from '../http/page-context.js';
import { Layout } from '../ui/layout.js';
import { buildPath, jobPath } from '../ui/links.js';
import { QueueTabs } from '../ui/queue-tabs.js';
import { StatusBadge } from '../ui/status.js';
import { OlderOnly, Table } from '../ui/table.js';
import { duration, Time } from '../ui/time.js';
import { derivationName } from '../ui/derivation-name.js';
import { stepPath } from './step.json.js';

const Row = ({ step, now }: { step: FarmStep; now: number }): JSX.Element => (
  <tr>
    <td>
      <StatusBadge status={step.status ?? 'running'} />
    </td>
    <th scope="row">
      <a href={stepPath(step)} title={step.drvPath} safe>
        {derivationName(step.drvPath)}
      </a>
    </th>
    <td>
      <a href={buildPath(step.buildId)} safe>{`#${step.buildId}`}</a>
    </td>
    <td class="words">
      <a href={jobPath(step.project, step.jobset, step.job)} safe>{`${step.project}:${step.jobset}:${step.job}`}</a>
    </td>
    <td safe>{step.machine}</td>
    <td>{step.startedAtMs !== null && <Time ms={step.startedAtMs} now={now} />}</td>
    <td safe>{step.startedAtMs === null ? '' : duration((step.stoppedAtMs ?? now) - step.startedAtMs)}</td>
    <td>
      {step.logKey !== null && (
        <a href={`${stepPath(step)}/log`} aria-label={`Log of step ${step.nr} of build ${step.buildId}`}>
          log
        </a>
      )}
    </td>
  </tr>
);

/** What the farm worked at: attempts at derivations, the last to begin first. */
export const StepsPage = ({
  page,
  steps,
  next,
  first,
}: {
  page: PageContext;
  steps: readonly FarmStep[];
  /** cursor of the page after this one */
  next: string | null;
  /** nothing is newer than what is shown */
  first: boolean;
}): JSX.Element => (
  <Layout page={page} title="Steps" crumbs={[]}>
    <h1>Steps</h1>
    <QueueTabs current="/steps" />
    {steps.length === 0 ? (
      <p>{first ? 'No step was started yet.' : 'There is no older step.'}</p>
    ) : (
      <Table
        caption="The last to begin first"
        heads={['Status', 'Derivation', 'Build', 'Job', 'Machine', 'Started', 'Took', 'Log']}
      >
        {steps.map((step) => (
          <Row step={step} now={page.now} />
        ))}
      </Table>
    )}
    <OlderOnly path="/steps" next={next} first={first} />
  </Layout>
);
