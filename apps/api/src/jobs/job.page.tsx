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
  /** by the viewer; undefined: nobody is signed in */
  starred: boolean | undefined;
}): JSX.Element => {
  const { page, of, builds, starred } = props;
  const { project, jobset, job } = of;
  const crumbs = [
    { href: '/', text: 'Overview' },
    { href: projectPath(project), text: project },
    { href: jobsetPath(project, jobset), text: jobset },
  ];
  return (
    <Layout page={page} title={`${project}:${jobset}:${job}`} crumbs={crumbs} live>
      <h1 safe>{job}</h1>
      <div class="actions">
        <a href={`${jobPath(project, jobset, job)}/latest`}>Newest success</a>
        {starred !== undefined && (
          <form method="post" action={`${jobPath(project, jobset, job)}/star`}>
            <input type="hidden" name="star" value={starred ? '0' : '1'} />
            <button type="submit" class="secondary outline small" title="Starred jobs stand on your dashboard">
              {starred ? '★ Starred' : '☆ Star'}
            </button>
          </form>
        )}
      </div>
      <Live id="job-live">
        <BuildTable caption="Newest builds" builds={builds} now={page.now} withJobset={false} />
      </Live>
    </Layout>
  );
};
