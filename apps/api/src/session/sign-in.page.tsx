import type { PageContext } from '../http/page-context.js';
import { Layout } from '../ui/layout.js';

/** The form that opens a session. `failed`: the name with which it just did not; `next`: where it leads to. */
export const SignInPage = ({
  page,
  failed,
  next,
}: {
  page: PageContext;
  failed?: string;
  next: string | undefined;
}): JSX.Element => (
  <Layout page={page} title="Sign in">
    <div class="narrow">
      <h1>Sign in</h1>
      {failed !== undefined && (
        <p class="status bad" role="alert">
          ✗ Wrong user name or password.
        </p>
      )}
      <form method="post" action="/login">
        {next !== undefined && <input type="hidden" name="next" value={next} />}
        <label for="username">User name</label>
        <input id="username" name="username" value={failed ?? ''} required autocomplete="username" maxlength="255" />
        <label for="password">Password</label>
        <input
          id="password"
          name="password"
          type="password"
          required
          autocomplete="current-password"
          maxlength="1000"
        />
        <button type="submit">Sign in</button>
      </form>
    </div>
  </Layout>
);
