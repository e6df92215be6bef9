import type { User } from '#accounts';
import type { Role, TokenScope } from '#domain';

/** Who asks: somebody signed in, or nobody in particular. */
export type Visitor = Readonly<{
  user?: User;
  /** of the user; by a token, those that its scope names too */
  roles: readonly Role[];
  /** the bearer token by which the user asks, instead of a session */
  token?: Readonly<{ id: string; scope: TokenScope }>;
  /** the session cookie, where one was shown */ session?: string;
}>;
