import type { User } from '#accounts';

/** Hydra's User, as `/current-user` and `/login` tell it. */
export const userJson = ({ name, fullName, email }: User, roles: readonly string[]): Record<string, unknown> => ({
  username: name,
  fullname: fullName,
  emailaddress: email,
  userroles: roles,
});
