import type { BuildView } from '#read-model';
import type { PageContext } from '../http/page-context.js';
import { BuildTable } from '../ui/build-table.js';
import { Layout, Live } from '../ui/layout.js';
import { jobPath, jobsetPath, projectPath } from '../ui/links.js';

/** Since when a job is as it is: its builds, newest first. */
export const JobPage = (props: {
  page: PageContext;
  of: { project: string; jobset: string; job: string };
  builds: readonly BuildView[];
}): JSX.Element => {
  const { page, of, builds } = props;
  const { project, jobset, job } = of;
  const crumbs = [
    { href: '/', text: 'Overview' },
    { href: projectPath(project), text: project },
    { href: jobsetPath(project, jobset), text: jobset },
  ];
  return (
    <Layout page={page} title={`${project}:${jobset}:${job}`} crumbs={crumbs} live>
      <h1 safe>{job}</h1>
      <p>
        <a href={`${jobPath(project, jobset, job)}/latest`}>Newest success</a>
      </p>
      <Live id="job-live">
        <BuildTable caption="Newest builds" builds={builds} now={page.now} withJobset={false} />
      </Live>
    </Layout>
  );
};
