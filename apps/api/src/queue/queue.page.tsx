import type { BuildView, QueueSummary, RunningStep } from '#read-model';
import type { PageContext } from '../http/page-context.js';
import { BuildTable } from '../ui/build-table.js';
import { plural } from '../ui/bytes.js';
import { Layout, Live } from '../ui/layout.js';
import { buildPath, jobPath, jobsetPath } from '../ui/links.js';
import { Pagination, Table } from '../ui/table.js';
import { duration, Time } from '../ui/time.js';

const Tabs = ({ current }: { current: 'queue' | 'status' }): JSX.Element => (
  <nav class="tabs" aria-label="Parts of the queue">
    <a href="/queue" aria-current={current === 'queue' ? 'page' : undefined}>
      Waiting and running
    </a>
    <a href="/status" aria-current={current === 'status' ? 'page' : undefined}>
      Steps running now
    </a>
    <a href="/steps">Newest steps</a>
    <a href="/all">Finished builds</a>
    <a href="/scheduler">Shares and use</a>
  </nav>
);

/** When is mine on: unfinished builds in the order of their turn, and how much waits for whom. */
export const QueuePage = (props: {
  page: PageContext;
  summary: QueueSummary;
  builds: readonly BuildView[];
  pageNumber: number;
  perPage: number;
}): JSX.Element => {
  const { page, summary, builds, pageNumber, perPage } = props;
  return (
    <Layout page={page} title="Queue" live>
      <h1>Queue</h1>
      <Tabs current="queue" />
      <Live id="queue-live">
        {summary.total === 0 ? (
          <p>Nothing waits: every build is finished.</p>
        ) : (
          <>
            <Table
              caption={`${plural(summary.total, 'unfinished build')} by jobset`}
              heads={['Jobset', 'Builds', 'Oldest', 'Newest']}
            >
              {summary.jobsets.map(({ project, jobset, queued, oldestAtMs, newestAtMs }) => (
                <tr>
                  <th scope="row">
                    <a href={jobsetPath(project, jobset)} safe>{`${project}:${jobset}`}</a>
                  </th>
                  <td class="number">{queued}</td>
                  <td>
                    <Time ms={oldestAtMs} now={page.now} />
                  </td>
                  <td>
                    <Time ms={newestAtMs} now={page.now} />
                  </td>
                </tr>
              ))}
            </Table>
            <Table caption="By system" heads={['System', 'Builds']}>
              {summary.systems.map(({ system, queued }) => (
                <tr>
                  <th scope="row" safe>
                    {system}
                  </th>
                  <td class="number">{queued}</td>
                </tr>
              ))}
            </Table>
            <BuildTable caption="In the order of their turn" builds={builds} now={page.now} />
          </>
        )}
        <Pagination path="/queue" page={pageNumber} pages={Math.ceil(summary.total / perPage)} />
      </Live>
    </Layout>
  );
};

/** Who is working: the steps that run now. */
export const StatusPage = ({ page, steps }: { page: PageContext; steps: readonly RunningStep[] }): JSX.Element => (
  <Layout page={page} title="Steps running now" live>
    <h1>Steps running now</h1>
    <Tabs current="status" />
    <Live id="status-live">
      {steps.length === 0 ? (
        <p>No step runs at the moment.</p>
      ) : (
        <Table
          caption={plural(steps.length, 'step')}
          heads={['Build', 'Job', 'Derivation', 'Where', 'Since', 'Log', 'Why']}
        >
          {steps.map((step) => (
            <tr>
              <th scope="row">
                <a href={buildPath(step.buildId)} safe>{`#${step.buildId}`}</a>
              </th>
              <td>
                <a
                  href={jobPath(step.project, step.jobset, step.job)}
                  safe
                >{`${step.project}:${step.jobset}:${step.job}`}</a>
              </td>
              <td>
                <code safe>{step.drvPath.slice(step.drvPath.lastIndexOf('/') + 1)}</code>
              </td>
              <td safe>{`${step.machine}, slot ${step.slot ?? 0}`}</td>
              <td safe>{duration(page.now - (step.startedAtMs ?? page.now))}</td>
              <td>
                <a href={`${buildPath(step.buildId)}/step/${step.nr}/log`}>log</a>
              </td>
              <td>
                <a href={`${buildPath(step.buildId)}/why`} aria-label={`Why build ${step.buildId} runs now`}>
                  why
                </a>
              </td>
            </tr>
          ))}
        </Table>
      )}
    </Live>
  </Layout>
);
