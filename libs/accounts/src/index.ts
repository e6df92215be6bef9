/** Users, passwords and sessions: the mutable, erasable part that the event log knows by opaque ids only. */
export { createAccounts } from './accounts.js';
export type { Accounts, AccountsOptions, Bootstrapped, LoginAttempt, LoginResult, PasswordCheck } from './accounts.js';
export type { AccountsDatabase } from './database.js';
export { SESSION_MS } from './sessions.js';
export type { News } from './news.js';
export { MAX_STARS, type Star, TooManyStarsError } from './stars.js';
export type { NewToken, TokenBearer, TokenScope, TokenView } from './tokens.js';
export { USER_ID, USER_NAME, UserNameError } from './users.js';
export type { NewUser, User } from './users.js';
