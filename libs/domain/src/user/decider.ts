import { type Command, type Decider, unreachable } from '../kernel/index.js';
import { type Role, ROLES, type CommandRejected, type UserEvent } from './events.js';

export type UserCommand =
  | Command<'CreateUser', { userId: string }>
  | Command<'ChangeRoles', { roles: readonly Role[] }>
  | Command<'RecordRejection', CommandRejected['data']>;

export type UserRejection = 'user-absent' | 'unknown-role';

export type UserState = Readonly<{ status: 'absent' | 'present'; userId: string; roles: readonly Role[] }>;

export const user: Decider<UserState, UserCommand, UserEvent, UserRejection> = {
  initial: { status: 'absent', userId: '', roles: [] },
  decide: ({ type, data }, state) => {
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
      case 'RecordRejection':
        return [{ type: 'CommandRejected', data }];
      default:
        return unreachable(type);
    }
  },
  evolve: (state, event) => {
    switch (event.type) {
      case 'UserCreated':
        return { status: 'present', userId: event.data.userId, roles: [] };
      case 'RolesChanged':
        return { ...state, roles: event.data.roles };
      case 'CommandRejected':
        return state;
      default:
        return unreachable(event);
    }
  },
};
