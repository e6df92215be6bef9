import type { PageContext } from '../http/page-context.js';
import type { Deleted } from '../http/deleted.js';
import { MomentForm } from './earlier.js';
import { Layout } from './layout.js';
import { Fact, Facts } from './table.js';
import { Time } from './time.js';

const HEADS: Readonly<Record<number, string>> = {
  400: 'That cannot be understood',
  401: 'Sign in first',
  403: 'Not allowed',
  404: 'Not found',
  405: 'Not this way',
  409: 'That does not fit any more',
  413: 'Too large',
  415: 'Unknown kind of content',
  429: 'Too many tries',
  503: 'Away for a moment',
};

/** What became of something: nobody has to guess whether the address was wrong. */
const Deletion = ({ deleted, now }: { deleted: Deleted; now: number }): JSX.Element => {
  const { path, atMs, beforeMs, by, role, reason, audit } = deleted;
  const before = new Date(beforeMs).toISOString();
  return (
    <>
      <Facts>
        <Fact term="When">
          <Time ms={atMs} now={now} />
        </Fact>
        <Fact term="Who">
          <span safe>{`${by}${role === null ? '' : `, as ${role}`}`}</span>
        </Fact>
        <Fact term="Why">
          <span safe>{reason ?? 'no reason was given'}</span>
        </Fact>
      </Facts>
      <p>
        {audit !== undefined && (
          <>
            All that happened to it is in the <a href={`/audit?${audit}`}>audit</a>.{' '}
          </>
        )}
        The log still knows <a href={`${path}?at=${before}`}>what it was before that</a>.
      </p>
      <MomentForm path={path} at={before.slice(0, 19)} />
    </>
  );
};

/** What went wrong, in words; for whoever is not signed in, the way to do so. */
export const ErrorPage = ({
  page,
  status,
  message,
  sent,
  deleted,
}: {
  page: PageContext;
  status: number;
  message: string;
  /** whether a form was sent */
  sent: boolean;
  /** what is known of the deletion of what was looked for */
  deleted?: Deleted | undefined;
}): JSX.Element => {
  const head = deleted
    ? 'Deleted'
    : (HEADS[status] ?? (status < 500 ? 'That did not work' : 'Something went wrong here'));
  return (
    <Layout page={page} title={head}>
      <h1 safe>{head}</h1>
      <p safe>{`${message[0]?.toUpperCase() ?? ''}${message.slice(1)}.`}</p>
      {deleted !== undefined && <Deletion deleted={deleted} now={page.now} />}
      {sent && (status === 400 || status === 409) && (
        <p>Go back in your browser: the form still holds what you wrote.</p>
      )}
      {!sent && status === 400 && page.path.includes('?') && (
        <p>
          <a href={page.path.slice(0, page.path.indexOf('?'))}>The page without what was asked of it</a>
        </p>
      )}
      <p class="muted" safe>{`HTTP status ${status}`}</p>
      {status === 401 && (
        <p>
          <a href={page.signInPath} role="button">
            Sign in
          </a>
        </p>
      )}
    </Layout>
  );
};
