import { firstRow, type Queryable, rows } from '../rows.js';

/**
 * Builds of an evaluation that an order is about; `aborted`: by no fault of their own (Hydra's statuses 3, 4 and 9); `not-kept`: whose
 * outputs may be kept and are not.
 */
export type BuildSelection = 'unfinished' | 'failed' | 'aborted' | 'not-kept' | 'kept';

const CONDITION: Readonly<Record<BuildSelection, string>> = {
  unfinished: 'b.status is null',
  failed: `b.status <> 'succeeded'`,
  'not-kept': `b.status in ('succeeded', 'failed-with-output') and not b.kept`,
  kept: 'b.kept',
  aborted: `b.status in ('aborted', 'cancelled', 'unsupported')`,
};

const FROM = `read_model.evaluations e join read_model.evaluation_jobs m on m.evaluation_id = e.members_of
     join read_model.builds b on b.id = m.build_id where e.id = $1 and e.status = 'ran'`;

/** How many there are. */
export const countBuildsToOrder = async (
  db: Queryable,
  evaluationId: number,
  which: BuildSelection,
): Promise<number> => {
  const text = `select count(*)::int as count from ${FROM} and ${CONDITION[which]}`;
  return (await firstRow<{ count: number }>(db, text, [evaluationId]))!.count;
};

/** Their ids, in order. */
export const buildsToOrder = async (db: Queryable, evaluationId: number, which: BuildSelection): Promise<number[]> => {
  const found = await rows<{ id: number }>(db, `select b.id from ${FROM} and ${CONDITION[which]} order by b.id`, [
    evaluationId,
  ]);
  return found.map(({ id }) => id);
};
