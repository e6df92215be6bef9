import type { AuditReader } from '#read-model';
import type { Visitor } from '../http/incoming.js';
import { roleFor } from '../http/permissions.js';

/** What of the audit a visitor may see; undefined: nothing, without signing in. */
export const auditReader = (visitor: Visitor): AuditReader | undefined => {
  if (!visitor.user) return undefined;
  return roleFor('manage-users', visitor) === undefined ? { all: false, userId: visitor.user.id } : { all: true };
};
