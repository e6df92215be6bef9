import { type Event, FIRST, type TypeVersions } from '../kernel/index.js';

/** Hydra's six roles. */
export const ROLES = [
  'admin',
  'bump-to-front',
  'cancel-build',
  'create-projects',
  'eval-jobset',
  'restart-jobs',
] as const;
export type Role = (typeof ROLES)[number];

/** A user exists; name, address and password live in `accounts`, where they can be erased. */
export type UserCreated = Event<'UserCreated', { userId: string }>;
/** The user's roles were replaced. */
export type RolesChanged = Event<'RolesChanged', { userId: string; roles: readonly Role[]; before: readonly Role[] }>;
/** A command of a signed-in actor was refused: that is a fact too. */
export type CommandRejected = Event<
  'CommandRejected',
  {
    userId: string;
    command: string;
    stream: string;
    rejection: string;
    /** revision of the stream that the refusal was decided at; -1 where it was absent */
    revisionSeen: number;
  }
>;

export type UserEvent = UserCreated | RolesChanged | CommandRejected;

/** Stream of a user. */
export const userStream = (userId: string): string => `user-${userId}`;

export const userVersions: Readonly<Record<UserEvent['type'], TypeVersions>> = {
  UserCreated: FIRST,
  RolesChanged: FIRST,
  CommandRejected: FIRST,
};
