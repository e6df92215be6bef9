import type { TokenScope, TokenView, User } from '#accounts';
import type { Role } from '#domain';
import type { PageContext } from '../http/page-context.js';
import { FormFields } from '../ui/form-fields.js';
import { Layout } from '../ui/layout.js';
import { userPath } from '../ui/links.js';
import { Table } from '../ui/table.js';
import { Time } from '../ui/time.js';
import { passwordForm, profileForm, rolesForm, tokenForm } from './user-forms.js';

type Props = {
  page: PageContext;
  user: User;
  roles: readonly Role[];
  tokens: readonly TokenView[];
  /** whether it is the visitor's own */
  self: boolean;
  /** whether the visitor may set roles */
  manages: boolean;
};

/** A scope in words. */
export const scopeWords = (scope: TokenScope): string => {
  if (scope === 'all') return 'all that the user may';
  return scope === 'read-only' ? 'reading only' : scope.join(', ');
};

const Tokens = ({ page, user, tokens }: Pick<Props, 'page' | 'user' | 'tokens'>): JSX.Element => (
  <Table caption="Tokens in use" heads={['Name', 'Opens', 'Created', 'Ends', 'Last used', '']}>
    {tokens.map(({ id, name, scope, createdAtMs, expiresAtMs, usedAtMs }) => (
      <tr>
        <th scope="row" safe>
          {name}
        </th>
        <td safe>{scopeWords(scope)}</td>
        <td>
          <Time ms={createdAtMs} now={page.now} />
        </td>
        <td>
          {expiresAtMs <= page.now && 'over since '}
          <Time ms={expiresAtMs} now={page.now} />
        </td>
        <td>{usedAtMs === null ? 'never' : <Time ms={usedAtMs} now={page.now} />}</td>
        <td>
          <div class="actions">
            <form method="post" action={`${userPath(user.name)}/tokens/${encodeURIComponent(id)}/revoke`}>
              <input
                type="text"
                name="reason"
                maxlength="1000"
                placeholder="Reason"
                aria-label={`Reason to revoke the token ${name}`}
              />
              <button type="submit" class="secondary outline small" aria-label={`Revoke the token ${name}`}>
                Revoke
              </button>
            </form>
          </div>
        </td>
      </tr>
    ))}
  </Table>
);

const NewToken = ({ page, user, roles }: Pick<Props, 'page' | 'user' | 'roles'>): JSX.Element => (
  <details>
    <summary>Make a token</summary>
    <form method="post" class="narrow" action={`${userPath(user.name)}/tokens`}>
      <FormFields fields={tokenForm(roles, page.wantsReason).fields} />
      <button type="submit">Make it</button>
    </form>
  </details>
);

const Password = ({ page, user, self }: Pick<Props, 'page' | 'user' | 'self'>): JSX.Element => (
  <form method="post" class="narrow" action={`${userPath(user.name)}/password`}>
    <input type="text" name="username" value={user.name} autocomplete="username" hidden disabled />
    <FormFields fields={passwordForm(self, page.wantsReason).fields} />
    <p class="muted">
      All other sessions end. Tokens stay until they are revoked: tick the box where somebody else may know the
      password.
    </p>
    <button type="submit">Change the password</button>
  </form>
);

/** A person's account: what it is called, what it may, what lets it in. */
export const UserPage = ({ page, user, roles, tokens, self, manages }: Props): JSX.Element => {
  const crumbs = manages ? [{ href: '/users', text: 'Users' }] : [];
  return (
    <Layout page={page} title={user.name} crumbs={crumbs}>
      <h1 safe>{user.fullName || user.name}</h1>
      <section>
        <h2>Account</h2>
        <form method="post" class="narrow" action={userPath(user.name)}>
          <FormFields fields={profileForm(manages, user).fields} />
          {!manages && (
            <label>
              E-mail address
              <input type="email" value={user.email} readonly />
              <small>Administrators set it: the jobs on My jobs are those that name it.</small>
            </label>
          )}
          <button type="submit">Save</button>
        </form>
      </section>
      <section>
        <h2>Roles</h2>
        {manages ? (
          <form method="post" class="narrow" action={`${userPath(user.name)}/roles`}>
            <input type="hidden" name="roles" value="" />
            <FormFields fields={rolesForm(roles, page.wantsReason).fields} />
            <button type="submit">Set the roles</button>
          </form>
        ) : (
          <p safe>{roles.length === 0 ? 'None: administrators grant them.' : `${roles.join(', ')}.`}</p>
        )}
      </section>
      <section>
        <h2>Password</h2>
        <Password page={page} user={user} self={self} />
      </section>
      <section>
        <h2>Tokens</h2>
        <p class="muted">
          A script shows a token as <code>Authorization: Bearer TOKEN</code> and may then what the token opens.
        </p>
        {tokens.length > 0 && <Tokens page={page} user={user} tokens={tokens} />}
        {self && <NewToken page={page} user={user} roles={roles} />}
      </section>
      <section>
        <h2>The end of the account</h2>
        <details>
          <summary>Delete the account</summary>
          <form method="post" class="narrow" action={`${userPath(user.name)}/delete`}>
            <p>
              Erases the name, the address, the password, tokens, stars and sessions, and ends memberships of projects.
              It cannot be undone. What was done under this account stays in the log, of a deleted user.
            </p>
            <label>
              Reason
              <input type="text" name="reason" required maxlength="1000" />
            </label>
            <button type="submit" class="secondary">
              Delete the account
            </button>
          </form>
        </details>
      </section>
    </Layout>
  );
};
