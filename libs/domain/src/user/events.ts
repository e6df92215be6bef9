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

/** The user had the evaluator forget the repositories that it had fetched: each is fetched as a whole once more. */
export type FetchCacheCleared = Event<
  'FetchCacheCleared',
  {
    userId: string;
    /** repositories that were forgotten */
    clones: number;
    /** those that were just being fetched, and stayed */
    busy: number;
  }
>;
/** More commands of the user were refused than the log takes of one; the operational log has them. */
export type RejectionsSuppressed = Event<
  'RejectionsSuppressed',
  {
    userId: string;
    count: number;
    /** of the first of them; ISO 8601, UTC */
    since: string;
    /** of the last of them; ISO 8601, UTC */
    until: string;
  }
>;

/** What a bearer token opens of its user's rights: all, reading only, or these roles; `owner` stands for the user's own projects. */
export type TokenScope = 'all' | 'read-only' | readonly (Role | 'owner')[];
/** The user was given a bearer token; its secret is told once and stands nowhere. */
export type TokenCreated = Event<
  'TokenCreated',
  {
    userId: string;
    tokenId: string;
    scope: TokenScope;
    /** ISO 8601, UTC */
    expiresAt: string;
  }
>;
/** A bearer token opens nothing any more. */
export type TokenRevoked = Event<'TokenRevoked', { userId: string; tokenId: string }>;
/** The user has another password, and no other session than the one that changed it. */
export type PasswordChanged = Event<'PasswordChanged', { userId: string }>;
/** The account was erased: name, address, password, tokens, stars and sessions are gone. Its id is never given to anybody else. */
export type UserDeleted = Event<'UserDeleted', { userId: string }>;
/** The user posted news of the farm; its text, which people write and erase, lives in `accounts`. */
export type NewsPosted = Event<'NewsPosted', { userId: string; newsId: number }>;
/** The user took news of the farm down, one's own or another's. */
export type NewsDeleted = Event<'NewsDeleted', { userId: string; newsId: number }>;

export type UserEvent =
  | UserCreated
  | RolesChanged
  | TokenCreated
  | TokenRevoked
  | PasswordChanged
  | NewsPosted
  | NewsDeleted
  | UserDeleted
  | FetchCacheCleared
  | RejectionsSuppressed
  | CommandRejected;

/** Stream of a user. */
export const userStream = (userId: string): string => `user-${userId}`;

export const userVersions: Readonly<Record<UserEvent['type'], TypeVersions>> = {
  UserCreated: FIRST,
  RolesChanged: FIRST,
  TokenCreated: FIRST,
  TokenRevoked: FIRST,
  PasswordChanged: FIRST,
  NewsPosted: FIRST,
  NewsDeleted: FIRST,
  UserDeleted: FIRST,
  FetchCacheCleared: FIRST,
  RejectionsSuppressed: FIRST,
  CommandRejected: FIRST,
};
