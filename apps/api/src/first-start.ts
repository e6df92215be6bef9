import { type UserEvent, user as userDecider, userStream } from '#domain';
import { type Accounts, type Bootstrapped } from '#accounts';
import { commandHandler, type EventStore } from '#event-store';
import { type Clock, uuidv5 } from '#runtime';

/** Namespace of the command ids of the first start: a second try is the same command. */
const FIRST_START = '0b0c8a52-58a5-5a0f-8c0e-6f3f8a7f3a11';

/**
 * Makes sure that there is an administrator: the account, then its events. A crash between the two is mended by the next
 * start; roles that were changed later are left alone.
 */
export const ensureAdmin = async (
  accounts: Accounts,
  store: EventStore,
  clock: Clock,
  password: string | undefined,
): Promise<Bootstrapped | undefined> => {
  const admin = await accounts.bootstrapAdmin(password);
  if (!admin) return undefined;
  const stream = userStream(admin.user.id);
  const types = new Set<string>();
  for await (const { type } of store.readStream(stream, { maxCount: 10 })) types.add(type as UserEvent['type']);
  const handle = commandHandler(store, userDecider);
  const context = (step: string) => {
    const commandId = uuidv5(FIRST_START, `${admin.user.id}:${step}`);
    return {
      commandId,
      actor: { kind: 'system', id: 'api' },
      via: 'first-start',
      correlationId: uuidv5(FIRST_START, admin.user.id),
      causationId: commandId,
    } as const;
  };
  const at = clock.iso();
  await handle(stream, { type: 'CreateUser', data: { userId: admin.user.id }, at }, context('create'));
  if (!types.has('RolesChanged'))
    await handle(stream, { type: 'ChangeRoles', data: { roles: ['admin'] }, at }, context('roles'));
  return admin;
};
