import { userInfo } from 'node:os';
import { Command } from 'commander';
import { type Role, ROLES, type TokenScope } from '#domain';
import { toIso } from '#runtime';
import { table } from '../demo/table.js';
import { parseDuration } from '../duration.js';
import { BadInputError } from '../errors.js';
import { type Directory, withDirectory } from '../users/directory.js';
import { readPassword } from '../users/password.js';

const SCOPES = ['all', 'read-only', ...ROLES, 'owner'];
const collect = (value: string, before: readonly string[] = []): string[] => [...before, value];

const rolesOf = (names: readonly string[] = []): Role[] => {
  const unknown = names.find((name) => !(ROLES as readonly string[]).includes(name));
  if (unknown !== undefined) throw new BadInputError(`role: must be one of ${ROLES.join(', ')}, not '${unknown}'`);
  return names as Role[];
};

const scopeOf = (names: readonly string[]): TokenScope => {
  const [only] = names;
  if (names.length === 1 && (only === 'all' || only === 'read-only')) return only;
  const unknown = names.find((name) => !SCOPES.slice(2).includes(name));
  if (unknown !== undefined)
    throw new BadInputError(`--scope: must be all or read-only alone, or of ${SCOPES.slice(2).join(', ')}`);
  return names as Exclude<TokenScope, string>;
};

/** Who types: the name on this host, so that the log says more than that it was somebody with the database. */
const run = <T>(use: (directory: Directory) => Promise<T>): Promise<T> =>
  withDirectory(`cli:${userInfo().username}`, use);
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const REASON = ['--reason <text>', 'why, for the log'] as const;

const tokenCommand = (): Command => {
  const token = new Command('token').description('bearer tokens of a user, for scripts');
  token
    .command('create')
    .argument('<name>', 'the user for whom it stands')
    .requiredOption('--for <text>', 'what it is for, as lists show it')
    .option('--scope <scope>', `what it opens: ${SCOPES.join(', ')}; several times for several roles`, collect)
    .option('--expires-in <time>', 'when it ends, as 90d', '90d')
    .option(...REASON)
    .description('make one and print it; it is not shown again')
    .action((name: string, options: { for: string; scope?: string[]; expiresIn: string; reason?: string }) => {
      const lifeMs = parseDuration('--expires-in', options.expiresIn);
      const wanted = { name: options.for, scope: scopeOf(options.scope ?? ['all']), lifeMs };
      return run(async (directory) => say(await directory.createToken(name, wanted, options.reason)));
    });
  token
    .command('list')
    .argument('<name>', 'the user')
    .description('show them, without their secrets')
    .action((name: string) =>
      run(async (directory) => {
        const rows = (await directory.tokens(name)).map((one) => [
          one.id,
          one.name,
          [one.scope].flat().join(' '),
          toIso(one.createdAtMs),
          toIso(one.expiresAtMs),
          one.usedAtMs === null ? 'never' : toIso(one.usedAtMs),
        ]);
        const head = ['token', 'for', 'scope', 'created', 'ends', 'last used'];
        say(rows.length === 0 ? `${name} has no token` : table(head, rows));
      }),
    );
  token
    .command('revoke')
    .argument('<name>', 'the user')
    .argument('<token>', 'id, as the list shows it')
    .option(...REASON)
    .description('end one')
    .action((name: string, id: string, { reason }: { reason?: string }) =>
      run(async (directory) => {
        await directory.revokeToken(name, id, reason);
        say(`${id} of ${name} opens nothing any more`);
      }),
    );
  return token;
};

type PasswordChange = { passwordStdin?: true; revokeTokens?: true; reason?: string };
type Creation = { passwordStdin?: true; fullName: string; email: string; role?: string[]; reason?: string };

export const userCommand = (): Command => {
  const user = new Command('user').description('people, their roles and tokens');
  user
    .command('create')
    .argument('<name>', 'letters a-z, digits, _ and ., a letter first')
    .option('--password-stdin', 'read the password from standard input instead of asking')
    .option('--full-name <text>', 'as pages show it', '')
    .option('--email <address>', 'for notifications', '')
    .option('--role <role>', `one of ${ROLES.join(', ')}; several times for several`, collect)
    .option(...REASON)
    .description('create one, with a password')
    .action(async (name: string, { passwordStdin, fullName, email, role, reason }: Creation) => {
      const roles = rolesOf(role);
      const password = await readPassword(passwordStdin === true);
      await run((directory) => directory.create({ name, password, fullName, email }, roles, reason));
      say(`created ${name}${roles.length === 0 ? '' : `, who is ${roles.join(', ')}`}`);
    });
  user
    .command('roles')
    .argument('<name>', 'the user')
    .argument('[roles...]', `all that the user is to have, of ${ROLES.join(', ')}`)
    .option('--none', 'take all roles away')
    .option(...REASON)
    .description('replace the roles')
    .action(async (name: string, names: string[], { none = false, reason }: { none?: boolean; reason?: string }) => {
      // Somebody who only wants to see them would take them all: the last administrator's, too.
      if (none === names.length > 0)
        throw new BadInputError(
          none
            ? '--none: stands without roles'
            : 'roles: name all that the user is to have, or say --none (`user list` shows them)',
        );
      const roles = rolesOf(names);
      await run((directory) => directory.setRoles(name, roles, reason));
      say(`${name} has ${roles.length === 0 ? 'no role' : roles.join(', ')}`);
    });
  user
    .command('password')
    .argument('<name>', 'the user')
    .option('--password-stdin', 'read the password from standard input instead of asking')
    .option(...REASON)
    .option('--revoke-tokens', 'end all bearer tokens too')
    .description('set another password, which ends all sessions')
    .action(async (name: string, { passwordStdin, revokeTokens, reason }: PasswordChange) => {
      const password = await readPassword(passwordStdin === true);
      await run((directory) => directory.setPassword(name, password, revokeTokens === true, reason));
      say(`${name} has another password`);
    });
  user
    .command('list')
    .description('show them with their roles')
    .action(() =>
      run(async (directory) => {
        const rows = (await directory.list()).map(({ user: one, roles }) => [
          one.name,
          one.fullName,
          one.email,
          roles.join(' '),
        ]);
        say(rows.length === 0 ? 'there is no user' : table(['name', 'full name', 'e-mail', 'roles'], rows));
      }),
    );
  user.addCommand(tokenCommand());
  return user;
};
