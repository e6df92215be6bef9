import type { Counts, EvaluationView, ProjectCounts, ProjectView, RunningEvaluation } from '#read-model';
import type { PageContext } from '../http/page-context.js';
import { roleFor } from '../http/permissions.js';
import { News } from '../news/news.js';
import type { Notice } from '../news/noticeboard.js';
import { TitleRow } from '../ui/actions-menu.js';
import { plural } from '../ui/bytes.js';
import { EvaluationTable } from '../ui/evaluation-table.js';
import { Layout, Live } from '../ui/layout.js';
import { jobsetPath, projectPath } from '../ui/links.js';
import { StatusBadge } from '../ui/status.js';
import { ProgressBar, Table } from '../ui/table.js';
import { duration } from '../ui/time.js';
import { FirstSteps } from './first-steps.js';
import { FinishedPerHour, type Hour } from './hours.js';

const Projects = ({
  projects,
  stand,
}: {
  projects: readonly ProjectView[];
  stand: ReadonlyMap<string, ProjectCounts>;
}) => (
  <Table caption="Projects" heads={['Project', 'Description', 'Jobsets', 'Current jobs']}>
    {projects.map((project) => {
      const { jobs, succeeded, failed } = stand.get(project.name) ?? { jobs: 0, succeeded: 0, failed: 0 };
      return (
        <tr>
          <th scope="row">
            <a href={projectPath(project.name)} safe>
              {project.displayName}
            </a>
            {!project.enabled && <span class="muted"> disabled</span>}
            {project.hidden && <span class="muted"> hidden</span>}
          </th>
          <td safe>{project.description}</td>
          <td class="number">{project.jobsets.length}</td>
          <td>
            <ProgressBar succeeded={succeeded} failed={failed} total={jobs} />
          </td>
        </tr>
      );
    })}
  </Table>
);

const Running = ({ running, now }: { running: readonly RunningEvaluation[]; now: number }): JSX.Element => {
  if (running.length === 0) return '';
  return (
    <Table caption="Being evaluated" heads={['Jobset', 'Status', 'For', 'Found so far']}>
      {running.map(({ project, name, startedAtMs, jobsFound, errorsFound }) => (
        <tr>
          <th scope="row">
            <a href={jobsetPath(project, name)} safe>{`${project}:${name}`}</a>
          </th>
          <td>
            <StatusBadge status="evaluating" />
          </td>
          <td safe>{duration(now - startedAtMs)}</td>
          <td safe>{`${plural(jobsFound, 'job')}, ${plural(errorsFound, 'error')}`}</td>
        </tr>
      ))}
    </Table>
  );
};

/** Is all well: projects with how they stand, what happens now, the newest evaluations. */
export const OverviewPage = (props: {
  page: PageContext;
  projects: readonly ProjectView[];
  stand: ReadonlyMap<string, ProjectCounts>;
  counts: Counts;
  evaluations: readonly EvaluationView[];
  /** names of releases that were taken back, by their evaluations' ids */
  revoked: ReadonlyMap<number, string>;
  running: readonly RunningEvaluation[];
  news: readonly Notice[];
  /** the last 24, this one too, oldest first */
  hours: readonly Hour[];
}): JSX.Element => {
  const { page, projects, stand, counts, evaluations, revoked, running, hours } = props;
  const { queued, finished, succeeded } = counts;
  return (
    <Layout page={page} title="Overview" live>
      <TitleRow
        title="Overview"
        wantsReason={page.wantsReason}
        items={
          roleFor('create-project', page.visitor) === undefined
            ? []
            : [{ kind: 'link', label: 'Create a project', href: '/create-project' }]
        }
      />
      <News news={props.news} now={page.now} />
      <Live id="overview-live">
        <p>
          <a href="/status" safe>
            {plural(counts.running, 'build is', 'builds are')}
          </a>
          {' running, '}
          <a href="/queue" safe>
            {plural(queued, 'is', 'are')}
          </a>
          <span safe>{` unfinished in all, ${finished} finished (${succeeded} of them succeeded).`}</span>
        </p>
        {evaluations.length === 0 && running.length === 0 && <FirstSteps page={page} projects={projects} />}
        {projects.length > 0 && <Projects projects={projects} stand={stand} />}
        {finished > 0 && <FinishedPerHour hours={hours} />}
        <Running running={running} now={page.now} />
        {evaluations.length > 0 && (
          <>
            <EvaluationTable caption="Newest evaluations" {...{ evaluations, revoked }} now={page.now} withJobset />
            <p>
              <a href="/evals">All evaluations</a>
            </p>
          </>
        )}
      </Live>
    </Layout>
  );
};
