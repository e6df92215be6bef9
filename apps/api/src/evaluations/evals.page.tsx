import type { EvaluationView } from '#read-model';
import type { PageContext } from '../http/page-context.js';
import { EvaluationTable } from '../ui/evaluation-table.js';
import { Layout } from '../ui/layout.js';
import { Pagination } from '../ui/table.js';

/** Evaluations with new builds of all jobsets, newest first. */
export const EvalsPage = ({
  page,
  evaluations,
  revoked,
  pageNumber,
  pages,
}: {
  page: PageContext;
  evaluations: readonly EvaluationView[];
  /** names of releases that were taken back, by their evaluations' ids */
  revoked: ReadonlyMap<number, string>;
  /** counted from 1 */
  pageNumber: number;
  pages: number;
}): JSX.Element => (
  <Layout page={page} title="Evaluations" crumbs={[]}>
    <h1>Evaluations</h1>
    {evaluations.length === 0 ? (
      <p>{pageNumber === 1 ? 'Nothing with new builds was evaluated yet.' : 'There is no older evaluation.'}</p>
    ) : (
      <EvaluationTable
        caption="With new builds, newest first"
        {...{ evaluations, revoked }}
        now={page.now}
        withJobset
      />
    )}
    <Pagination path="/evals" page={pageNumber} pages={pages} />
  </Layout>
);
