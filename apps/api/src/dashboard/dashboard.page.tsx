import type { PropsWithChildren } from '@kitajs/html';
import type { User } from '#accounts';
import type { CurrentJob, JobsetOverview, StarredJob } from '#read-model';
import type { PageContext } from '../http/page-context.js';
import { type MenuItem, TabRow } from '../ui/actions-menu.js';
import { standing } from '../ui/build-table.js';
import { JobsetTable } from '../ui/jobset-table.js';
import { Layout } from '../ui/layout.js';
import { buildPath, dashboardPath, jobPath, jobsetPath, userPath } from '../ui/links.js';
import { StatusBadge } from '../ui/status.js';
import { Table } from '../ui/table.js';
import { Time } from '../ui/time.js';

type Frame = Readonly<{ page: PageContext; user: User; isPublic: boolean }>;

const DashboardFrame = ({
  page,
  user,
  isPublic,
  current,
  children,
}: PropsWithChildren<Frame & { current: '' | '/my-jobs' | '/my-jobsets' }>): JSX.Element => {
  const path = dashboardPath(user.name);
  const mine = page.visitor.user?.id === user.id;
  const publish: MenuItem = {
    kind: 'order',
    label: isPublic ? 'Hide my dashboard' : 'Publish my dashboard',
    action: `${path}/publish`,
    fields: { public: isPublic ? '0' : '1' },
  };
  return (
    <Layout page={page} title={`Dashboard of ${user.name}`} crumbs={[]}>
      <h1 safe>{mine ? 'My dashboard' : `Dashboard of ${user.fullName || user.name}`}</h1>
      {isPublic && mine && <p class="muted">Everybody may see it.</p>}
      <TabRow
        label="Parts of the dashboard"
        tabs={[
          { href: path, text: 'Starred jobs' },
          { href: `${path}/my-jobs`, text: 'My jobs' },
          { href: `${path}/my-jobsets`, text: 'My jobsets' },
        ]}
        current={`${path}${current}`}
        items={mine ? [publish] : []}
      />
      {children}
    </Layout>
  );
};

const JobName = ({
  of: { project, jobset, job },
}: {
  of: Pick<CurrentJob, 'project' | 'jobset' | 'job'>;
}): JSX.Element => (
  <>
    <a href={jobPath(project, jobset, job)} safe>
      {job}
    </a>{' '}
    <a class="muted" href={jobsetPath(project, jobset)} safe>
      {`${project}:${jobset}`}
    </a>
  </>
);

/** Jobs that the user starred, each with its newest builds. */
export const StarredPage = (props: Frame & { jobs: readonly StarredJob[] }): JSX.Element => (
  <DashboardFrame {...props} current="">
    {props.jobs.length === 0 ? (
      <p>No job is starred yet: every job’s page has a star.</p>
    ) : (
      <Table caption="Starred jobs" hideCaption heads={['Job', 'Newest', 'When', 'Builds, newest first']}>
        {props.jobs.map(({ builds, ...of }) => {
          const [newest] = builds;
          return (
            <tr>
              <th scope="row">
                <JobName of={of} />
              </th>
              <td>{newest ? <StatusBadge status={standing(newest)} /> : 'never built'}</td>
              <td>{newest ? <Time ms={newest.stoppedAtMs ?? newest.queuedAtMs} now={props.page.now} /> : ''}</td>
              <td>
                {builds.map((build) => (
                  <>
                    <a href={buildPath(build.id)} title={`#${build.id}`}>
                      <StatusBadge status={standing(build)} short />
                    </a>{' '}
                  </>
                ))}
              </td>
            </tr>
          );
        })}
      </Table>
    )}
  </DashboardFrame>
);

/** Jobs that the user maintains, by exact address. */
export const MyJobsPage = (props: Frame & { jobs: readonly CurrentJob[] }): JSX.Element => (
  <DashboardFrame {...props} current="/my-jobs">
    {props.user.email === '' ? (
      <p>
        These are the jobs whose <code>meta.maintainers</code> has your e-mail address, and{' '}
        <a href={userPath(props.user.name)}>your account</a> has none.
      </p>
    ) : props.jobs.length === 0 ? (
      <p>
        No current job names <code safe>{props.user.email}</code> among its maintainers.
      </p>
    ) : (
      <Table caption="Jobs that I maintain" hideCaption heads={['Status', 'Job', 'Build', 'Fails since']}>
        {props.jobs.map((job) => (
          <tr>
            <td>
              <StatusBadge status={standing(job)} />
            </td>
            <th scope="row">
              <JobName of={job} />
            </th>
            <td>
              <a href={buildPath(job.buildId)} safe>{`#${job.buildId}`}</a>
            </td>
            <td>{job.failingSinceMs === null ? '' : <Time ms={job.failingSinceMs} now={props.page.now} />}</td>
          </tr>
        ))}
      </Table>
    )}
  </DashboardFrame>
);

/** Jobsets of the projects that the user owns or is a member of. */
export const MyJobsetsPage = (props: Frame & { jobsets: readonly JobsetOverview[] }): JSX.Element => (
  <DashboardFrame {...props} current="/my-jobsets">
    {props.jobsets.length === 0 ? (
      <p>There is no jobset in a project that you own or are a member of.</p>
    ) : (
      <JobsetTable caption="My jobsets" jobsets={props.jobsets} now={props.page.now} withProject />
    )}
  </DashboardFrame>
);
