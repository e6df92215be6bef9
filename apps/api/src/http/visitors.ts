import { type TokenScope, user as userDecider, userStream } from '#domain';
import { createStreamStates, type StreamStates } from '#event-store';
import type { ApiDependencies } from '../tokens.js';
import type { Incoming, Visitor } from './incoming.js';
import { Problem } from './problem.js';

export const SESSION_COOKIE = 'iolaus_session';
const TOKEN = /^[\w-]{20,100}$/;
/** What users may do is kept of some ten thousand of them. */
const MAX_BYTES = 16 * 1024 * 1024;

/** The value of our cookie in a `Cookie` header; the first, where somebody planted a second. */
const sessionCookie = (header = ''): string | undefined => {
  for (const pair of header.split(';')) {
    const [name, value] = pair.trim().split('=', 2);
    if (name === SESSION_COOKIE) return value;
  }
  return undefined;
};

/** The secret of `Authorization: Bearer`; other schemes are not for us. */
const bearerSecret = (header = ''): string | undefined => /^bearer +(\S+) *$/i.exec(header)?.[1];

const badToken = (): Problem =>
  new Problem(401, 'this token is not known, was revoked or is over', {
    field: 'Authorization',
    rule: 'must hold a token that is in force',
    headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
  });

/** Finds out who asks: the session from `accounts`, the roles from the user's stream. */
export class Visitors {
  /** Short streams too, for each request asks: it reads only what is new, so a taken role is gone at once. */
  private readonly states: StreamStates;

  constructor(private readonly deps: Pick<ApiDependencies, 'accounts' | 'store'>) {
    this.states = createStreamStates(deps.store, { maxBytes: MAX_BYTES, keepFrom: 1 });
  }

  /** By bearer token, if one is shown (401 where it is none), else by session. */
  async of(request: Incoming): Promise<Visitor> {
    const secret = bearerSecret(request.headers.authorization);
    if (secret !== undefined) return this.byToken(secret);
    const session = sessionCookie(request.headers.cookie);
    if (session === undefined) return { roles: [] };
    if (!TOKEN.test(session)) return { roles: [], session };
    const user = await this.deps.accounts.sessionUser(session);
    return user ? { user, roles: await this.rolesOf(user.id), session } : { roles: [], session };
  }

  private async byToken(secret: string): Promise<Visitor> {
    const bearer = await this.deps.accounts.tokenBearer(secret);
    if (!bearer) throw badToken();
    const scope = bearer.scope as TokenScope; // as `CreateToken` let it through
    const all = await this.rolesOf(bearer.user.id);
    const roles = scope === 'all' ? all : scope === 'read-only' ? [] : all.filter((role) => scope.includes(role));
    return { user: bearer.user, roles, token: { id: bearer.tokenId, scope } };
  }

  async rolesOf(userId: string): Promise<Visitor['roles']> {
    return (await this.states.read(userDecider, userStream(userId))).state.roles;
  }
}
