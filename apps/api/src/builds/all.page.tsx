import { type BuildList, FinishedBuilds } from '../build-lists/build-list.js';
import type { PageContext } from '../http/page-context.js';
import { Layout } from '../ui/layout.js';
import { QueueTabs } from '../ui/queue-tabs.js';

/** Finished builds of all jobsets, newest first. */
export const AllBuildsPage = ({ page, list }: { page: PageContext; list: BuildList }): JSX.Element => (
  <Layout page={page} title="Finished builds" crumbs={[]}>
    <h1>Finished builds</h1>
    <QueueTabs current="/all" />
    <FinishedBuilds path="/all" list={list} now={page.now} withJobset />
  </Layout>
);
