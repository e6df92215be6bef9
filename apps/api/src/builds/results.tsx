import type { BuildView } from '#read-model';
import { formatBytes } from '../ui/bytes.js';
import { buildPath, productPath } from '../ui/links.js';
import { Table } from '../ui/table.js';
import { madeOutputs } from './made-outputs.js';

/** Store paths by output; of a build that made them, each as an archive. */
export const Outputs = ({ build }: { build: BuildView }): JSX.Element => {
  const { id, status, outputs } = build;
  const made = madeOutputs(build);
  return (
    <Table
      caption={status === null ? 'Outputs to be' : made ? 'Outputs' : 'Outputs that it did not come to'}
      heads={['Name', 'Path', ...(made ? ['Archive'] : [])]}
    >
      {Object.entries(outputs).map(([name, path]) => (
        <tr>
          <th scope="row" safe>
            {name}
          </th>
          <td>
            <code safe>{path}</code>
          </td>
          {made && (
            <td>
              <a href={`${buildPath(id)}/output/${encodeURIComponent(name)}`} aria-label={`NAR of the output ${name}`}>
                NAR
              </a>
            </td>
          )}
        </tr>
      ))}
    </Table>
  );
};

/** What can be listed, as far as its name tells. */
const ARCHIVE = /\.(tar(\.\w+)?|t[gbx]z|zip|jar|whl|apk)$/i;

export const Products = ({ id, products }: Pick<BuildView, 'id' | 'products'>): JSX.Element => {
  if (products.length === 0) return '';
  return (
    <Table caption="Products" heads={['Nr', 'Type', 'Name', 'Size and SHA-256', 'Path']}>
      {products.map(({ type, subtype, name, fileSize, sha256, path, defaultPath }, index) => (
        <tr>
          <td class="number">{index + 1}</td>
          <td safe>{[type, subtype].filter((part) => part !== '').join(' ')}</td>
          <th scope="row">
            {/* A plain output has no file that could be shown for it, as a rule. */}
            <a
              href={
                type === 'nix-build' && fileSize === undefined && defaultPath === ''
                  ? `${buildPath(id)}/contents/${index + 1}`
                  : productPath(id, index + 1, name)
              }
              safe
            >
              {name === '' ? 'the output' : name}
            </a>
          </th>
          <td>
            {fileSize !== undefined && <span safe>{formatBytes(fileSize)}</span>}{' '}
            {sha256 !== undefined && <code safe>{sha256}</code>}
            {(fileSize === undefined || ARCHIVE.test(name)) && (
              <a href={`${buildPath(id)}/contents/${index + 1}`} aria-label={`Contents of product ${index + 1}`}>
                contents
              </a>
            )}
          </td>
          <td>
            <code safe>{path}</code>
          </td>
        </tr>
      ))}
    </Table>
  );
};

export const Metrics = ({ metrics }: { metrics: BuildView['metrics'] }): JSX.Element => {
  if (metrics.length === 0) return '';
  return (
    <Table caption="Metrics" heads={['Name', 'Value', 'Unit']}>
      {metrics.map(({ name, value, unit }) => (
        <tr>
          <th scope="row" safe>
            {name}
          </th>
          <td class="number">{value}</td>
          <td safe>{unit}</td>
        </tr>
      ))}
    </Table>
  );
};
