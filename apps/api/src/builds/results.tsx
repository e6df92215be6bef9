import type { BuildView } from '#read-model';
import { formatBytes } from '../ui/bytes.js';
import { productPath } from '../ui/links.js';
import { Table } from '../ui/table.js';

export const Outputs = ({ outputs, finished }: { outputs: BuildView['outputs']; finished: boolean }): JSX.Element => (
  <Table caption={finished ? 'Outputs' : 'Outputs to be'} heads={['Name', 'Path']}>
    {Object.entries(outputs).map(([name, path]) => (
      <tr>
        <th scope="row" safe>
          {name}
        </th>
        <td>
          <code safe>{path}</code>
        </td>
      </tr>
    ))}
  </Table>
);

export const Products = ({ id, products }: Pick<BuildView, 'id' | 'products'>): JSX.Element => {
  if (products.length === 0) return '';
  return (
    <Table caption="Products" heads={['Nr', 'Type', 'Name', 'Size', 'SHA-256', 'Path']}>
      {products.map(({ type, subtype, name, fileSize, sha256, path }, index) => (
        <tr>
          <td class="number">{index + 1}</td>
          <td safe>{[type, subtype].filter((part) => part !== '').join(' ')}</td>
          <th scope="row">
            <a href={productPath(id, index + 1, name)} safe>
              {name === '' ? 'the output' : name}
            </a>
          </th>
          <td safe>{fileSize === undefined ? '' : formatBytes(fileSize)}</td>
          <td>
            <code safe>{sha256 === undefined ? '' : `${sha256.slice(0, 16)}…`}</code>
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
