import { fold, user as userDecider, type UserEvent, type UserState, userStream } from '#domain';
import type { ApiDependencies } from '../tokens.js';
import type { Incoming, Visitor } from './incoming.js';

export const SESSION_COOKIE = 'iolaus_session';
const TOKEN = /^[\w-]{20,100}$/;
const MAX_CACHED = 10_000;

/** The value of our cookie in a `Cookie` header; the first, where somebody planted a second. */
const sessionCookie = (header = ''): string | undefined => {
  for (const pair of header.split(';')) {
    const [name, value] = pair.trim().split('=', 2);
    if (name === SESSION_COOKIE) return value;
  }
  return undefined;
};

type Seen = { state: UserState; next: number };

/** Finds out who asks: the session from `accounts`, the roles from the user's stream. */
export class Visitors {
  /** Folded so far, by user: the next request reads only what is new, so a taken role is gone at once. */
  private readonly seen = new Map<string, Seen>();

  constructor(private readonly deps: Pick<ApiDependencies, 'accounts' | 'store'>) {}

  async of(request: Incoming): Promise<Visitor> {
    const session = sessionCookie(request.headers.cookie);
    if (session === undefined) return { roles: [] };
    if (!TOKEN.test(session)) return { roles: [], session };
    const user = await this.deps.accounts.sessionUser(session);
    return user ? { user, roles: await this.rolesOf(user.id), session } : { roles: [], session };
  }

  async rolesOf(userId: string): Promise<Visitor['roles']> {
    let { state, next } = this.seen.get(userId) ?? { state: fold(userDecider, []), next: 0 };
    for await (const { type, data, revision } of this.deps.store.readStream(userStream(userId), { from: next })) {
      state = userDecider.evolve(state, { type, data } as UserEvent);
      next = revision + 1;
    }
    if (this.seen.size >= MAX_CACHED) this.seen.clear();
    this.seen.set(userId, { state, next });
    return state.roles;
  }
}
