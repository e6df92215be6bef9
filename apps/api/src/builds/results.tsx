import type { BackupView, BuildView } from '#read-model';
import { formatBytes, plural } from '../ui/bytes.js';
import { Table } from '../ui/table.js';
import { duration, Time } from '../ui/time.js';

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

export const Products = ({ products }: { products: BuildView['products'] }): JSX.Element => {
  if (products.length === 0) return '';
  return (
    <Table caption="Products" heads={['Nr', 'Type', 'Name', 'Size', 'SHA-256', 'Path']}>
      {products.map(({ type, subtype, name, fileSize, sha256, path }, index) => (
        <tr>
          <td class="number">{index + 1}</td>
          <td safe>{[type, subtype].filter((part) => part !== '').join(' ')}</td>
          <th scope="row" safe>
            {name === '' ? 'the output' : name}
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

const STATES = {
  requested: ['…', 'waiting', 'idle'],
  completed: ['✓', 'in the bucket', 'good'],
  failed: ['✗', 'given up', 'bad'],
} as const;

/** Copies of the build in buckets. */
export const Backups = ({ backups, now }: { backups: readonly BackupView[]; now: number }): JSX.Element => {
  if (backups.length === 0) return '';
  return (
    <Table caption="Backups" heads={['Bucket', 'State', 'Paths', 'Size', 'When', 'Took', 'Note']}>
      {backups.map((backup) => {
        const [glyph, word, tone] = STATES[backup.status];
        const { startedAtMs, stoppedAtMs } = backup;
        const done = backup.status === 'completed';
        const paths = done ? `${plural(backup.paths, 'path')}, ${backup.uploadedPaths} new` : '';
        const size = done ? `${formatBytes(backup.uploadedBytes)} of ${formatBytes(backup.narBytes)}` : '';
        const took = startedAtMs !== null && stoppedAtMs !== null ? duration(stoppedAtMs - startedAtMs) : '';
        return (
          <tr>
            <th scope="row" safe>{`${backup.bucket}/${backup.prefix}`}</th>
            <td>
              <span class={`status ${tone}`} safe>{`${glyph} ${word}`}</span>
            </td>
            <td safe>{paths}</td>
            <td safe>{size}</td>
            <td>
              <Time ms={stoppedAtMs ?? backup.requestedAtMs} now={now} />
            </td>
            <td safe>{took}</td>
            <td safe>{backup.error ?? ''}</td>
          </tr>
        );
      })}
    </Table>
  );
};
