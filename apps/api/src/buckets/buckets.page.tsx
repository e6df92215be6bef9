import type { ParkedEvent } from '#coordination';
import type { CollectionView } from '#read-model';
import type { PageContext } from '../http/page-context.js';
import { roleFor } from '../http/permissions.js';
import { formatBytes, plural } from '../ui/bytes.js';
import { Layout, Live } from '../ui/layout.js';
import { bucketPath } from '../ui/links.js';
import { Table } from '../ui/table.js';
import { Time } from '../ui/time.js';
import { type Place, REQUESTS } from './places.js';
import { ReleaseForm } from './release.js';

/** How the copies to a place stand: glyph, word and colour. */
export const Standing = ({ place }: { place: Place }): JSX.Element => {
  const { completed, requested, failed } = place;
  return (
    <>
      <span class="status good" safe>{`✓ ${completed} there`}</span>{' '}
      {requested > 0 && <span class="status idle" safe>{`… ${requested} waiting`}</span>}{' '}
      {failed > 0 && <span class="status bad" safe>{`✗ ${failed} parked`}</span>}
    </>
  );
};

const leftBy = (last: CollectionView | undefined): string =>
  last ? `${plural(last.left ?? 0, 'object')}, ${formatBytes(last.leftBytes ?? 0)}` : '';

const ParkedRequests = ({ page, parked }: { page: PageContext; parked: readonly ParkedEvent[] }): JSX.Element => {
  if (parked.length === 0) return '';
  const may = roleFor('release-upload', page.visitor) !== undefined;
  return (
    <Table
      caption="Finished builds whose backup could not be asked for"
      heads={['Build', 'Since', 'What went wrong', may ? 'Release' : 'How to release it']}
    >
      {parked.map(({ eventId, stream, at, error, released }) => (
        <tr>
          <th scope="row">
            <a href={`/${stream.replace('-', '/')}`} safe>
              {stream}
            </a>
          </th>
          <td>
            <Time ms={Date.parse(at)} now={page.now} />
          </td>
          <td safe>{error.split('\n')[0] ?? ''}</td>
          <td>
            {released && <span>released, tried again soon</span>}
            {!released && may && (
              <ReleaseForm action="/buckets/release" label="Release" about={stream} fields={{ event: eventId }} />
            )}
            {!released && <code safe>{`npx iolaus parked release ${REQUESTS} ${eventId}`}</code>}
          </td>
        </tr>
      ))}
    </Table>
  );
};

/** Where are the backups: every place that builds are or were copied to. */
export const BucketsPage = (props: {
  page: PageContext;
  places: readonly Place[];
  parked: readonly ParkedEvent[];
}): JSX.Element => {
  const { page, places, parked } = props;
  return (
    <Layout page={page} title="Buckets" live>
      <h1>Buckets</h1>
      <Live id="buckets-live">
        {places.length === 0 ? (
          <p>
            Builds are copied nowhere: <code>iolaus.toml</code> has no <code>[[s3backup]]</code>.
          </p>
        ) : (
          <Table
            caption={plural(places.length, 'place')}
            heads={[
              'Bucket and prefix',
              'Copies of builds',
              'Uploaded',
              'Last upload',
              'After the last collection',
              'When',
            ]}
          >
            {places.map((place) => (
              <tr>
                <th scope="row">
                  <a href={bucketPath(place.bucket)} safe>{`${place.bucket}/${place.prefix}`}</a>
                  {place.section === undefined && <span class="muted"> not configured any more</span>}
                </th>
                <td>
                  <Standing place={place} />
                </td>
                <td safe>{`${plural(place.uploadedPaths, 'path')}, ${formatBytes(place.uploadedBytes)}`}</td>
                <td>
                  {place.lastCompletedAtMs === null ? 'never' : <Time ms={place.lastCompletedAtMs} now={page.now} />}
                </td>
                <td safe>{leftBy(place.last)}</td>
                <td>{place.last ? <Time ms={place.last.startedAtMs} now={page.now} /> : 'never'}</td>
              </tr>
            ))}
          </Table>
        )}
      </Live>
      <ParkedRequests page={page} parked={parked} />
    </Layout>
  );
};
