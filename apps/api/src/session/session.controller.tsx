import { Controller, Get, HttpCode, Inject, Post, Req } from '@nestjs/common';
import { SESSION_MS } from '#accounts';
import type { Answer } from '../http/answer.js';
import { By, door, Input, type Through } from '../http/door.js';
import type { Incoming } from '../http/incoming.js';
import { Problem, signInFirst } from '../http/problem.js';
import { text } from '../http/text.js';
import { userJson } from '../http/user-json.js';
import { SESSION_COOKIE, Visitors } from '../http/visitors.js';
import { type ApiDependencies, DEPENDENCIES } from '../tokens.js';
import { SignInPage } from './sign-in.page.js';

const plainDoor = door({});
/** Where a form goes on to: a path of ours, so that nobody can send people elsewhere. */
const nextParam = text(2000)
  .regex(/^\/(?![/\\])[^\\\s]*$/, 'must be a path of this server')
  .optional();
const formDoor = door({ query: { next: nextParam } });
const loginDoor = door({
  body: {
    username: text(255).min(1, 'must not be empty'),
    password: text(1000).min(1, 'must not be empty'),
    next: nextParam,
  },
});

@Controller()
export class SessionController {
  constructor(
    @Inject(DEPENDENCIES) private readonly deps: ApiDependencies,
    @Inject(Visitors) private readonly visitors: Visitors,
  ) {}

  @Get('login')
  @By(formDoor)
  async form(@Input() { query: { next } }: Through<typeof formDoor>): Promise<Answer> {
    return { html: (page) => <SignInPage page={page} next={next} /> };
  }

  /** Opens a session. 403 for a wrong name or password alike, 429 after too many tries. */
  @Post('login')
  @HttpCode(200)
  @By(loginDoor)
  async login(@Input() { body }: Through<typeof loginDoor>, @Req() request: Incoming): Promise<Answer> {
    const { session } = request.visitor;
    const result = await this.deps.accounts.login({
      name: body.username,
      password: body.password,
      address: request.ip,
      ...(session === undefined ? {} : { replaces: session }),
    });
    if (result.outcome === 'throttled') {
      const seconds = Math.ceil(result.retryAfterMs / 1000);
      this.deps.logger.warn({ requestId: request.id, address: request.ip }, 'login throttled');
      throw new Problem(429, `too many failed tries; try again in ${Math.ceil(seconds / 60)} minutes`, {
        headers: { 'retry-after': String(seconds) },
      });
    }
    if (result.outcome === 'refused') {
      this.deps.logger.warn({ requestId: request.id, address: request.ip }, 'login refused');
      if (request.wants === 'json') throw new Problem(403, 'wrong user name or password');
      return { status: 403, html: (page) => <SignInPage page={page} failed={body.username} next={body.next} /> };
    }
    const roles = await this.visitors.rolesOf(result.user.id);
    return {
      headers: { 'set-cookie': this.cookie(result.token, SESSION_MS / 1000) },
      json: () => userJson(result.user, roles),
      redirect: body.next ?? '/',
    };
  }

  @Post('logout')
  @By(plainDoor)
  async logout(@Req() request: Incoming): Promise<Answer> {
    if (request.visitor.session !== undefined) await this.deps.accounts.logout(request.visitor.session);
    const headers = { 'set-cookie': this.cookie('', 0) };
    return request.wants === 'json' ? { status: 204, headers } : { headers, redirect: '/' };
  }

  @Get('current-user')
  @By(plainDoor)
  async current(@Req() { visitor }: Incoming): Promise<Answer> {
    if (!visitor.user) throw signInFirst();
    const json = userJson(visitor.user, visitor.roles);
    return { json: () => json };
  }

  private cookie(token: string, maxAge: number): string {
    const secure = this.deps.config.web.baseUrl.startsWith('https:') ? '; Secure' : '';
    return `${SESSION_COOKIE}=${token}; Path=/; Max-Age=${maxAge}; HttpOnly; SameSite=Lax${secure}`;
  }
}
