import { type Command, type Decider, type Rejection, unreachable } from '../kernel/index.js';
import {
  type Role,
  ROLES,
  type CommandRejected,
  type RejectionsSuppressed,
  type TokenScope,
  type UserEvent,
} from './events.js';

export type UserCommand =
  | Command<'CreateUser', { userId: string }>
  | Command<'ChangeRoles', { roles: readonly Role[] }>
  | Command<'CreateToken', { tokenId: string; scope: TokenScope; expiresAt: string }>
  | Command<'RevokeToken', { tokenId: string }>
  | Command<'ChangePassword', { /** all bearer tokens with it */ revokeTokens: boolean }>
  | Command<'PostNews', { newsId: number }>
  | Command<'DeleteNews', { newsId: number }>
  | Command<'DeleteUser', { userId: string }>
  | Command<'RecordFetchCacheCleared', { clones: number; busy: number }>
  | Command<'RecordRejection', CommandRejected['data']>
  | Command<'RecordSuppressed', RejectionsSuppressed['data']>;

export type UserRejection = 'user-absent' | 'unknown-role' | 'invalid-value';

export type UserState = Readonly<{
  status: 'absent' | 'present' | 'deleted';
  userId: string;
  roles: readonly Role[];
  /** ids of the bearer tokens that were not revoked, those that are over too */
  tokens: readonly string[];
}>;

/** Refuses a scope that names nothing, or a role that is not known. */
const checkScope = (scope: TokenScope): Rejection<'invalid-value' | 'unknown-role'> | undefined => {
  if (typeof scope === 'string') return undefined;
  if (scope.length === 0) return { rejected: 'invalid-value', field: 'scope', detail: 'must name a role' };
  const unknown = scope.find((role) => role !== 'owner' && !ROLES.includes(role));
  return unknown === undefined ? undefined : { rejected: 'unknown-role', field: 'scope', detail: unknown };
};

export const user: Decider<UserState, UserCommand, UserEvent, UserRejection> = {
  initial: { status: 'absent', userId: '', roles: [], tokens: [] },
  decide: ({ type, data, at }, state) => {
    // Also of an account that a crash left without a stream.
    if (type === 'DeleteUser') return state.status === 'deleted' ? [] : [{ type: 'UserDeleted', data }];
    if (state.status === 'deleted') return { rejected: 'user-absent' };
    if (type === 'CreateUser') return state.status === 'absent' ? [{ type: 'UserCreated', data }] : [];
    if (state.status === 'absent') return { rejected: 'user-absent' };
    switch (type) {
      case 'ChangeRoles': {
        const unknown = data.roles.find((role) => !ROLES.includes(role));
        if (unknown !== undefined) return { rejected: 'unknown-role', field: 'roles', detail: unknown };
        const roles = ROLES.filter((role) => data.roles.includes(role));
        const same = roles.length === state.roles.length && roles.every((role) => state.roles.includes(role));
        return same ? [] : [{ type: 'RolesChanged', data: { userId: state.userId, roles, before: state.roles } }];
      }
      case 'CreateToken': {
        const { userId } = state;
        if (state.tokens.includes(data.tokenId)) return [];
        if (data.expiresAt <= at)
          return { rejected: 'invalid-value', field: 'expires', detail: 'must lie in the future' };
        return checkScope(data.scope) ?? [{ type: 'TokenCreated', data: { userId, ...data } }];
      }
      case 'RevokeToken':
        if (!state.tokens.includes(data.tokenId)) return [];
        return [{ type: 'TokenRevoked', data: { userId: state.userId, tokenId: data.tokenId } }];
      case 'ChangePassword':
        return [
          { type: 'PasswordChanged', data: { userId: state.userId } },
          ...(data.revokeTokens ? state.tokens : []).map((tokenId): UserEvent => ({
            type: 'TokenRevoked',
            data: { userId: state.userId, tokenId },
          })),
        ];
      case 'PostNews':
        return [{ type: 'NewsPosted', data: { userId: state.userId, ...data } }];
      case 'DeleteNews':
        return [{ type: 'NewsDeleted', data: { userId: state.userId, ...data } }];
      case 'RecordFetchCacheCleared':
        return [{ type: 'FetchCacheCleared', data: { userId: state.userId, ...data } }];
      case 'RecordRejection':
        return [{ type: 'CommandRejected', data }];
      case 'RecordSuppressed':
        return [{ type: 'RejectionsSuppressed', data }];
      default:
        return unreachable(type);
    }
  },
  evolve: (state, event) => {
    switch (event.type) {
      case 'UserCreated':
        return { status: 'present', userId: event.data.userId, roles: [], tokens: [] };
      case 'RolesChanged':
        return { ...state, roles: event.data.roles };
      case 'TokenCreated':
        return { ...state, tokens: [...state.tokens, event.data.tokenId] };
      case 'TokenRevoked':
        return { ...state, tokens: state.tokens.filter((id) => id !== event.data.tokenId) };
      case 'UserDeleted':
        return { status: 'deleted', userId: event.data.userId, roles: [], tokens: [] };
      case 'PasswordChanged':
      case 'NewsPosted':
      case 'NewsDeleted':
      case 'FetchCacheCleared':
      case 'CommandRejected':
      case 'RejectionsSuppressed':
        return state;
      default:
        return unreachable(event);
    }
  },
};
