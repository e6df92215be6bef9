import type { CostlyJob, FlakyJob } from '#read-model';
import { SizePlot } from '../buckets/plot.js';
import type { PageContext } from '../http/page-context.js';
import { TabRow } from '../ui/actions-menu.js';
import { formatBytes, plural } from '../ui/bytes.js';
import { Layout } from '../ui/layout.js';
import { buildPath, jobPath, jobsetPath } from '../ui/links.js';
import { Table } from '../ui/table.js';
import { duration, Time } from '../ui/time.js';
import type { Insights } from './insights.js';
import { CacheHits, Distribution } from './plot.js';

/** Spans that the page offers, in days. */
const SPANS = [1, 7, 31] as const;

type Job = Readonly<{ project: string; jobset: string; job: string }>;

const JobCells = ({ project, jobset, job }: Job): JSX.Element => (
  <>
    <th scope="row">
      <a href={jobPath(project, jobset, job)} safe>
        {job}
      </a>
    </th>
    <td>
      <a href={jobsetPath(project, jobset)} safe>{`${project}:${jobset}`}</a>
    </td>
  </>
);

/** `measure`: what the list goes by. */
const Costly = (props: {
  caption: string;
  jobs: readonly CostlyJob[];
  measure: 'time' | 'size';
  now: number;
}): JSX.Element => {
  const { caption, jobs, measure, now } = props;
  return (
    <Table
      caption={caption}
      heads={['Job', 'Jobset', ...(measure === 'time' ? ['Took'] : ['Outputs', 'Closure']), 'Build', 'When']}
    >
      {jobs.map((job) => (
        <tr>
          <JobCells {...job} />
          {measure === 'time' ? (
            <td class="number" safe>
              {duration(job.tookMs)}
            </td>
          ) : (
            <>
              <td class="number" safe>
                {formatBytes(job.size)}
              </td>
              <td class="number" safe>
                {formatBytes(job.closureSize)}
              </td>
            </>
          )}
          <td>
            <a href={buildPath(job.buildId)} safe>{`#${job.buildId}`}</a>
          </td>
          <td>
            <Time ms={job.stoppedAtMs} now={now} />
          </td>
        </tr>
      ))}
    </Table>
  );
};

const Flaky = ({ jobs }: { jobs: readonly FlakyJob[] }): JSX.Element =>
  jobs.length === 0 ? (
    <p>No job turned to and fro, and nothing that had failed succeeded when it was tried again.</p>
  ) : (
    <Table caption="Flakiest jobs" heads={['Job', 'Jobset', 'Turned', 'Succeeded when tried again']}>
      {jobs.map((job) => (
        <tr>
          <JobCells {...job} />
          <td>{job.turns > 1 ? `${job.turns} times in its newest ${plural(job.builds, 'build')}` : ''}</td>
          <td>{job.again > 0 ? plural(job.again, 'time') : ''}</td>
        </tr>
      ))}
    </Table>
  );

/** What costs most? */
export const InsightsPage = ({ page, insights }: { page: PageContext; insights: Insights }): JSX.Element => {
  const { days, waits, runs, slowest, largest, flakiest, caches } = insights;
  const since = new Date(insights.fromMs).toISOString().slice(0, 10);
  const nothing = slowest.length + largest.length === 0;
  const spans = SPANS.map((span) => ({ href: `/insights?days=${span}`, text: span === 1 ? 'Today' : `${span} days` }));
  return (
    <Layout page={page} title="Insights">
      <h1>Insights</h1>
      <TabRow label="How far back" tabs={spans} current={`/insights?days=${days.length}`} />
      <p class="muted" safe>
        {`${days.length === 1 ? 'Today' : `${days.length} days, with today`}: since ${since} 00:00 UTC.`}
      </p>
      <h2>Time</h2>
      <div class="plots pair">
        <Distribution title="Wait" what="waited" durations={waits} />
        <Distribution title="Run" what="ran" durations={runs} />
      </div>
      {nothing && <p>No build of its own came to an end in these days.</p>}
      {slowest.length > 0 && <Costly caption="Slowest jobs" jobs={slowest} measure="time" now={page.now} />}
      <h2>Flaky jobs</h2>
      <Flaky jobs={flakiest} />
      <h2>Space</h2>
      {largest.length > 0 && <Costly caption="Largest jobs" jobs={largest} measure="size" now={page.now} />}
      <CacheHits days={days} />
      {caches.length > 0 && (
        <>
          <h3>Bytes in caches</h3>
          <SizePlot days={caches} />
          <p>
            All <a href="/buckets">buckets</a> together.
          </p>
        </>
      )}
      <details>
        <summary>How this is found</summary>
        <p>
          A job stands for the longest, or largest, of its builds in these days; of each day the first 100 builds are
          looked at. What was there already or never began counts in no time. Waits and runs are counted by a row of
          bounds, each at most half as long again as the one before it: “less than” is never too short. Flaky is what
          turned from succeeded to failed or back at least twice in its newest 20 builds, looked at for up to 100 jobs
          of the newest 300 failed builds, and what succeeded in an attempt right after one that had failed, of the
          newest 300 such attempts; what the farm broke (aborted, cancelled, interrupted) counts for neither.
        </p>
      </details>
    </Layout>
  );
};
