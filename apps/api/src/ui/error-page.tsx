import type { PageContext } from '../http/page-context.js';
import { Layout } from './layout.js';

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

/** What went wrong, in words; for whoever is not signed in, the way to do so. */
export const ErrorPage = ({
  page,
  status,
  message,
  sent,
}: {
  page: PageContext;
  status: number;
  message: string;
  /** whether a form was sent */
  sent: boolean;
}): JSX.Element => {
  const head = HEADS[status] ?? (status < 500 ? 'That did not work' : 'Something went wrong here');
  return (
    <Layout page={page} title={head}>
      <h1 safe>{head}</h1>
      <p safe>{`${message[0]?.toUpperCase() ?? ''}${message.slice(1)}.`}</p>
      {sent && status === 400 && <p>Go back in your browser: the form still holds what you wrote.</p>}
      <p class="muted" safe>{`HTTP status ${status}`}</p>
      {status === 401 && (
        <p>
          <a href="/login" role="button">
            Sign in
          </a>
        </p>
      )}
    </Layout>
  );
};
