import type { BackupView, BuildView } from '#read-model';
import type { S3BackupConfig } from '#runtime';
import { fetchCommands, pushCommand, type Substituter, substituterOf } from '../buckets/substituter.js';
import { formatBytes, plural } from '../ui/bytes.js';
import { bucketPath } from '../ui/links.js';
import { Table } from '../ui/table.js';
import { duration, Time } from '../ui/time.js';

/** A copy of a build, with the section of its place: undefined, where none names it any more. */
export type BuildCopy = BackupView &
  Readonly<{
    section: S3BackupConfig | undefined;
    /** as `PublicKeys` answers them */
    publicKeys: readonly string[] | undefined;
  }>;

const STATES = {
  requested: ['…', 'waiting', 'idle'],
  completed: ['✓', 'in the bucket', 'good'],
  failed: ['✗', 'parked', 'bad'],
} as const;

const Note = ({ copy }: { copy: BuildCopy }): JSX.Element => {
  const { status, error, attempts, bucket } = copy;
  if (status !== 'failed') return '';
  return (
    <>
      <span safe>{`${error ?? ''} (given up after ${plural(attempts ?? 0, 'attempt')})`}</span>. To release it:{' '}
      <a href={bucketPath(bucket)}>the bucket's page</a> or <code safe>{pushCommand(copy)}</code>
    </>
  );
};

/** A place that outputs can be fetched from. */
type Place = Readonly<{
  name: string;
  substituter: Substituter;
  publicKeys: readonly string[] | undefined;
  /** how many keys sign there */
  keys: number;
  /** whose host has the keys */
  keyHolder: string;
}>;

const FetchFrom = ({ place, outputs }: { place: Place; outputs: readonly string[] }): JSX.Element => {
  const { name, substituter, publicKeys, keys, keyHolder } = place;
  return (
    <details>
      <summary safe>{`Fetch it from ${name}`}</summary>
      {substituter.note !== undefined && <p safe>{`This works ${substituter.note}.`}</p>}
      {fetchCommands(substituter, outputs, publicKeys).map((command) => (
        <pre class="command" tabindex="0" safe>
          {command}
        </pre>
      ))}
      {publicKeys === undefined && (
        <p>Nothing there is signed: both commands tell Nix not to ask for signatures, which takes a trusted user.</p>
      )}
      {publicKeys !== undefined && publicKeys.length > 0 && (
        <p>
          Its public keys: <code safe>{publicKeys.join(' ')}</code>
        </p>
      )}
      {publicKeys !== undefined && publicKeys.length < keys && (
        <p>
          It is signed. The public half of further keys: <code>nix key convert-secret-to-public</code> on{' '}
          <span safe>{`the host of the ${keyHolder}`}</span> prints it.
        </p>
      )}
    </details>
  );
};

/** How to fetch the outputs from the bucket that they are in. */
const FetchFromBucket = ({ copy, outputs }: { copy: BuildCopy; outputs: readonly string[] }): JSX.Element => {
  const { section, publicKeys } = copy;
  if (!section) return '';
  const name = `${copy.bucket}/${copy.prefix}`;
  const substituter = substituterOf(section);
  if (!substituter) return <p safe>{`Nix cannot substitute from ${name}: its prefix does not end with "/".`}</p>;
  const place = { name, substituter, publicKeys, keys: section.secretKeyFiles.length, keyHolder: 'worker' };
  return <FetchFrom place={place} outputs={outputs} />;
};

/** The farm as a binary cache: its address, its public keys as `PublicKeys` answers them, and how many sign. */
export type FarmCache = Readonly<{ url: string; publicKeys: readonly string[] | undefined; keys: number }>;

/** How to fetch outputs from the farm itself. */
export const FetchFromFarm = ({ outputs, cache }: { outputs: readonly string[]; cache: FarmCache }): JSX.Element => {
  const { url, publicKeys, keys } = cache;
  const place = {
    name: 'this farm',
    substituter: { url, note: 'while it is in the store of the farm’s host' },
    publicKeys,
    keys,
    keyHolder: 'API',
  };
  return <FetchFrom place={place} outputs={outputs} />;
};

/** What of the build is in which bucket, and how to use it from there. */
export const Backups = (props: { build: BuildView; copies: readonly BuildCopy[]; now: number }): JSX.Element => {
  const { build, copies, now } = props;
  if (copies.length === 0) return '';
  const outputs = Object.values(build.outputs);
  return (
    <section id="backups">
      <Table caption="Backups" heads={['Bucket', 'State', 'Paths', 'Size', 'Since', 'Took', 'Note']}>
        {copies.map((copy) => {
          const [glyph, word, tone] = STATES[copy.status];
          const { startedAtMs, stoppedAtMs } = copy;
          const done = copy.status === 'completed';
          const paths = done ? `${plural(copy.paths, 'path')}, ${copy.uploadedPaths} new` : '';
          const size = done ? `${formatBytes(copy.uploadedBytes)} of ${formatBytes(copy.narBytes)}` : '';
          const took = done && startedAtMs !== null && stoppedAtMs !== null ? duration(stoppedAtMs - startedAtMs) : '';
          return (
            <tr>
              <th scope="row">
                <a href={bucketPath(copy.bucket)} safe>{`${copy.bucket}/${copy.prefix}`}</a>
                {copy.section === undefined && <span class="muted"> not configured any more</span>}
              </th>
              <td>
                <span class={`status ${tone}`} safe>{`${glyph} ${word}`}</span>
              </td>
              <td safe>{paths}</td>
              <td safe>{size}</td>
              <td>
                <Time ms={stoppedAtMs ?? copy.requestedAtMs} now={now} />
              </td>
              <td safe>{took}</td>
              <td>
                <Note copy={copy} />
              </td>
            </tr>
          );
        })}
      </Table>
      {copies
        .filter(({ status }) => status === 'completed')
        .map((copy) => (
          <FetchFromBucket copy={copy} outputs={outputs} />
        ))}
    </section>
  );
};
