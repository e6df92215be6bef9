import { Controller, Delete, HttpCode, Inject, Post, Req } from '@nestjs/common';
import type { TokenCreated, TokenRevoked } from '#domain';
import { toIso, uuidv4 } from '#runtime';
import { dryRunAnswer, isDryRun } from '../commands/commander.js';
import type { Answer } from '../http/answer.js';
import { By, Input, type Through } from '../http/door.js';
import type { Incoming } from '../http/incoming.js';
import { badInput, notAllowed, notFound, Problem } from '../http/problem.js';
import { type ApiDependencies, DEPENDENCIES } from '../tokens.js';
import { userPath } from '../ui/links.js';
import { AccountOrders } from './accounts.js';
import { TokenPage } from './token.page.js';
import { createTokenDoor, passwordDoor, scopeOf, tokenDoor, tokenJson } from './user.json.js';

const DAY_MS = 24 * 3_600_000;

/** What lets people in: passwords and bearer tokens. The fact is an event, written first; the secret is in none. */
@Controller('user/:name')
export class SecretsController {
  constructor(
    @Inject(DEPENDENCIES) private readonly deps: ApiDependencies,
    @Inject(AccountOrders) private readonly orders: AccountOrders,
  ) {}

  /** One's own takes the present password too. Ends all other sessions, and the tokens where that is asked for. */
  @Post('password')
  @HttpCode(200)
  @By(passwordDoor)
  async password(
    @Input() { params: { name }, body }: Through<typeof passwordDoor>,
    @Req() request: Incoming,
  ): Promise<Answer> {
    const { user, self, role } = await this.orders.open(request, name);
    this.orders.bySession(request);
    if (self) await this.checkPresent(name, body.currentpassword, request);
    const { password, revokeTokens } = body;
    const change = { type: 'ChangePassword', data: { revokeTokens } } as const;
    const changed = await this.orders.command(request, user, role, change);
    if (changed.dryRun) return dryRunAnswer(changed);
    const keepSession = self ? request.visitor.session : undefined;
    await this.deps.accounts.changePassword(user.id, password, { keepSession, revokeTokens });
    const revoked = changed.events.flatMap(({ type, data }) =>
      type === 'TokenRevoked' ? [(data as TokenRevoked['data']).tokenId] : [],
    );
    return { json: () => ({ changed: true, ...(revokeTokens ? { revoked } : {}) }), redirect: userPath(name) };
  }

  /** Answers the secret, for this once. */
  @Post('tokens')
  @HttpCode(201)
  @By(createTokenDoor)
  async create(
    @Input() { params: { name }, body }: Through<typeof createTokenDoor>,
    @Req() request: Incoming,
  ): Promise<Answer> {
    const { user, self, role } = await this.orders.open(request, name);
    this.orders.bySession(request);
    if (!self) throw notAllowed('being this user: tokens are made by whom they stand for');
    const scope = scopeOf(body);
    const expiresAtMs = this.deps.clock.now() + body.days * DAY_MS;
    const data = { tokenId: `t${uuidv4()}`, scope, expiresAt: toIso(expiresAtMs) };
    const created = await this.orders.command(request, user, role, { type: 'CreateToken', data });
    if (created.dryRun) return dryRunAnswer(created);
    // By an idempotency key that was used before, this is the event of the first time.
    const { tokenId: id } = (created.events.at(-1) as unknown as TokenCreated).data;
    const made = await this.deps.accounts.createToken({ id, userId: user.id, name: body.name, scope, expiresAtMs });
    if (!made) throw new Problem(409, 'this token was made before, and its secret is told once only');
    return {
      status: 201,
      headers: { 'cache-control': 'no-store' },
      json: () => ({ ...tokenJson(made.token), token: made.secret }),
      html: (page) => <TokenPage {...{ page, user, token: made.token, secret: made.secret }} />,
    };
  }

  @Delete('tokens/:token')
  @By(tokenDoor)
  revoke(@Input() { params }: Through<typeof tokenDoor>, @Req() request: Incoming): Promise<Answer> {
    return this.revoked(params, request);
  }

  @Post('tokens/:token/revoke')
  @HttpCode(200)
  @By(tokenDoor)
  revokeByForm(@Input() { params }: Through<typeof tokenDoor>, @Req() request: Incoming): Promise<Answer> {
    return this.revoked(params, request);
  }

  private async revoked(params: Through<typeof tokenDoor>['params'], request: Incoming): Promise<Answer> {
    const { user, role } = await this.orders.openToChange(request, params.name);
    const tokens = await this.deps.accounts.listTokens(user.id);
    if (!tokens.some(({ id }) => id === params.token)) throw notFound('such token', 'token');
    this.orders.checkReason(request);
    // Here what opens goes first: a door must not stay open because the log could not be written.
    if (!isDryRun(request)) await this.deps.accounts.revokeToken(user.id, params.token);
    const command = { type: 'RevokeToken', data: { tokenId: params.token } } as const;
    const revoked = await this.orders.command(request, user, role, command);
    if (revoked.dryRun) return dryRunAnswer(revoked);
    return { json: () => ({ revoked: params.token }), redirect: userPath(params.name) };
  }

  /** Whoever finds an open browser must not be able to lock its user out. Throttled as logins are. */
  private async checkPresent(name: string, password: string | undefined, { ip }: Incoming): Promise<void> {
    if (password === undefined || password === '') throw badInput('currentpassword', 'is required');
    const checked = await this.deps.accounts.checkPassword({ name, password, address: ip });
    if (checked.outcome === 'refused') throw new Problem(403, 'the present password is another one');
    if (checked.outcome === 'throttled') {
      const seconds = Math.ceil(checked.retryAfterMs / 1000);
      throw new Problem(429, `too many failed tries; try again in ${Math.ceil(seconds / 60)} minutes`, {
        headers: { 'retry-after': String(seconds) },
      });
    }
  }
}
