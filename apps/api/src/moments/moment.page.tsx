import type { PageContext } from '../http/page-context.js';
import { valueWords } from '../audit/words.js';
import { MomentForm } from '../ui/earlier.js';
import { Layout } from '../ui/layout.js';
import { utc } from '../scheduler/moment.js';
import { Table } from '../ui/table.js';

/** How something was at a moment in the past, field by field. */
export const MomentPage = ({
  page,
  title,
  path,
  atMs,
  facts,
}: {
  page: PageContext;
  title: string;
  /** of its page as it is now */
  path: string;
  atMs: number;
  facts: Readonly<Record<string, unknown>>;
}): JSX.Element => (
  <Layout page={page} title={`${title}, ${utc(atMs)}`} crumbs={[{ href: path, text: title }]}>
    <h1 safe>{title}</h1>
    <p>
      As it was on <strong safe>{utc(atMs)}</strong>, told from the log. <a href={path}>As it is now</a>.
    </p>
    <MomentForm path={path} at={new Date(atMs).toISOString().slice(0, 19)} />
    <Table caption="Facts" hideCaption heads={['Field', 'Then']}>
      {Object.entries(facts).map(([name, value]) => (
        <tr>
          <th scope="row">
            <code safe>{name}</code>
          </th>
          <td>
            <code safe>{valueWords(value)}</code>
          </td>
        </tr>
      ))}
    </Table>
  </Layout>
);
