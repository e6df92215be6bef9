import { z } from 'zod';
import { type TokenView, USER_NAME } from '#accounts';
import { type Role, ROLES, type TokenScope } from '#domain';
import { accountDoor, commandDoor, type Door, door, withForm } from '../http/door.js';
import { flag, seconds } from '../http/hydra.js';
import { nameParam, text } from '../http/text.js';
import {
  DEFAULT_TOKEN_DAYS,
  deleteUserForm,
  MIN_PASSWORD,
  ofCreateUser,
  ofPassword,
  ofProfile,
  ofRoles,
  ofToken,
  revokeTokenForm,
} from './user-forms.js';

const MAX_TOKEN_DAYS = 366;
const SCOPE_ROLES = [...ROLES, 'owner'] as const;

const userParam = { name: nameParam };
const password = text(1000).min(MIN_PASSWORD, `must have at least ${MIN_PASSWORD} characters`);
const email = text(254).regex(/^$|^[^\s@]+@[^\s@]+$/, 'must be an e-mail address');
const fullName = text(255);

/** A list, or in one text with spaces between, as forms send it. */
const listOf = <T extends string>(names: readonly [T, ...T[]], rule: string) => {
  const word = z.enum(names, { error: rule });
  return z.union([
    z.array(word),
    text(1000)
      .transform((words) => words.split(/[\s,]+/).filter((one) => one !== ''))
      .pipe(z.array(word)),
  ]);
};
const roleRule = `must be of ${ROLES.join(', ')}`;
const roles = listOf(ROLES, roleRule);
/** A box for each role, as forms send what is ticked: `role.admin=1`. */
const boxes = <T extends string>(names: readonly T[]) =>
  Object.fromEntries(names.map((name) => [`role.${name}`, flag().optional()])) as Record<
    `role.${T}`,
    z.ZodOptional<ReturnType<typeof flag>>
  >;

/** Those that are listed and those whose box is ticked. */
const ticked = <T extends string>(names: readonly T[], listed: readonly T[], body: object): T[] =>
  names.filter((name) => listed.includes(name) || (body as Record<string, unknown>)[`role.${name}`] === true);

export const rolesOf = (body: object, listed: readonly Role[]): Role[] => ticked(ROLES, listed, body);

export const usersDoor: Door = { ...door({}), signedIn: true };
export const userDoor = accountDoor({ params: userParam, body: {} });
export const createUserDoor = withForm(
  commandDoor({
    params: {},
    body: {
      username: text(255).regex(USER_NAME, 'must start with a letter a-z and hold only a-z, 0-9, _ and .'),
      password,
      fullname: fullName.default(''),
      emailaddress: email.default(''),
      roles: roles.default([]),
      ...boxes(ROLES),
    },
  }),
  ofCreateUser,
);
/** What is left out stays. */
export const changeUserDoor = withForm(
  accountDoor({
    params: userParam,
    body: { fullname: fullName.optional(), emailaddress: email.optional() },
  }),
  ofProfile,
);
/** `revokeTokens`: the user's bearer tokens end too, as a box that is not ticked does not ask for. */
export const passwordDoor = withForm(
  commandDoor({
    params: userParam,
    body: { currentpassword: text(1000).optional(), password, revokeTokens: flag().default(false) },
  }),
  ofPassword,
);
export const deleteUserDoor = withForm(commandDoor({ params: userParam }), deleteUserForm);
/** Replaces all roles. */
export const rolesDoor = withForm(commandDoor({ params: userParam, body: { roles, ...boxes(ROLES) } }), ofRoles);

const days = `must be a whole number from 1 to ${MAX_TOKEN_DAYS}`;
export const createTokenDoor = withForm(
  commandDoor({
    params: userParam,
    body: {
      name: text(100).trim().min(1, 'must not be empty'),
      scope: z
        .union([
          z.literal(['all', 'read-only']),
          listOf(SCOPE_ROLES, `must be all, read-only or of ${SCOPE_ROLES.join(', ')}`),
        ])
        .default('all'),
      days: z
        .union(
          [
            z.number(),
            z
              .string()
              .regex(/^\d{1,3}$/)
              .transform(Number),
          ],
          days,
        ) // prettier-ignore
        .refine((value) => Number.isInteger(value) && value >= 1 && value <= MAX_TOKEN_DAYS, days)
        .default(DEFAULT_TOKEN_DAYS),
      ...boxes(SCOPE_ROLES),
    },
  }),
  ofToken,
);
export const tokenDoor = withForm(commandDoor({ params: { name: nameParam, token: nameParam } }), revokeTokenForm);

/** The scope that a body asks for; ticked boxes narrow one that names roles. */
export const scopeOf = ({ scope, ...body }: z.output<typeof createTokenDoor.body>): TokenScope =>
  typeof scope === 'string' ? scope : ticked(SCOPE_ROLES, scope, body);

/** Times in Unix seconds; `lastused` null: never. */
export const tokenJson = ({ id, name, scope, createdAtMs, expiresAtMs, usedAtMs }: TokenView) => ({
  id,
  name,
  scope,
  created: seconds(createdAtMs),
  expires: seconds(expiresAtMs),
  lastused: seconds(usedAtMs),
});
