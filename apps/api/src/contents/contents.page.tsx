import type { BuildView } from '#read-model';
import type { PageContext } from '../http/page-context.js';
import { crumbsToBuild } from '../ui/crumbs.js';
import { formatBytes } from '../ui/bytes.js';
import { Layout } from '../ui/layout.js';
import { productPath } from '../ui/links.js';
import { Table } from '../ui/table.js';
import type { Entry, Listing } from './entry.js';

const KINDS: Readonly<Record<Listing['kind'], string>> = {
  directory: 'directory',
  tar: 'tar archive',
  zip: 'zip archive',
};

const TYPES: Readonly<Record<Entry['type'], string>> = {
  file: 'file',
  directory: 'directory',
  symlink: 'link',
  other: 'other',
};

/** What is in a product. What is in a directory leads to the file; names in an archive are only text. */
export const ContentsPage = (
  props: Listing &
    Readonly<{ page: PageContext; build: BuildView; nr: number; product: BuildView['products'][number] }>,
): JSX.Element => {
  const { page, build, nr, product, kind, entries, truncated } = props;
  const name = product.name === '' ? 'the output' : product.name;
  return (
    <Layout page={page} title={`Contents of product ${nr} of build ${build.id}`} crumbs={crumbsToBuild(build)}>
      <h1 safe>{`Contents of ${name}`}</h1>
      <p>
        <span safe>{`A ${KINDS[kind]}: `}</span>
        <code safe>{product.path}</code>
      </p>
      {truncated && <p class="status warn">There is more than is shown.</p>}
      {entries.length === 0 ? (
        <p>It is empty.</p>
      ) : (
        <Table caption={`Contents of ${name}`} heads={['Path', 'Kind', 'Size']} hideCaption>
          {entries.map(({ path, type, size, target }) => (
            <tr>
              <th scope="row" class="words">
                {kind === 'directory' && type === 'file' ? (
                  <a href={productPath(build.id, nr, product.name, path)} safe>
                    {path}
                  </a>
                ) : (
                  <span safe>{path}</span>
                )}
                {target !== null && <span class="muted" safe>{` → ${target}`}</span>}
              </th>
              <td safe>{TYPES[type]}</td>
              <td class="number" safe>
                {size === null ? '' : formatBytes(size)}
              </td>
            </tr>
          ))}
        </Table>
      )}
    </Layout>
  );
};
