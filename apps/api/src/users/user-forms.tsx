import type { Role } from '#domain';

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
export const RoleBoxes = ({
  legend,
  names,
  ticked = [],
}: {
  legend: string;
  names: readonly (Role | 'owner')[];
  ticked?: readonly Role[];
}): JSX.Element => (
  <fieldset>
    <legend safe>{legend}</legend>
    {names.map((name) => (
      <label>
        <input type="checkbox" name={`role.${name}`} value="1" checked={(ticked as readonly string[]).includes(name)} />
        <span safe>{`${name}: ${ROLE_WORDS[name]}`}</span>
      </label>
    ))}
  </fieldset>
);

export const Reason = (): JSX.Element => (
  <label>
    Reason
    <input type="text" name="reason" maxlength="1000" />
  </label>
);

/** The field of a new password, which a browser offers to make up. */
export const NewPassword = ({ least }: { least: number }): JSX.Element => (
  <label>
    <span safe>{`New password, at least ${least} characters`}</span>
    <input type="password" name="password" required minlength={least} maxlength="1000" autocomplete="new-password" />
  </label>
);

/** What people are called and where mail goes; administrators set addresses, for jobs that name one are its user's. */
export const Profile = ({
  fullName = '',
  email = '',
  addressable = true,
}: {
  fullName?: string;
  email?: string;
  /** whether the visitor may set the address */
  addressable?: boolean;
}): JSX.Element => (
  <>
    <label>
      Full name
      <input type="text" name="fullname" value={fullName} maxlength="255" autocomplete="name" />
    </label>
    <label>
      E-mail address
      <input
        type="email"
        name={addressable ? 'emailaddress' : undefined}
        value={email}
        maxlength="254"
        autocomplete="email"
        readonly={!addressable}
      />
      {!addressable && <small>Administrators set it: the jobs on My jobs are those that name it.</small>}
    </label>
  </>
);
