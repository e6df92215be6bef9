import type { User } from '#accounts';
import type { Role } from '#domain';
import type { PageContext } from '../http/page-context.js';
import { FormFields } from '../ui/form-fields.js';
import { Layout } from '../ui/layout.js';
import { userPath } from '../ui/links.js';
import { Table } from '../ui/table.js';
import { createUserForm } from './user-forms.js';

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
        <FormFields fields={createUserForm(page.wantsReason).fields} />
        <button type="submit">Create</button>
      </form>
    </details>
  </Layout>
);
