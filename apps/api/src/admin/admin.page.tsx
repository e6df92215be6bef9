import type { PropsWithChildren } from '@kitajs/html';
import type { PageContext } from '../http/page-context.js';
import { plural } from '../ui/bytes.js';
import { Layout } from '../ui/layout.js';

const Order = ({
  title,
  action,
  button,
  idle,
  children,
}: PropsWithChildren<{
  title: string;
  action: string;
  button: string;
  /** there is nothing to do */ idle: boolean;
}>): JSX.Element => (
  <section>
    <h2 safe>{title}</h2>
    {children}
    {!idle && (
      <form method="post" action={action} class="narrow">
        <label>
          Reason
          <input type="text" name="reason" required maxlength="1000" />
        </label>
        <button type="submit" safe>
          {button}
        </button>
      </form>
    )}
  </section>
);

/** What an administrator does about the farm as a whole. */
export const AdminPage = ({
  page,
  nonCurrent,
  failures,
}: {
  page: PageContext;
  nonCurrent: number;
  failures: number;
}): JSX.Element => (
  <Layout page={page} title="Administration" crumbs={[]}>
    <h1>Administration</h1>
    <Order
      title="Builds that nobody waits for"
      action="/admin/clear-queue-non-current"
      button={`Cancel ${plural(nonCurrent, 'build')}`}
      idle={nonCurrent === 0}
    >
      <p safe>
        {`${plural(nonCurrent, 'unfinished build')} in no jobset’s newest evaluation. Cancelled, they end as such; their outputs, where some were built, stay.`}
      </p>
    </Order>
    <Order
      title="Remembered failures"
      action="/admin/clear-failed-cache"
      button={`Forget ${plural(failures, 'failure')}`}
      idle={failures === 0}
    >
      <p safe>
        {`${plural(failures, 'derivation')} that failed and will not be tried again. Forgotten, each is tried by the next build that wants it.`}
      </p>
    </Order>
    <Order title="Fetched repositories" action="/admin/clear-vcs-cache" button="Forget the repositories" idle={false}>
      <p>
        The evaluator keeps clones of what jobsets read. Forgotten, each is fetched as a whole once more: for one that
        is damaged, or whose server rewrote it.
      </p>
    </Order>
    <section>
      <h2>Elsewhere</h2>
      <p>
        <a href="/users">Users and their roles</a>, <a href="/admin/news">news</a>, <a href="/machines">machines</a>,{' '}
        <a href="/buckets">buckets and parked uploads</a>, <a href="/audit">the audit</a>,{' '}
        <a href="/system">the system and all that is parked</a>.
      </p>
    </section>
  </Layout>
);
