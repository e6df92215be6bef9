import type { ReleaseView } from '#read-model';
import type { NameOf } from '../audit/audit.json.js';

const iso = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());

/** Opaque ids of all who released or revoked something. */
export const releasers = (releases: readonly ReleaseView[]): readonly string[] =>
  releases.flatMap(({ releasedBy, revokedBy }) => [releasedBy.id, ...(revokedBy ? [revokedBy.id] : [])]);

/** A release, one that was revoked too; times are ISO 8601, UTC. */
export const releaseJson = (release: ReleaseView, nameOf: NameOf) => {
  const { releasedBy, revokedBy, releasedAtMs, revokedAtMs, evaluationId, ...rest } = release;
  return {
    evaluation: evaluationId,
    ...rest,
    releasedBy: nameOf(releasedBy.id),
    releasedAt: iso(releasedAtMs),
    revokedBy: revokedBy && nameOf(revokedBy.id),
    revokedAt: iso(revokedAtMs),
  };
};
