import { Controller, Get, HttpCode, Inject, Post, Put, Req } from '@nestjs/common';
import { type User, UserNameError } from '#accounts';
import { type Role, user as userDecider, userStream } from '#domain';
import { listUserRoles } from '#read-model';
import { commandAnswer, dryRunAnswer, isDryRun } from '../commands/commander.js';
import { loadState } from '../commands/state.js';
import type { Answer } from '../http/answer.js';
import { By, Input, type Through } from '../http/door.js';
import type { Incoming } from '../http/incoming.js';
import { permit, roleFor } from '../http/permissions.js';
import { notAllowed, Problem } from '../http/problem.js';
import { userJson } from '../http/user-json.js';
import { Reader } from '../queries/reader.js';
import { type ApiDependencies, DEPENDENCIES } from '../tokens.js';
import { dashboardPath, userPath } from '../ui/links.js';
import { AccountOrders } from './accounts.js';
import { changeUserDoor, createUserDoor, rolesDoor, rolesOf, tokenJson, userDoor, usersDoor } from './user.json.js';
import { UserPage } from './user.page.js';
import { UsersPage } from './users.page.js';

const nameTaken = (): Problem =>
  new Problem(409, 'a user of this name exists', { field: 'username', rule: 'must not be taken' });

/** People: for administrators all of them, for everybody oneself. */
@Controller()
export class UsersController {
  constructor(
    @Inject(DEPENDENCIES) private readonly deps: ApiDependencies,
    @Inject(Reader) private readonly reader: Reader,
    @Inject(AccountOrders) private readonly orders: AccountOrders,
  ) {}

  @Get('users')
  @By(usersDoor)
  async list(@Req() { visitor }: Incoming): Promise<Answer> {
    permit('manage-users', visitor);
    const [users, found] = await Promise.all([this.deps.accounts.listUsers(), this.reader.ask(listUserRoles)]);
    const roles = new Map(found.map((one) => [one.userId, one.roles]));
    const rolesOfUser = ({ id }: User): readonly Role[] => roles.get(id) ?? [];
    return {
      json: () => users.map((user) => userJson(user, rolesOfUser(user))),
      html: (page) => <UsersPage page={page} users={users.map((user) => ({ user, roles: rolesOfUser(user) }))} />,
    };
  }

  @Get('admin/users')
  @By(usersDoor)
  admin(): Answer {
    return { redirect: '/users' };
  }

  @Post('users')
  @HttpCode(201)
  @By(createUserDoor)
  async create(@Input() { body }: Through<typeof createUserDoor>, @Req() request: Incoming): Promise<Answer> {
    const role = permit('manage-users', request.visitor);
    const { username: name, password, fullname: fullName, emailaddress: email } = body;
    const roles = rolesOf(body, body.roles);
    this.orders.checkReason(request);
    if (isDryRun(request)) return this.tried(request, role, name, roles);
    const user = await this.deps.accounts.createUser({ name, password, fullName, email }).catch((error: unknown) => {
      throw error instanceof UserNameError ? nameTaken() : error;
    });
    await this.orders.command(request, user, role, { type: 'ChangeRoles', data: { roles } });
    const uri = `${this.deps.config.web.baseUrl}${userPath(name)}`;
    return { status: 201, json: () => ({ uri, ...userJson(user, roles) }), redirect: userPath(name) };
  }

  @Get('user/:name')
  @By(userDoor)
  async show(@Input() { params: { name } }: Through<typeof userDoor>, @Req() request: Incoming): Promise<Answer> {
    const { user, self } = await this.orders.open(request, name);
    const [{ roles }, tokens] = await Promise.all([
      loadState(this.deps.store, userDecider, userStream(user.id)),
      this.deps.accounts.listTokens(user.id),
    ]);
    const manages = roleFor('manage-users', request.visitor) !== undefined;
    return {
      json: () => ({ ...userJson(user, roles), tokens: tokens.map(tokenJson) }),
      html: (page) => <UserPage {...{ page, user, roles, tokens, self, manages }} />,
    };
  }

  /** Hydra's address of a dashboard. */
  @Get('user/:name/dashboard')
  @By(userDoor)
  async dashboard(@Input() { params: { name } }: Through<typeof userDoor>, @Req() request: Incoming): Promise<Answer> {
    const { user } = await this.orders.open(request, name);
    return { redirect: dashboardPath(user.name) };
  }

  /** Replaces full name and e-mail address, which administrators set; what is left out stays. */
  @Put('user/:name')
  @By(changeUserDoor)
  change(@Input() input: Through<typeof changeUserDoor>, @Req() request: Incoming): Promise<Answer> {
    return this.changed(input, request);
  }

  @Post('user/:name')
  @HttpCode(200)
  @By(changeUserDoor)
  changeByForm(@Input() input: Through<typeof changeUserDoor>, @Req() request: Incoming): Promise<Answer> {
    return this.changed(input, request);
  }

  @Post('user/:name/roles')
  @HttpCode(200)
  @By(rolesDoor)
  async roles(
    @Input() { params: { name }, body }: Through<typeof rolesDoor>,
    @Req() request: Incoming,
  ): Promise<Answer> {
    const role = permit('manage-users', request.visitor);
    const { user } = await this.orders.open(request, name);
    const roles = rolesOf(body, body.roles);
    if (!roles.includes('admin')) await this.orders.keepAnAdministrator(user);
    const accepted = await this.orders.command(request, user, role, { type: 'ChangeRoles', data: { roles } }, true);
    return commandAnswer(accepted, userPath(name));
  }

  /** As creating would go, of a user whose id is still to be drawn. */
  private async tried(request: Incoming, role: string, name: string, roles: readonly Role[]): Promise<Answer> {
    if (await this.deps.accounts.findUserByName(name)) throw nameTaken();
    const user = { id: 'new', name, fullName: '', email: '' };
    return dryRunAnswer(await this.orders.command(request, user, role, { type: 'ChangeRoles', data: { roles } }));
  }

  private async changed(
    { params: { name }, body }: Through<typeof changeUserDoor>,
    request: Incoming,
  ): Promise<Answer> {
    const { user } = await this.orders.openToChange(request, name);
    const { fullname: fullName, emailaddress: email } = body;
    // Whose address it is has the jobs on My jobs that name it, and later their mail.
    if (email !== undefined && email !== user.email && roleFor('manage-users', request.visitor) === undefined)
      throw notAllowed('the role admin, to set an e-mail address');
    await this.deps.accounts.updateUser(user.id, {
      ...(fullName === undefined ? {} : { fullName }),
      ...(email === undefined ? {} : { email }),
    });
    const { roles } = await loadState(this.deps.store, userDecider, userStream(user.id));
    const now = { ...user, fullName: fullName ?? user.fullName, email: email ?? user.email };
    return { json: () => userJson(now, roles), redirect: userPath(name) };
  }
}
