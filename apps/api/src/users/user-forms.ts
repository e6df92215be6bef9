import { type Role, ROLES } from '#domain';
import { type Form, type FormField, type FormOf, reasonField } from '../http/form.js';
import { roleFor } from '../http/permissions.js';

/** Shortest password; longer ones are worth more than ones with odd characters. */
export const MIN_PASSWORD = 8;
export const DEFAULT_TOKEN_DAYS = 90;

/** What each role lets somebody do, for whoever grants it. */
const ROLE_WORDS: Readonly<Record<Role | 'owner', string>> = {
  admin: 'everything',
  'bump-to-front': 'move builds to the front of the queue',
  'cancel-build': 'cancel builds',
  'create-projects': 'create projects',
  'eval-jobset': 'have jobsets evaluated',
  'restart-jobs': 'restart builds',
  owner: 'what an owner or member of a project may do in it',
};

/** A box for each role. */
const roleBoxes = (legend: string, names: readonly (Role | 'owner')[], ticked: readonly Role[] = []): FormField => ({
  name: 'roles',
  label: legend,
  boxes: names.map((name) => [`role.${name}`, `${name}: ${ROLE_WORDS[name]}`] as const),
  ticked: ticked.map((name) => `role.${name}`),
});

/** A new password, which a browser offers to make up. */
const NEW_PASSWORD: FormField = {
  name: 'password',
  label: `New password, at least ${MIN_PASSWORD} characters`,
  kind: 'password',
  required: true,
  min: MIN_PASSWORD,
  max: 1000,
  autocomplete: 'new-password',
};

const FULL_NAME: FormField = { name: 'fullname', label: 'Full name', max: 255, autocomplete: 'name' };
const ADDRESS: FormField = {
  name: 'emailaddress',
  label: 'E-mail address',
  kind: 'email',
  max: 254,
  autocomplete: 'email',
};

/** What people are called and where mail goes; administrators set addresses, for jobs that name one are its user's. */
export const profileForm = (addressable: boolean, { fullName = '', email = '' } = {}): Form => ({
  title: 'Account',
  button: 'Save',
  fields: [{ ...FULL_NAME, value: fullName }, ...(addressable ? [{ ...ADDRESS, value: email }] : [])],
});
export const ofProfile: FormOf = ({ visitor }) => profileForm(roleFor('manage-users', visitor) !== undefined);

export const createUserForm = (wantsReason: boolean): Form => ({
  title: 'Create a user',
  button: 'Create',
  fields: [
    {
      name: 'username',
      label: 'User name',
      max: 255,
      required: true,
      autocomplete: 'off',
      note: 'Letters a-z, digits, _ and ., a letter first',
    },
    FULL_NAME,
    ADDRESS,
    NEW_PASSWORD,
    roleBoxes('Roles', ROLES),
    reasonField(wantsReason),
  ],
});

export const ofCreateUser: FormOf = ({ wantsReason }) => createUserForm(wantsReason);

export const rolesForm = (roles: readonly Role[], wantsReason: boolean): Form => ({
  title: 'Roles',
  button: 'Set the roles',
  fields: [roleBoxes('This user may', ROLES, roles), reasonField(wantsReason)],
});
export const ofRoles: FormOf = ({ wantsReason }) => rolesForm([], wantsReason);

/** `self`: of one's own, which takes the present one. */
export const passwordForm = (self: boolean, wantsReason: boolean): Form => ({
  title: 'Change the password',
  button: 'Change the password',
  fields: [
    ...(self
      ? [
          {
            name: 'currentpassword',
            label: 'Present password',
            kind: 'password',
            required: true,
            max: 1000,
            autocomplete: 'current-password',
          } as const,
        ]
      : []),
    NEW_PASSWORD,
    { name: 'revokeTokens', label: '', boxes: [['revokeTokens', 'Revoke all tokens too']] },
    reasonField(wantsReason),
  ],
});
export const ofPassword: FormOf = ({ visitor, wantsReason, params }) =>
  passwordForm(params['name'] === visitor.user?.name, wantsReason);

export const tokenForm = (roles: readonly Role[], wantsReason: boolean): Form => ({
  title: 'Make a token',
  button: 'Make it',
  fields: [
    { name: 'name', label: 'What it is for', max: 100, required: true },
    {
      name: 'scope',
      label: 'What it opens',
      of: [
        ['read-only', 'reading only'],
        ['', 'what is ticked below'],
        ['all', 'all that I may'],
      ],
    },
    roleBoxes('Of my rights', [...roles, 'owner']),
    {
      name: 'days',
      label: 'Days until it ends',
      kind: 'number',
      max: 3,
      required: true,
      value: String(DEFAULT_TOKEN_DAYS),
    },
    reasonField(wantsReason),
  ],
});
export const ofToken: FormOf = ({ visitor, wantsReason }) => tokenForm(visitor.roles, wantsReason);

export const deleteUserForm: FormOf = () => ({
  title: 'Delete the account',
  button: 'Delete the account',
  fields: [reasonField(true)],
});
export const revokeTokenForm: FormOf = ({ wantsReason }) => ({
  title: 'Revoke a token',
  button: 'Revoke',
  fields: [reasonField(wantsReason)],
});
