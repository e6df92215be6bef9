import type { CollectionView } from '#read-model';
import type { PageContext } from '../http/page-context.js';
import { roleFor } from '../http/permissions.js';
import { formatBytes, plural } from '../ui/bytes.js';
import { Layout, Live } from '../ui/layout.js';
import { bucketPath, buildPath } from '../ui/links.js';
import { Fact, Facts, Table } from '../ui/table.js';
import { duration, Time } from '../ui/time.js';
import { Standing } from './buckets.page.js';
import type { PlaceDetails } from './places.js';
import { SizePlot } from './plot.js';
import { ReleaseForm } from './release.js';
import { pushCommand, substituterOf } from './substituter.js';

const amount = (objects: number | null, bytes: number | null): string =>
  objects === null || objects === 0 ? '' : `${objects}, ${formatBytes(bytes ?? 0)}`;

const Summary = ({ place, now }: { place: PlaceDetails; now: number }): JSX.Element => {
  const { section, last, oldestRequestedAtMs, uploadedBytes, uploadedPaths } = place;
  const substituter = section && substituterOf(section);
  return (
    <Facts>
      <Fact term="Copies of builds">
        <Standing place={place} />
      </Fact>
      <Fact term="Uploaded">
        <span safe>{`${plural(uploadedPaths, 'path')}, ${formatBytes(uploadedBytes)}`}</span>
      </Fact>
      {oldestRequestedAtMs !== null && (
        <Fact term="Longest waiting">
          <Time ms={oldestRequestedAtMs} now={now} />
        </Fact>
      )}
      <Fact term="Section">
        {section ? (
          <code safe>{`jobs = ${section.jobs.source}, ${section.compressionType}`}</code>
        ) : (
          <span>no section names this place any more: nothing is copied to it, nothing is collected in it</span>
        )}
      </Fact>
      {section !== undefined && (
        <Fact term="Substituter">
          <code safe>{substituter?.url ?? 'none: the prefix does not end with "/"'}</code>
        </Fact>
      )}
      <Fact term="Last collection">
        {last ? (
          <>
            <Time ms={last.startedAtMs} now={now} />
            <span
              safe
            >{`: ${last.deleted} objects deleted (${formatBytes(last.deletedBytes)}), ${last.waiting ?? 0} condemned and waiting (${formatBytes(last.waitingBytes ?? 0)}), ${last.left ?? 0} left (${formatBytes(last.leftBytes ?? 0)})`}</span>
          </>
        ) : (
          'never'
        )}
      </Fact>
    </Facts>
  );
};

const Collections = ({ collections, now }: { collections: readonly CollectionView[]; now: number }): JSX.Element => {
  if (collections.length === 0) return '';
  return (
    <Table
      caption="Collections"
      heads={['Begun', 'Took', 'Found', 'Condemned', 'Needed again', 'Deleted', 'Not ours, left alone', 'Grace']}
    >
      {collections.map((run) => (
        <tr>
          <th scope="row">
            <Time ms={run.startedAtMs} now={now} />
          </th>
          <td safe>{run.stoppedAtMs === null ? 'runs, or was ended' : duration(run.stoppedAtMs - run.startedAtMs)}</td>
          <td safe>{amount(run.listed, run.listedBytes)}</td>
          <td safe>{amount(run.condemned, run.condemnedBytes)}</td>
          <td safe>{amount(run.resurrected, run.resurrectedBytes)}</td>
          <td safe>{amount(run.deleted, run.deletedBytes)}</td>
          <td safe>{amount(run.foreign, run.foreignBytes)}</td>
          <td safe>{duration(run.graceMs)}</td>
        </tr>
      ))}
    </Table>
  );
};

const Parked = ({ place, page }: { place: PlaceDetails; page: PageContext }): JSX.Element => {
  const { parked, bucket, prefix } = place;
  if (parked.length === 0) return '';
  const may = roleFor('release-upload', page.visitor) !== undefined;
  return (
    <>
      <Table
        caption={`Parked uploads (${place.failed})`}
        heads={['Build', 'Since', 'Tried', 'What went wrong', 'Release']}
      >
        {parked.map(({ buildId, project, jobset, job, sinceMs, attempts, error }) => (
          <tr>
            <th scope="row">
              <a href={buildPath(buildId)} safe>{`#${buildId}`}</a>{' '}
              <span safe>{job === '' ? '' : `${project}:${jobset}:${job}`}</span>
            </th>
            <td>
              <Time ms={sinceMs} now={page.now} />
            </td>
            <td class="number">{attempts ?? 0}</td>
            <td safe>{error ?? ''}</td>
            <td>
              {may && (
                <ReleaseForm
                  action={`${bucketPath(bucket)}/release`}
                  label="Release"
                  about={`build ${buildId}`}
                  fields={{ build: String(buildId), prefix }}
                />
              )}
              <code safe>{pushCommand({ buildId, bucket, prefix })}</code>
            </td>
          </tr>
        ))}
      </Table>
      {may && parked.length > 1 && (
        <ReleaseForm
          action={`${bucketPath(bucket)}/release`}
          label={`Release these ${parked.length}`}
          about={`all parked uploads to ${bucket}/${prefix}`}
          fields={{ prefix }}
        />
      )}
    </>
  );
};

/** How full is it, what is missing in it: a bucket, each of its prefixes by itself. */
export const BucketPage = (props: {
  page: PageContext;
  bucket: string;
  places: readonly PlaceDetails[];
}): JSX.Element => {
  const { page, bucket, places } = props;
  return (
    <Layout page={page} title={`Bucket ${bucket}`} crumbs={[{ href: '/buckets', text: 'Buckets' }]} live>
      <h1 safe>{`Bucket ${bucket}`}</h1>
      {places.map((place, index) => (
        <section>
          {(places.length > 1 || place.prefix !== '') && <h2 safe>{`Prefix ${place.prefix || '(none)'}`}</h2>}
          <Live id={`bucket-live-${index}`}>
            <Summary place={place} now={page.now} />
            <SizePlot days={place.history} />
            <Collections collections={place.collections} now={page.now} />
          </Live>
          {/* Not renewed by itself: somebody may be writing a reason. */}
          <Parked place={place} page={page} />
        </section>
      ))}
    </Layout>
  );
};
