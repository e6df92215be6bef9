import type { Queryable } from '#read-model';

export type ProjectCounts = Readonly<{ jobs: number; succeeded: number; failed: number }>;

/** How the current jobs of each project stand, by its name: the sum over its visible jobsets. */
export const projectCounts = async (db: Queryable): Promise<ReadonlyMap<string, ProjectCounts>> => {
  const { rows } = await db.query(
    `select j.project, sum(e.jobs)::float8 as jobs, sum(e.succeeded)::float8 as succeeded, sum(e.failed)::float8 as failed
     from read_model.jobsets j join read_model.evaluations e on e.id = j.baseline_evaluation_id
     where not j.deleted and not j.hidden group by j.project`,
  );
  return new Map(rows.map((row) => [row['project'] as string, row as unknown as ProjectCounts]));
};
