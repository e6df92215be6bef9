import { type Queryable, rows } from '../rows.js';

/** Why a path is to be kept in the store. */
export type RootReason = 'unfinished' | 'kept' | 'released' | 'current' | 'recent' | 'backup';

/** A path that is to be kept; one path may have several reasons. */
export type WantedRoot = Readonly<{ path: string; reason: RootReason }>;

const WEEK_MS = 7 * 86_400_000;

/**
 * What the store is to keep, in Hydra's sense: derivations of unfinished builds; outputs of kept builds; of each jobset, unless it is
 * disabled and hidden and was not checked for a week, the builds of evaluations with unfinished builds, those of its newest
 * `keepEvaluations` others, and the newest success of each of their jobs: outputs where there are some, else the derivation, so that it
 * can be restarted. Beyond Hydra: outputs of released evaluations, of builds that finished at `recentMs` or later, and of those whose
 * backup is open.
 */
export const rootsWanted = (
  db: Queryable,
  { nowMs, recentMs }: Readonly<{ nowMs: number; recentMs: number }>,
): Promise<WantedRoot[]> =>
  rows(
    db,
    `with current_jobsets as (
       select j.id, j.keep_evaluations from read_model.jobsets j
       left join read_model.projects p on p.name = j.project and not p.deleted
       where not j.deleted and not (j.mode = 'disabled' and (j.hidden or coalesce(p.hidden, true))
         and coalesce(j.last_checked_at_ms, 0) < $1::bigint - ${WEEK_MS})),
     current_evaluations as (
       select e.id from current_jobsets j, lateral (
         select e.id from read_model.evaluations e
         where e.jobset_id = j.id and e.has_new_builds and e.jobs = e.succeeded + e.failed order by e.id desc
         limit j.keep_evaluations) e
       union
       select e.id from current_jobsets j join read_model.evaluations e
         on e.jobset_id = j.id and e.has_new_builds and e.jobs > e.succeeded + e.failed),
     members as (
       select m.build_id, b.jobset_id, b.job from current_evaluations e
       join read_model.evaluation_jobs m on m.evaluation_id = e.id join read_model.builds b on b.id = m.build_id),
     wanted as (
       select id, 'unfinished' as reason from read_model.builds where status is null
       union select id, 'kept' from read_model.builds where kept
       union select m.build_id, 'released' from read_model.evaluations e
         join read_model.evaluation_jobs m on m.evaluation_id = e.members_of where e.release_name is not null
       union select build_id, 'current' from members
       union select n.id, 'current' from (select distinct jobset_id, job from members) j, lateral (
         select b.id from read_model.builds b where b.jobset_id = j.jobset_id and b.job = j.job
           and b.status in ('succeeded', 'failed-with-output') order by b.id desc limit 1) n
       union select id, 'recent' from read_model.builds where status is not null and stopped_at_ms >= $2::bigint
       union select build_id, 'backup' from read_model.backups where status = 'requested')
     select distinct coalesce(o.path, b.drv_path) as path, w.reason from wanted w
     join read_model.builds b on b.id = w.id
     left join read_model.build_outputs o on o.build_id = b.id and o.path <> ''
       and b.status in ('succeeded', 'failed-with-output')
     order by 1, 2`,
    [Math.floor(nowMs), Math.floor(recentMs)],
  );
