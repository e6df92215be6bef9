import { type BuildView, getBuilds, type Queryable } from '#read-model';

/** The first unfinished builds by their own priority, then id: the order of Hydra's `/api/queue`. */
export const queueByPriority = async (db: Queryable, limit: number): Promise<BuildView[]> => {
  const { rows } = await db.query(
    'select id from read_model.builds where status is null order by priority desc, id limit $1',
    [limit],
  );
  const ids = rows.map((row) => row['id'] as number);
  const builds = new Map((await getBuilds(db, ids)).map((build) => [build.id, build]));
  return ids.flatMap((id) => builds.get(id) ?? []);
};
