import { Inject, Injectable } from '@nestjs/common';
import { USER_ID } from '#accounts';
import { badInput } from '../http/problem.js';
import { type ApiDependencies, DEPENDENCIES } from '../tokens.js';

/** What somebody is called whose account was erased. */
const DELETED_USER = 'deleted user';

/** What people call the users that events know by opaque ids. */
@Injectable()
export class Users {
  constructor(@Inject(DEPENDENCIES) private readonly deps: Pick<ApiDependencies, 'accounts'>) {}

  /** Names by id; whoever was erased is a deleted user. Other actors, such as a forge, go by their own names. */
  async names(ids: readonly string[]): Promise<(id: string) => string> {
    const users = await this.deps.accounts.findUsers([...new Set(ids)]);
    return (id) => users.get(id)?.name ?? (USER_ID.test(id) ? DELETED_USER : id);
  }

  async nameOf(id: string): Promise<string> {
    return (await this.names([id]))(id);
  }

  /** The id behind a name that a client gave in `field`; throws 400 where there is none. */
  async idOf(name: string, field: string): Promise<string> {
    const user = await this.deps.accounts.findUserByName(name);
    if (!user) throw badInput(field, `must name a user; there is no '${name}'`);
    return user.id;
  }
}
