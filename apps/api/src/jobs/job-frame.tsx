import type { PropsWithChildren } from '@kitajs/html';
import type { PageContext } from '../http/page-context.js';
import { TabRow } from '../ui/actions-menu.js';
import { crumbsTo } from '../ui/crumbs.js';
import { Layout } from '../ui/layout.js';
import { jobPath } from '../ui/links.js';
import type { JobView } from './job-or-moved.js';

/** What all pages of a job are given. */
export type JobFrame = Readonly<{
  page: PageContext;
  job: JobView;
  /** by the viewer; undefined: nobody is signed in */
  starred: boolean | undefined;
}>;

/** What all pages of a job have around them. */
export const JobFramePage = (
  props: PropsWithChildren<
    JobFrame & {
      current: '' | '/all' | '/charts';
      title?: string;
      live?: boolean;
      /** whether it is known that no build of it succeeded */
      neverGood?: boolean;
    }
  >,
): JSX.Element => {
  const { page, job: of, starred, current, title, live = false, neverGood = false, children } = props;
  const { project, jobset, job } = of;
  const path = jobPath(project, jobset, job);
  const crumbs = crumbsTo({ project, jobset, job: current === '' ? undefined : job });
  return (
    <Layout page={page} title={`${title ? `${title} of ` : ''}${project}:${jobset}:${job}`} crumbs={crumbs} live={live}>
      <h1 safe>{title ? `${title} of ${job}` : job}</h1>
      <div class="actions">
        {!neverGood && <a href={`${path}/latest`}>Newest success</a>}
        {starred !== undefined && (
          <form method="post" action={`${path}/star`}>
            <input type="hidden" name="star" value={starred ? '0' : '1'} />
            <button type="submit" class="secondary outline small" title="Starred jobs stand on your dashboard">
              {starred ? '★ Starred' : '☆ Star'}
            </button>
          </form>
        )}
      </div>
      <TabRow
        label="Parts of the job"
        tabs={[
          { href: path, text: 'Overview' },
          { href: `${path}/all`, text: 'Builds' },
          { href: `${path}/charts`, text: 'Charts' },
        ]}
        current={`${path}${current}`}
      />
      {children}
    </Layout>
  );
};
