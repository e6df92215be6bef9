import { type Queryable, rows } from '../rows.js';

/** A release of an evaluation, one that was revoked too. Times are Unix milliseconds. */
export type ReleaseView = Readonly<{
  evaluationId: number;
  project: string;
  jobset: string;
  name: string;
  releasedAtMs: number;
  releasedBy: Readonly<{ kind: string; id: string }>;
  reason: string | null;
  revokedAtMs: number | null;
  revokedBy: Readonly<{ kind: string; id: string }> | null;
  revokeReason: string | null;
  /** id of the event that made it */
  eventId: string;
}>;

/** Releases, newest first, each with the revocation that took it back. */
const releases = (which: string): string => `
  select a.evaluation_id as "evaluationId", j.project, j.name as jobset, a.data ->> 'name' as name, a.at_ms as "releasedAtMs",
         json_build_object('kind', a.actor_kind, 'id', a.actor_id) as "releasedBy", a.reason, r.at_ms as "revokedAtMs",
         case when r.position is not null then json_build_object('kind', r.actor_kind, 'id', r.actor_id) end as "revokedBy",
         r.reason as "revokeReason", a.id as "eventId"
  from read_model.audit a
  join read_model.evaluations e on e.id = a.evaluation_id
  join read_model.jobsets j on j.id = e.jobset_id
  left join lateral (
    select * from read_model.audit r
    where r.evaluation_id = a.evaluation_id and r.type = 'ReleaseRevoked' and r.position > a.position
    order by r.position limit 1) r on true
  where a.type = 'EvaluationReleased' and ${which} order by a.position desc`;

/** Newest first, of a project or of all; `limit` of them. */
export const listReleases = (
  db: Queryable,
  { project, limit }: Readonly<{ project?: string; limit: number }>,
): Promise<ReleaseView[]> =>
  rows(db, `${releases('($1::text is null or j.project = $1)')} limit $2`, [project ?? null, limit]);

/** All that one evaluation was ever released as, newest first. */
export const releasesOf = (db: Queryable, evaluationId: number): Promise<ReleaseView[]> =>
  rows(db, releases('a.evaluation_id = $1'), [evaluationId]);

/** What evaluations were last revoked as, by their ids; of those that never were there is none. */
export const revokedNames = async (
  db: Queryable,
  evaluations: readonly Readonly<{ id: number }>[],
): Promise<ReadonlyMap<number, string>> => {
  const found = await rows<{ id: number; name: string }>(
    db,
    `select distinct on (evaluation_id) evaluation_id as id, data ->> 'name' as name from read_model.audit
     where evaluation_id = any($1::int[]) and type = 'ReleaseRevoked' order by evaluation_id, position desc`,
    [evaluations.map(({ id }) => id)],
  );
  return new Map(found.map(({ id, name }) => [id, name]));
};
