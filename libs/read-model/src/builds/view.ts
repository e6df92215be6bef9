import type { BuildMetric, BuildProduct, BuildStatus, FailedStep } from '#domain';
import { type Queryable, rows } from '../rows.js';

/** A build as pages and JSON need it. Times are Unix milliseconds, sizes bytes. */
export type BuildView = Readonly<{
  id: number;
  /** the evaluation that queued it */
  evaluationId: number;
  /** evaluations that it is a member of, oldest first */
  evaluations: readonly number[];
  jobsetId: number;
  project: string;
  jobset: string;
  job: string;
  drvPath: string;
  nixName: string;
  system: string;
  description: string;
  license: string;
  homepage: string;
  maintainers: readonly string[];
  /** seconds */
  maxSilent: number;
  /** seconds */
  timeout: number;
  isChannel: boolean;
  priority: number;
  constituents: readonly number[];
  queuedAtMs: number;
  globalPriority: number;
  /** how often it was queued before */
  run: number;
  kept: boolean;
  /** member of its jobset's newest evaluation with new builds */
  isCurrent: boolean;
  /** null while it is unfinished */
  status: BuildStatus | null;
  startedAtMs: number | null;
  stoppedAtMs: number | null;
  isCachedBuild: boolean;
  size: number | null;
  closureSize: number | null;
  releaseName: string | null;
  /** output name to store path */
  outputs: Readonly<Record<string, string>>;
  /** numbered from 1 in this order */
  products: readonly BuildProduct[];
  metrics: readonly BuildMetric[];
  failedStep: FailedStep | null;
  error: string | null;
  /** an attempt runs now under this build */
  isBuilding: boolean;
}>;

const COLUMNS = `
  b.id, b.evaluation_id as "evaluationId",
  (select coalesce(json_agg(m.evaluation_id order by m.evaluation_id), '[]'::json)
   from (select distinct m.evaluation_id from read_model.evaluation_jobs m
         join read_model.evaluations e on e.id = m.evaluation_id and e.status = 'ran'
         where m.build_id = b.id) m) as evaluations,
  b.jobset_id as "jobsetId", coalesce(j.project, '') as project, coalesce(j.name, '') as jobset, b.job,
  b.drv_path as "drvPath", b.nix_name as "nixName", b.system, b.description, b.license, b.homepage, b.maintainers,
  b.max_silent as "maxSilent", b.timeout, b.is_channel as "isChannel", b.priority,
  coalesce(b.constituents, '[]'::json) as constituents, b.queued_at_ms as "queuedAtMs",
  b.global_priority as "globalPriority", b.run, b.kept,
  coalesce(not j.deleted and exists (select from read_model.evaluation_jobs c where c.build_id = b.id
           and c.evaluation_id = j.baseline_evaluation_id), false) as "isCurrent",
  b.status, b.started_at_ms as "startedAtMs", b.stopped_at_ms as "stoppedAtMs", b.is_cached_build as "isCachedBuild", b.size,
  b.closure_size as "closureSize", b.release_name as "releaseName",
  (select coalesce(json_object_agg(o.name, o.path order by o.name), '{}'::json)
   from read_model.build_outputs o where o.build_id = b.id) as outputs,
  coalesce(b.products, '[]'::json) as products, coalesce(b.metrics, '[]'::json) as metrics,
  b.failed_step as "failedStep", b.error,
  exists (select from read_model.steps s where s.build_id = b.id and s.status is null) as "isBuilding"`;

/** Orders of a list of builds. */
const ORDER = {
  newest: 'b.id desc',
  oldest: 'b.id',
  queue: 'b.global_priority desc, b.id',
  given: 'p.place',
} as const;

/** Builds whose ids a select (of a column `id`, and `place` for order `given`) picks. */
export const pickBuilds = (
  db: Queryable,
  pick: string,
  values: unknown[],
  order: keyof typeof ORDER = 'newest',
): Promise<BuildView[]> =>
  rows(
    db,
    `select ${COLUMNS} from (${pick}) p join read_model.builds b on b.id = p.id
     left join read_model.jobsets j on j.id = b.jobset_id order by ${ORDER[order]}`,
    values,
  );
