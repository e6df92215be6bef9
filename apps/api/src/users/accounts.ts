import { Inject, Injectable } from '@nestjs/common';
import type { User } from '#accounts';
import { type UserCommand, userStream } from '#domain';
import { listUserRoles } from '#read-model';
import { UserAct } from '../commands/acts.js';
import { type Accepted, Commander } from '../commands/commander.js';
import type { Incoming } from '../http/incoming.js';
import { permit, roleFor } from '../http/permissions.js';
import { notAllowed, notFound, Problem, signInFirst } from '../http/problem.js';
import { Reader } from '../queries/reader.js';
import { type ApiDependencies, DEPENDENCIES } from '../tokens.js';

/** Somebody's account as a visitor may see or change it: `role` is `self`, or the role by which another may. */
export type Opened = Readonly<{ user: User; self: boolean; role: string }>;

/** Finds accounts for those who may, and has what happens to them written in the user's stream. */
@Injectable()
export class AccountOrders {
  constructor(
    @Inject(DEPENDENCIES) private readonly deps: ApiDependencies,
    @Inject(Reader) private readonly reader: Reader,
    @Inject(Commander) private readonly commander: Commander,
  ) {}

  /** One's own account, or anybody's for administrators. Others do not learn whether there is such a user. */
  async open({ visitor }: Incoming, name: string): Promise<Opened> {
    if (!visitor.user) throw signInFirst();
    const role = roleFor('manage-users', visitor);
    const self = visitor.user.name === name;
    if (!self && role === undefined) permit('manage-users', visitor);
    const user = await this.deps.accounts.findUserByName(name);
    if (!user) throw notFound('such user', 'name');
    return { user, self, role: self ? 'self' : role! };
  }

  /** As `open`, to change it: by a token only where it may all that its user may, or where an administrator's may. */
  async openToChange(request: Incoming, name: string): Promise<Opened> {
    const opened = await this.open(request, name);
    const { token } = request.visitor;
    if (
      opened.self &&
      token !== undefined &&
      token.scope !== 'all' &&
      roleFor('manage-users', request.visitor) === undefined
    )
      throw notAllowed('a session, or a token of the scope all');
    return opened;
  }

  /** Whoever took a token for a moment must not get a lasting way in by it. */
  bySession({ visitor }: Incoming): void {
    if (visitor.token !== undefined) throw notAllowed('a session: sign in with the password');
  }

  /** To be called before an account is changed on the way to a command. */
  checkReason(request: Incoming): void {
    this.commander.checkReason(request);
  }

  /** Refuses what would leave nobody who can make administrators, but by the command line. */
  async keepAnAdministrator({ id, name }: User): Promise<void> {
    const [users, roles] = await Promise.all([this.deps.accounts.listUsers(), this.reader.ask(listUserRoles)]);
    const there = new Set(users.map((user) => user.id));
    const admins = roles.filter((one) => one.roles.includes('admin') && there.has(one.userId));
    if (admins.length === 1 && admins[0]!.userId === id)
      throw new Problem(409, `${name} is the only administrator: make another one first`, {
        field: 'name',
        rule: 'must not be the only administrator',
      });
  }

  /** Decides a command on a user's stream, which begins with it where a crash left an account without one. */
  async command(
    request: Incoming,
    user: User,
    role: string,
    command: Omit<UserCommand, 'at'>,
    guarded = false,
  ): Promise<Accepted> {
    const wish = { act: UserAct, stream: userStream(user.id), role };
    const begin = { type: 'CreateUser', data: { userId: user.id } } as Omit<UserCommand, 'at'>;
    const begun = await this.commander.run<UserCommand>(request, {
      ...wish,
      command: begin,
      part: 'user',
      guarded: false,
    });
    const done = await this.commander.run<UserCommand>(request, { ...wish, command, guarded });
    return { ...done, events: [...begun.events, ...done.events] };
  }
}
