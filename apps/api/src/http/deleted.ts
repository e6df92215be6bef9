import type { Deletion } from '#read-model';
import type { Users } from '../queries/users.js';
import { jobsetPath, projectPath } from '../ui/links.js';
import type { Visitor } from './incoming.js';
import { Problem } from './problem.js';

/** A deletion as a visitor may know it. */
export type Deleted = Readonly<{
  /** as people call it */
  what: string;
  /** where it was */
  path: string;
  atMs: number;
  /** a moment before it */
  beforeMs: number;
  by: string;
  role: string | null;
  reason: string | null;
  eventId: string;
  /** query of the audit that gives all that happened to it; undefined: not for this visitor */
  audit: string | undefined;
}>;

/**
 * What a visitor may know of a deletion; undefined: not even that there was something. What stood in no list is told to those only who are
 * signed in, and who find it in the audit.
 */
export const deletedFor = async (
  deletion: Deletion,
  { user }: Visitor,
  users: Pick<Users, 'nameOf'>,
): Promise<Deleted | undefined> => {
  const { project, jobset, hidden, actor, beganAtMs, atMs, role, reason, eventId } = deletion;
  if (hidden && user === undefined) return undefined;
  const by = actor.kind === 'system' ? actor.id : await users.nameOf(actor.id);
  const [filter, name] = jobset === null ? ['project', project] : ['jobset', `${project}:${jobset}`];
  return {
    what: jobset === null ? `project ${project}` : `jobset ${project}:${jobset}`,
    path: jobset === null ? projectPath(project) : jobsetPath(project, jobset),
    beforeMs: beganAtMs - 1,
    ...{ atMs, by, role, reason, eventId },
    audit: user && String(new URLSearchParams([[filter, name]])),
  };
};

/** The 404 with what is known of the deletion; `at` is ISO 8601, UTC. */
export const deletedProblem = ({ status, details }: Problem, deleted: Deleted): Problem => {
  const { what, atMs, by, role, reason, eventId, audit } = deleted;
  const told = { at: new Date(atMs).toISOString(), by, role, reason, event: eventId };
  return new Problem(status, `there is no ${what} any more: it was deleted`, {
    ...details,
    facts: { ...details.facts, deleted: told, ...(audit === undefined ? {} : { audit: `/api/audit?${audit}` }) },
  });
};
