import type { Projection, Statement } from '../projection.js';

const CREATED = `
insert into users (id, roles) select "userId", '[]' from json_to_recordset($1) as x("userId" text) on conflict (id) do nothing`;

const ROLES = `
update users u set roles = i.roles from json_to_recordset($1) as i("userId" text, roles json) where u.id = i."userId"`;

const DELETED = `delete from users u using json_to_recordset($1) as i("userId" text) where u.id = i."userId"`;

const statement = (text: string, row: { userId: string }): Statement[] => [{ text, rows: [row], keys: [row.userId] }];

/** Roles by opaque user id; names and passwords live in `accounts`. */
export const users: Projection = {
  name: 'users',
  version: 1,
  types: ['UserCreated', 'RolesChanged', 'UserDeleted'],
  tables: ['users'],
  ddl: `
create table users (id text primary key, roles json not null);
`,
  on: ({ type, data }) => {
    if (type === 'UserCreated') return statement(CREATED, data);
    if (type === 'RolesChanged')
      return statement(ROLES, { userId: data.userId, roles: data.roles } as { userId: string });
    if (type === 'UserDeleted') return statement(DELETED, data);
    return [];
  },
};
