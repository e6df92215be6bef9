import { ROLES, type Role, type TokenScope } from '#domain';
import type { Visitor } from './incoming.js';
import { type Capability, permit, roleFor } from './permissions.js';

const ada = { id: 'u1', name: 'ada', email: '', fullName: '' };
const visitor = (...roles: Role[]): Visitor => ({ user: ada, roles });

/** hydra-reference 6.4: which roles beside admin may, and whether the project's owner may. */
const expected: Record<Capability, { roles: readonly Role[]; owner: boolean }> = {
  'create-project': { roles: ['create-projects'], owner: false },
  'edit-project': { roles: [], owner: true },
  'delete-project': { roles: [], owner: true },
  'change-project-owner': { roles: [], owner: false },
  'edit-jobset': { roles: [], owner: true },
  'delete-jobset': { roles: [], owner: false },
  'evaluate-jobset': { roles: ['eval-jobset'], owner: true },
  'restart-build': { roles: ['restart-jobs'], owner: true },
  'cancel-build': { roles: ['cancel-build'], owner: true },
  'bump-build': { roles: ['bump-to-front'], owner: true },
  'keep-build': { roles: [], owner: true },
  'manage-machines': { roles: [], owner: false },
  'manage-queue': { roles: [], owner: false },
  'manage-news': { roles: [], owner: false },
  'manage-users': { roles: [], owner: false },
  'release-evaluation': { roles: [], owner: true },
  'release-upload': { roles: [], owner: false },
};

describe.each(Object.entries(expected) as [Capability, (typeof expected)[Capability]][])('%s', (capability, rule) => {
  it.each(ROLES)('as %s', (role) => {
    const may = role === 'admin' || rule.roles.includes(role);
    expect(roleFor(capability, visitor(role))).toBe(may ? role : undefined);
  });
  it('as owner of the project', () => {
    expect(roleFor(capability, visitor(), 'u1')).toBe(rule.owner ? 'owner' : undefined);
    expect(roleFor(capability, visitor(), 'u2')).toBeUndefined();
  });
  it('as a member of the project', () => {
    expect(roleFor(capability, visitor(), ['u2', 'u1'])).toBe(rule.owner ? 'owner' : undefined);
    expect(roleFor(capability, visitor(), ['u2'])).toBeUndefined();
  });
  it('by a token, as owner only where its scope says so', () => {
    const by = (scope: TokenScope) => roleFor(capability, { ...visitor(), token: { id: 't1', scope } }, 'u1');
    expect(by('all')).toBe(rule.owner ? 'owner' : undefined);
    expect(by(['owner'])).toBe(rule.owner ? 'owner' : undefined);
    expect(by('read-only')).toBeUndefined();
    expect(by(['restart-jobs'])).toBeUndefined();
  });
  it('as nobody is 401, as somebody without the right 403', () => {
    expect(() => permit(capability, { roles: [] })).toThrow(expect.objectContaining({ status: 401 }));
    expect(() => permit(capability, visitor())).toThrow(expect.objectContaining({ status: 403 }));
  });
});
