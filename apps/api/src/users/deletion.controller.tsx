import { Controller, Delete, HttpCode, Inject, Post, Req } from '@nestjs/common';
import type { User } from '#accounts';
import { type ProjectCommand, projectStream, type UserCommand, userStream } from '#domain';
import { listProjects } from '#read-model';
import { ProjectAct, UserAct } from '../commands/acts.js';
import { type Accepted, Commander, dryRunAnswer, manyAnswer } from '../commands/commander.js';
import type { Answer } from '../http/answer.js';
import { By, Input, type Through } from '../http/door.js';
import type { Incoming } from '../http/incoming.js';
import { Problem } from '../http/problem.js';
import { Reader } from '../queries/reader.js';
import { type ApiDependencies, DEPENDENCIES } from '../tokens.js';
import { AccountOrders } from './accounts.js';
import { deleteUserDoor } from './user.json.js';

type Asked = Through<typeof deleteUserDoor>;

/** The end of an account. What its user did stays in the log under an id that names nobody any more. */
@Controller('user/:name')
export class DeletionController {
  constructor(
    @Inject(DEPENDENCIES) private readonly deps: ApiDependencies,
    @Inject(Reader) private readonly reader: Reader,
    @Inject(Commander) private readonly commander: Commander,
    @Inject(AccountOrders) private readonly orders: AccountOrders,
  ) {}

  /** Erases name, address, password, tokens, stars and sessions; ends memberships. 409 while projects would be left without an owner. */
  @Delete()
  @By(deleteUserDoor)
  remove(@Input() { params }: Asked, @Req() request: Incoming): Promise<Answer> {
    return this.removed(params.name, request);
  }

  @Post('delete')
  @HttpCode(200)
  @By(deleteUserDoor)
  removeByForm(@Input() { params }: Asked, @Req() request: Incoming): Promise<Answer> {
    return this.removed(params.name, request);
  }

  private async removed(name: string, request: Incoming): Promise<Answer> {
    const { user, self, role } = await this.orders.open(request, name);
    if (self) this.orders.bySession(request);
    const projects = await this.reader.ask(listProjects);
    const owned = projects.filter(({ owner }) => owner === user.id).map((project) => project.name);
    if (owned.length > 0)
      throw new Problem(409, `${name} owns ${owned.join(', ')}: give that to somebody else first`, {
        field: 'name',
        rule: 'must own no project',
        facts: { projects: owned },
      });
    await this.orders.keepAnAdministrator(user);
    const accepted: Accepted[] = [];
    for (const project of projects.filter(({ members }) => members.includes(user.id)))
      accepted.push(await this.leave(request, role, user, project));
    // The fact first: after a crash the same request finds it and erases what is left.
    accepted.push(
      await this.commander.run<UserCommand>(request, {
        act: UserAct,
        stream: userStream(user.id),
        role,
        command: { type: 'DeleteUser', data: { userId: user.id } },
      }),
    );
    if (accepted.at(-1)!.dryRun) return dryRunAnswer(...accepted);
    await this.deps.accounts.deleteUser(user.id);
    return manyAnswer(request, accepted, { deleted: name }, self ? '/' : '/users');
  }

  private leave(
    request: Incoming,
    role: string,
    { id }: User,
    { name, members }: Readonly<{ name: string; members: readonly string[] }>,
  ): Promise<Accepted> {
    const data = { members: members.filter((member) => member !== id) };
    return this.commander.run<ProjectCommand>(request, {
      act: ProjectAct,
      stream: projectStream(name),
      role,
      part: name,
      guarded: false,
      command: { type: 'ChangeProjectMembers', data },
    });
  }
}
