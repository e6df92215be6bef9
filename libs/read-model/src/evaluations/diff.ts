import type { BuildStatus } from '#domain';
import { type Queryable, rows } from '../rows.js';

/** Hydra's groups of what changed between two evaluations. */
export const DIFF_GROUPS = [
  'aborted',
  'nowFail',
  'nowSucceed',
  'new',
  'removed',
  'stillFail',
  'stillSucceed',
  'unfinished',
] as const;
export type DiffGroup = (typeof DIFF_GROUPS)[number];

/** A job in two evaluations: its build here, and its build there. */
export type DiffRow = Readonly<{
  job: string;
  /** null: the job is not here any more */
  buildId: number | null;
  status: BuildStatus | null;
  /** an attempt runs now under this build */
  isBuilding: boolean;
  /** null: the job is not there */
  otherBuildId: number | null;
  otherStatus: BuildStatus | null;
  /** null until the build is queued */
  system: string | null;
  nixName: string | null;
  queuedAtMs: number | null;
  stoppedAtMs: number | null;
}>;

/** `total`: jobs of the group; `count`: those of them that the filter lets through; `rows`: the first of these, by job. */
export type DiffJobs = Readonly<{ total: number; count: number; rows: readonly DiffRow[] }>;
/** The jobs of an evaluation by what became of them. */
export type EvaluationDiff = Readonly<Record<DiffGroup, DiffJobs>>;

/** What is new has every outcome: what is wrong with it stands first, and what is not built yet before what succeeded. */
const URGENCY = `case when kind <> 'new' or (status <> 'succeeded' and status is not null) then 0 when status is null then 1 else 2 end`;

/**
 * Jobs of an evaluation sorted by what became of them since another one. `limit` bounds the rows of each group, not its counts;
 * `filter`: only jobs whose name holds this text, case aside. As in Hydra, aborted, cancelled, timed-out and log-limit builds say nothing about the job: they are `aborted`.
 */
export const evaluationDiff = async (
  db: Queryable,
  id: number,
  otherId: number,
  { limit = 250, filter }: { limit?: number; filter?: string | undefined } = {},
): Promise<EvaluationDiff> => {
  const members = (parameter: string) => `
    select m.job, m.build_id, b.status
    from read_model.evaluations e join read_model.evaluation_jobs m on m.evaluation_id = e.members_of
    left join read_model.builds b on b.id = m.build_id
    where e.id = ${parameter} and e.status = 'ran'`;
  const found = await rows<DiffJobs & { kind: DiffGroup; rows: readonly DiffRow[] | null }>(
    db,
    `with sorted as (
       select coalesce(n.job, t.job) as job, n.build_id, n.status, t.build_id as other_id, t.status as other_status,
         case when n.build_id is null then 'removed'
              when n.status in ('aborted', 'cancelled', 'timed-out', 'log-limit-exceeded') then 'aborted'
              when t.build_id is null then 'new'
              when n.status is null or t.status is null then 'unfinished'
              when n.status = 'succeeded' and t.status = 'succeeded' then 'stillSucceed'
              when n.status = 'succeeded' then 'nowSucceed'
              when t.status = 'succeeded' then 'nowFail'
              else 'stillFail' end as kind
       from (${members('$1')}) n full join (${members('$2')}) t on t.job = n.job
     ), filtered as (
       select *, $4::text is null or position(lower($4) in lower(job)) > 0 as wanted from sorted
     ), ranked as (
       select *, row_number() over (partition by kind, wanted order by ${URGENCY}, job) as place,
         count(*) filter (where wanted) over (partition by kind) as count, count(*) over (partition by kind) as total
       from filtered
     )
     select r.kind, min(r.total) as total, min(r.count) as count, json_agg(json_build_object(
         'job', r.job, 'buildId', r.build_id, 'status', r.status, 'isBuilding', r.status is null and exists (
           select from read_model.steps s where s.build_id = r.build_id and s.status is null), 'otherBuildId', r.other_id,
         'otherStatus', r.other_status, 'system', b.system, 'nixName', b.nix_name, 'queuedAtMs', b.queued_at_ms,
         'stoppedAtMs', b.stopped_at_ms) order by r.place)
         filter (where r.wanted) as rows
     from ranked r left join read_model.builds b on b.id = coalesce(r.build_id, r.other_id)
     where r.place <= greatest($3::int, 1) and (r.wanted or r.place = 1) group by r.kind`,
    [id, otherId, limit, filter ?? null],
  );
  const groups = DIFF_GROUPS.map((kind) => {
    const group = found.find((row) => row.kind === kind);
    const { total = 0, count = 0, rows: jobs } = group ?? {};
    return [kind, { total, count, rows: limit > 0 ? (jobs ?? []) : [] }] as const;
  });
  return Object.fromEntries(groups) as unknown as EvaluationDiff;
};
