import type { Role } from '#domain';
import type { Visitor } from './incoming.js';
import { notAllowed, signInFirst } from './problem.js';

/**
 * Who may do what: the matrix of hydra-reference 6.4 for the routes that exist. `admin` may everything; `owner`: the
 * project's owner and members may too. Reading needs nothing.
 */
const MATRIX = {
  'create-project': { role: 'create-projects', owner: false },
  'edit-project': { owner: true },
  'delete-project': { owner: true },
  'change-project-owner': { owner: false },
  'edit-jobset': { owner: true },
  'delete-jobset': { owner: false },
  'evaluate-jobset': { role: 'eval-jobset', owner: true },
  'restart-build': { role: 'restart-jobs', owner: true },
  'cancel-build': { role: 'cancel-build', owner: true },
  'bump-build': { role: 'bump-to-front', owner: true },
  'keep-build': { owner: true },
  'release-evaluation': { owner: true },
  'release-upload': { owner: false },
  'manage-machines': { owner: false },
  'manage-queue': { owner: false },
  'manage-news': { owner: false },
  'manage-users': { owner: false },
} as const satisfies Record<string, { role?: Role; owner: boolean }>;

export type Capability = keyof typeof MATRIX;

/** Opaque ids of who may what a project's owner may: the owner, or the owner and the members. */
export type Owners = string | readonly string[] | undefined;

/** Whether a visitor comes as an owner: a token with a scope does only where that names `owner`. */
const owns = ({ user, token }: Visitor, owners: Owners): boolean => {
  if (!user || owners === undefined) return false;
  const { scope } = token ?? { scope: 'all' };
  if (scope === 'read-only' || (scope !== 'all' && !scope.includes('owner'))) return false;
  return [owners].flat().includes(user.id);
};

/** The role by which a visitor may, the least mighty first; undefined: may not. */
export const roleFor = (capability: Capability, visitor: Visitor, owners?: Owners): string | undefined => {
  const rule: { role?: Role; owner: boolean } = MATRIX[capability];
  if (!visitor.user) return undefined;
  if (rule.owner && owns(visitor, owners)) return 'owner';
  if (rule.role && visitor.roles.includes(rule.role)) return rule.role;
  return visitor.roles.includes('admin') ? 'admin' : undefined;
};

/** Throws 403 for a token that stands for named rights only: what is its user's own, such as a dashboard, is none of them. */
export const permitOwn = ({ token }: Visitor): void => {
  if (token !== undefined && token.scope !== 'all') throw notAllowed('a session, or a token of the scope all');
};

/** As `roleFor`; throws 401 or 403 instead of answering undefined. */
export const permit = (capability: Capability, visitor: Visitor, owners?: Owners): string => {
  if (!visitor.user) throw signInFirst();
  const role = roleFor(capability, visitor, owners);
  if (role !== undefined) return role;
  const rule: { role?: Role; owner: boolean } = MATRIX[capability];
  const needs = [
    ...(rule.owner ? ['being an owner of the project'] : []),
    ...(rule.role ? [`the role ${rule.role}`] : []),
  ];
  throw notAllowed([...needs, 'the role admin'].join(', or '));
};
