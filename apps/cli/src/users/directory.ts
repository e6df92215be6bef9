import { createAccounts, type TokenView, type User, UserNameError } from '#accounts';
import { connectDatabase } from '#coordination';
import {
  fold,
  isRejection,
  type Role,
  type TokenScope,
  user as userDecider,
  type UserCommand,
  type UserEvent,
  userStream,
} from '#domain';
import { commandHandler, type EventStore } from '#event-store';
import { loadConfig, processEnvironment, systemClock, toIso, uuidv4 } from '#runtime';
import { commandLogger, withEventStore } from '../database.js';
import { BadInputError } from '../errors.js';

export type Person = Readonly<{ name: string; password: string; fullName: string; email: string }>;

/** People and what they may, for whoever has the farm's database: each grant is an event with the reason. */
export type Directory = Readonly<{
  /** Throws `BadInputError` on a name that is taken or malformed. */
  create: (person: Person, roles: readonly Role[], reason?: string) => Promise<void>;
  setRoles: (name: string, roles: readonly Role[], reason?: string) => Promise<void>;
  /** `revokeTokens`: the bearer tokens end too, not only the sessions. */
  setPassword: (name: string, password: string, revokeTokens: boolean, reason?: string) => Promise<void>;
  list: () => Promise<readonly Readonly<{ user: User; roles: readonly Role[] }>[]>;
  tokens: (name: string) => Promise<readonly TokenView[]>;
  /** The secret, which is told this once. */
  createToken: (
    name: string,
    token: { name: string; scope: TokenScope; lifeMs: number },
    reason?: string,
  ) => Promise<string>;
  revokeToken: (name: string, tokenId: string, reason?: string) => Promise<void>;
}>;

const rolesOf = async (store: EventStore, { id }: User): Promise<readonly Role[]> => {
  const events: UserEvent[] = [];
  for await (const { type, data } of store.readStream(userStream(id))) events.push({ type, data } as UserEvent);
  return fold(userDecider, events).roles;
};

/** Lends the directory of the configured farm. `actor`: who types the commands, as the system knows them. */
export const withDirectory = <T>(actor: string, use: (directory: Directory) => Promise<T>): Promise<T> => {
  const config = loadConfig(processEnvironment());
  return withEventStore(config, async (store, connectionString) => {
    const logger = commandLogger(config);
    const onError = (err: Error): void => logger.warn({ err }, 'lost a connection to the database');
    const database = connectDatabase({ connectionString, max: 1, onError });
    try {
      const accounts = createAccounts(database, systemClock.now);
      await accounts.migrate();
      const handle = commandHandler(store, userDecider);
      const find = async (name: string): Promise<User> => {
        const user = await accounts.findUserByName(name);
        if (!user) throw new BadInputError(`NAME: there is no user '${name}': \`iolaus user list\` shows who is`);
        return user;
      };
      /** A stream begins with its user, which a crash may have left without one. */
      const give = async ({ id }: User, wish: Omit<UserCommand, 'at'>, reason?: string): Promise<void> => {
        const correlationId = uuidv4();
        for (const command of [{ type: 'CreateUser', data: { userId: id } } as const, wish]) {
          const commandId = uuidv4();
          const outcome = await handle(userStream(id), { ...command, at: systemClock.iso() } as UserCommand, {
            commandId,
            actor: { kind: 'system', id: actor },
            via: 'cli',
            ...(reason === undefined ? {} : { reason }),
            correlationId,
            causationId: commandId,
          });
          if (isRejection(outcome))
            throw new BadInputError(`${outcome.field ?? 'NAME'}: ${outcome.detail ?? outcome.rejected}`);
        }
      };
      return await use({
        create: async (person, roles, reason) => {
          const user = await accounts.createUser(person).catch((error: unknown) => {
            throw error instanceof UserNameError ? new BadInputError(`NAME: ${error.message}`) : error;
          });
          await give(user, { type: 'ChangeRoles', data: { roles } }, reason);
        },
        setRoles: async (name, roles, reason) =>
          give(await find(name), { type: 'ChangeRoles', data: { roles } }, reason),
        setPassword: async (name, password, revokeTokens, reason) => {
          const user = await find(name);
          await give(user, { type: 'ChangePassword', data: { revokeTokens } }, reason);
          await accounts.changePassword(user.id, password, { revokeTokens });
        },
        list: async () => {
          const all = [];
          for (const user of await accounts.listUsers()) all.push({ user, roles: await rolesOf(store, user) });
          return all;
        },
        tokens: async (name) => accounts.listTokens((await find(name)).id),
        createToken: async (name, { name: label, scope, lifeMs }, reason) => {
          const user = await find(name);
          const expiresAtMs = systemClock.now() + lifeMs;
          const id = `t${uuidv4()}`;
          await give(
            user,
            { type: 'CreateToken', data: { tokenId: id, scope, expiresAt: toIso(expiresAtMs) } },
            reason,
          );
          const made = await accounts.createToken({ id, userId: user.id, name: label, scope, expiresAtMs });
          if (!made) throw new Error(`a token ${id} exists already`);
          return made.secret;
        },
        revokeToken: async (name, tokenId, reason) => {
          const user = await find(name);
          if (!(await accounts.revokeToken(user.id, tokenId)))
            throw new BadInputError(`TOKEN: ${name} has no token '${tokenId}': \`iolaus user token list\` shows which`);
          await give(user, { type: 'RevokeToken', data: { tokenId } }, reason);
        },
      });
    } finally {
      await database.end();
    }
  });
};
