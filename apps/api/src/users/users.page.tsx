import type { User } from '#accounts';
import { type Role, ROLES } from '#domain';
import type { PageContext } from '../http/page-context.js';
import { Layout } from '../ui/layout.js';
import { userPath } from '../ui/links.js';
import { Table } from '../ui/table.js';
import { MIN_PASSWORD } from './user.json.js';
import { NewPassword, Profile, Reason, RoleBoxes } from './user-forms.js';

/** Who may come in, and what each may do. */
export const UsersPage = ({
  page,
  users,
}: {
  page: PageContext;
  users: readonly Readonly<{ user: User; roles: readonly Role[] }>[];
}): JSX.Element => (
  <Layout page={page} title="Users" crumbs={[]}>
    <h1>Users</h1>
    <Table caption="Users" hideCaption heads={['Name', 'Full name', 'E-mail address', 'Roles']}>
      {users.map(({ user, roles }) => (
        <tr>
          <th scope="row">
            <a href={userPath(user.name)} safe>
              {user.name}
            </a>
          </th>
          <td safe>{user.fullName}</td>
          <td safe>{user.email}</td>
          <td safe>{roles.length === 0 ? 'none' : roles.join(', ')}</td>
        </tr>
      ))}
    </Table>
    <details>
      <summary>Create a user</summary>
      <form method="post" class="narrow" action="/users">
        <label>
          User name
          <input
            type="text"
            name="username"
            required
            maxlength="255"
            pattern="[a-z][a-z0-9_.]*"
            title="Letters a-z, digits, _ and ., a letter first"
            autocomplete="off"
          />
        </label>
        <Profile />
        <NewPassword least={MIN_PASSWORD} />
        <RoleBoxes legend="Roles" names={ROLES} />
        <Reason />
        <button type="submit">Create</button>
      </form>
    </details>
  </Layout>
);
