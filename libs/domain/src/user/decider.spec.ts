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
    given(created)
      .when({ type: 'RecordSuppressed', at, data: examples.RejectionsSuppressed.data })
      .then(examples.RejectionsSuppressed);
  });

  it('is given tokens whose scope is known and whose end is to come, and loses each once', () => {
    const { TokenCreated: made, TokenRevoked: revoked } = examples;
    const { userId: _, ...data } = made.data;
    const create = { type: 'CreateToken', at, data } as const;
    given(created).when(create).then(made);
    given(created, made).when(create).thenNothing();
    given().when(create).thenRejected('user-absent');
    given(created)
      .when({ ...create, data: { ...data, expiresAt: at } })
      .thenRejected('invalid-value', 'expires');
    given(created)
      .when({ ...create, data: { ...data, scope: [] } })
      .thenRejected('invalid-value', 'scope');
    given(created)
      .when({ ...create, data: { ...data, scope: ['root' as 'admin'] } })
      .thenRejected('unknown-role', 'scope');
    const revoke = { type: 'RevokeToken', at, data: { tokenId: data.tokenId } } as const;
    given(created, made).when(revoke).then(revoked);
    given(created, made, revoked).when(revoke).thenNothing();
  });

  it('is deleted once, and nothing can be done to it afterwards', () => {
    const { UserDeleted: deleted } = examples;
    const remove = { type: 'DeleteUser', at, data: deleted.data } as const;
    given(created, changed).when(remove).then(deleted);
    given().when(remove).then(deleted);
    given(created, deleted).when(remove).thenNothing();
    for (const command of [
      { type: 'CreateUser', at, data: created.data },
      { type: 'ChangeRoles', at, data: { roles: ['admin'] } },
      { type: 'ChangePassword', at, data: { revokeTokens: false } },
      { type: 'RecordRejection', at, data: examples.CommandRejected.data },
    ] as const)
      given(created, deleted).when(command).thenRejected('user-absent');
  });

  it('has it written down that it had caches cleared', () => {
    const { FetchCacheCleared: cleared } = examples;
    const { userId: _, ...data } = cleared.data;
    given(created).when({ type: 'RecordFetchCacheCleared', at, data }).then(cleared);
  });

  it('has it written down that news was posted and taken down, but not what it says', () => {
    const { NewsPosted: posted, NewsDeleted: deleted } = examples;
    given(created)
      .when({ type: 'PostNews', at, data: { newsId: 1 } })
      .then(posted);
    given(created, posted)
      .when({ type: 'DeleteNews', at, data: { newsId: 1 } })
      .then(deleted);
    given()
      .when({ type: 'PostNews', at, data: { newsId: 1 } })
      .thenRejected('user-absent');
  });

  it('has the change of its password written down, but not the password', () => {
    given(created)
      .when({ type: 'ChangePassword', at, data: { revokeTokens: false } })
      .then(examples.PasswordChanged);
  });

  it('keeps its tokens through a change of its password, unless they are revoked with it', () => {
    const { TokenCreated: made, TokenRevoked: revoked, PasswordChanged: another } = examples;
    const change = (revokeTokens: boolean) => ({ type: 'ChangePassword', at, data: { revokeTokens } }) as const;
    const second = { ...made, data: { ...made.data, tokenId: 't-2' } };
    given(created, made, second).when(change(false)).then(another);
    given(created, made, second)
      .when(change(true))
      .then(another, revoked, { ...revoked, data: { ...revoked.data, tokenId: 't-2' } });
    given(created, made, revoked).when(change(true)).then(another);
  });
});
