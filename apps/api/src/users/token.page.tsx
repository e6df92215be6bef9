import type { TokenView, User } from '#accounts';
import type { PageContext } from '../http/page-context.js';
import { Layout } from '../ui/layout.js';
import { userPath } from '../ui/links.js';
import { Fact, Facts } from '../ui/table.js';
import { Time } from '../ui/time.js';
import { scopeWords } from './user.page.js';

/** A new token, for the one time that it is shown. */
export const TokenPage = (props: { page: PageContext; user: User; token: TokenView; secret: string }): JSX.Element => {
  const { page, user, token, secret } = props;
  return (
    <Layout page={page} title="New token" crumbs={[{ href: userPath(user.name), text: user.name }]}>
      <h1 safe>{`Token: ${token.name}`}</h1>
      <p role="status">Copy it now: it is not shown again.</p>
      <pre tabindex="0">
        <code safe>{secret}</code>
      </pre>
      <Facts>
        <Fact term="Opens">
          <span safe>{scopeWords(token.scope)}</span>
        </Fact>
        <Fact term="Ends">
          <Time ms={token.expiresAtMs} now={page.now} />
        </Fact>
      </Facts>
      <p>
        <a href={userPath(user.name)}>Back to the account</a>
      </p>
    </Layout>
  );
};
