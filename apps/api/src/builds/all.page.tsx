import type { BuildView } from '#read-model';
import type { PageContext } from '../http/page-context.js';
import { BuildTable } from '../ui/build-table.js';
import { Layout } from '../ui/layout.js';
import { OlderOnly } from '../ui/table.js';

/** Finished builds of all jobsets, newest first. */
export const AllBuildsPage = ({
  page,
  builds,
  next,
  first,
}: {
  page: PageContext;
  builds: readonly BuildView[];
  /** cursor of the page after this one */
  next: number | null;
  /** nothing is newer than what is shown */
  first: boolean;
}): JSX.Element => (
  <Layout page={page} title="Finished builds" crumbs={[{ href: '/', text: 'Overview' }]}>
    <h1>Finished builds</h1>
    {builds.length === 0 ? (
      <p>There is none on this page.</p>
    ) : (
      <BuildTable caption="Newest first" builds={builds} now={page.now} />
    )}
    <OlderOnly path="/all" next={next} first={first} />
  </Layout>
);
