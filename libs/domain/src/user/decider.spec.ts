import { at, examples } from '../../testing/examples.js';
import { deciderSpec } from '../../testing/given.js';
import { user } from './decider.js';

const { given } = deciderSpec(user);
const { UserCreated: created, RolesChanged: changed } = examples;

describe('a user', () => {
  it('is created once and has its roles replaced as a whole', () => {
    given().when({ type: 'CreateUser', at, data: created.data }).then(created);
    given(created).when({ type: 'CreateUser', at, data: created.data }).thenNothing();
    given(created)
      .when({ type: 'ChangeRoles', at, data: { roles: ['admin'] } })
      .then(changed);
    given(created, changed)
      .when({ type: 'ChangeRoles', at, data: { roles: ['admin'] } })
      .thenNothing();
    given()
      .when({ type: 'ChangeRoles', at, data: { roles: [] } })
      .thenRejected('user-absent');
    given(created)
      .when({ type: 'ChangeRoles', at, data: { roles: ['root' as 'admin'] } })
      .thenRejected('unknown-role', 'roles');
  });

  it('has its rejected commands recorded', () => {
    given(created)
      .when({ type: 'RecordRejection', at, data: examples.CommandRejected.data })
      .then(examples.CommandRejected);
  });
});
