import type { BuildView, HourOfQueue, MachineView, QueueSummary, RunningStep } from '#read-model';
import type { PageContext } from '../http/page-context.js';
import { BuildCells } from '../ui/build-table.js';
import { plural } from '../ui/bytes.js';
import { Layout, Live } from '../ui/layout.js';
import { buildPath, jobPath, jobsetPath } from '../ui/links.js';
import { QueueTabs } from '../ui/queue-tabs.js';
import { Pagination, Table } from '../ui/table.js';
import { duration, Time } from '../ui/time.js';
import { QueueDay } from './plot.js';
import { type WaitsFor, waitsFor } from './waits-for.js';

/** Of what the queue shows only a part. */
type Only = Readonly<{ jobset?: string; system?: string }>;

const queuePath = (only: Only): string => `/queue?${new URLSearchParams(only)}`;

/** How much waits for whom. */
const Summary = ({ summary, now }: { summary: QueueSummary; now: number }): JSX.Element => (
  <div class="side">
    <Table
      caption={`${plural(summary.total, 'unfinished build')} by jobset`}
      heads={['Jobset', 'Builds', 'Shares', 'Oldest', 'Newest']}
    >
      {summary.jobsets.map(({ project, jobset, shares, queued, oldestAtMs, newestAtMs }) => (
        <tr>
          <th scope="row">
            <a href={jobsetPath(project, jobset)} safe>{`${project}:${jobset}`}</a>
          </th>
          <td class="number">
            <a
              href={queuePath({ jobset: `${project}:${jobset}` })}
              aria-label={`${plural(queued, 'build')} of ${project}:${jobset}`}
            >
              {queued}
            </a>
          </td>
          <td class="number">{shares}</td>
          <td>
            <Time ms={oldestAtMs} now={now} />
          </td>
          <td>
            <Time ms={newestAtMs} now={now} />
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
          <td class="number">
            <a href={queuePath({ system })} aria-label={`${plural(queued, 'build')} for ${system}`}>
              {queued}
            </a>
          </td>
        </tr>
      ))}
    </Table>
  </div>
);

const Reason = ({ words, stuck }: WaitsFor): JSX.Element =>
  stuck ? <span class="status warn" safe>{`⊗ ${words}`}</span> : <span safe>{words}</span>;

const Builds = (props: {
  caption: string;
  builds: readonly BuildView[];
  running: readonly RunningStep[];
  machines: readonly MachineView[];
  now: number;
}): JSX.Element => (
  <Table
    caption={props.caption}
    heads={['Status', 'Build', 'Jobset', 'Job', 'System', 'Queued', 'Waits for', 'Details']}
  >
    {props.builds.map((build) => (
      <tr>
        <BuildCells build={build} />
        <td safe>{build.system}</td>
        <td>
          <Time ms={build.queuedAtMs} now={props.now} />
        </td>
        <td>
          <Reason {...waitsFor(build, props.machines, props.running)} />
        </td>
        <td>
          <a href={`${buildPath(build.id)}/why`} aria-label={`Why build ${build.id} waits`}>
            why
          </a>
        </td>
      </tr>
    ))}
  </Table>
);

/** When is mine on: how much waits for whom, and unfinished builds with why they wait. */
export const QueuePage = (props: {
  page: PageContext;
  summary: QueueSummary;
  builds: readonly BuildView[];
  running: readonly RunningStep[];
  machines: readonly MachineView[];
  only: Only;
  /** of what is shown, oldest first; none of the builds of a jobset for a system, which nobody counts */
  hours: readonly HourOfQueue[];
  /** of the builds that are asked for, on all pages */
  total: number;
  pageNumber: number;
  perPage: number;
}): JSX.Element => {
  const { page, summary, builds, running, machines, only, hours, total, pageNumber, perPage } = props;
  const part = [only.jobset && `of ${only.jobset}`, only.system && `for ${only.system}`].filter(Boolean).join(' ');
  return (
    <Layout page={page} title="Queue" live>
      <h1>Queue</h1>
      <QueueTabs current="/queue" />
      <Live id="queue-live">
        {part !== '' && (
          <p>
            <span safe>{`Only builds ${part}: ${total} of ${summary.total}. `}</span>
            <a href="/queue">All of them</a>
          </p>
        )}
        {pageNumber === 1 && <QueueDay hours={hours} />}
        {part === '' && summary.total > 0 && <Summary summary={summary} now={page.now} />}
        {builds.length === 0 ? (
          <p>{part === '' ? 'Nothing waits: every build is finished.' : 'None of them waits.'}</p>
        ) : (
          <Builds caption="Bumped first, then oldest first" {...{ builds, running, machines, now: page.now }} />
        )}
        <Pagination
          path={part === '' ? '/queue' : queuePath(only)}
          page={pageNumber}
          pages={Math.ceil(total / perPage)}
        />
      </Live>
    </Layout>
  );
};

/** Who is working: the steps that run now. */
export const StatusPage = ({ page, steps }: { page: PageContext; steps: readonly RunningStep[] }): JSX.Element => (
  <Layout page={page} title="Steps running now" live>
    <h1>Steps running now</h1>
    <QueueTabs current="/status" />
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
