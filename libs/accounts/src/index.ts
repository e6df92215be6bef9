/** Users, passwords and sessions: the mutable, erasable part that the event log knows by opaque ids only. */
export { createAccounts } from './accounts.js';
export type { Accounts, AccountsOptions, Bootstrapped, LoginAttempt, LoginResult } from './accounts.js';
export type { AccountsDatabase } from './database.js';
export { SESSION_MS } from './sessions.js';
export { USER_NAME, UserNameError } from './users.js';
export type { NewUser, User } from './users.js';
