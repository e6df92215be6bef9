import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { ApiDependencies } from '../tokens.js';
import { isSafe, refuseForgery } from './csrf.js';
import { type Door, doorKey, enter } from './door.js';
import type { Incoming } from './incoming.js';
import { notAllowed, signInFirst } from './problem.js';
import type { Visitors } from './visitors.js';

/** Before every handler: who is it, did another site send it, may it pass at all, and is every part of it well formed. */
export class EdgeGuard implements CanActivate {
  private readonly reflector = new Reflector();

  constructor(
    private readonly deps: ApiDependencies,
    private readonly visitors: Visitors,
    /** up to which change of the read model this process has heard */
    private readonly mark: () => string,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<Incoming>();
    // Before anything is read: what changes from here on, the page is told.
    request.changes = this.mark();
    const door = this.reflector.get<Door | undefined>(doorKey, context.getHandler());
    if (!door) throw new Error(`${context.getClass().name}.${context.getHandler().name} has no door`);
    request.visitor = door.anonymous || door.signed ? { roles: [] } : await this.visitors.of(request);
    // No other site can make a browser sign.
    if (!isSafe(request.method) && !door.signed) this.checkWriter(request);
    if (door.signedIn && !request.visitor.user) throw signInFirst();
    if (door.form !== undefined) request.form = door.form;
    request.input = enter(door, request);
    return true;
  }

  /** No browser sends a bearer token by itself, so no other site can have it sent. */
  private checkWriter({ visitor, headers }: Incoming): void {
    if (visitor.token === undefined)
      refuseForgery(headers, this.deps.config.web.baseUrl, visitor.session !== undefined);
    else if (visitor.token.scope === 'read-only') throw notAllowed('a token that is not for reading only');
  }
}
