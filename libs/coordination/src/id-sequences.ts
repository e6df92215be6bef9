import type { Database } from './database.js';

/** Integer ids as Hydra has them: each drawn once, growing, with gaps where a draw was not used. */
export type IdSequences = Readonly<{
  nextProjectId: () => Promise<number>;
  nextJobsetId: () => Promise<number>;
  nextEvaluationId: () => Promise<number>;
  nextBuildId: () => Promise<number>;
  /** A block, in growing order; others may draw between two of them. */
  nextBuildIds: (count: number) => Promise<number[]>;
  /** After a log was imported: ids up to these are taken. Never goes back. */
  raise: (taken: Partial<Record<IdKind, number>>) => Promise<void>;
}>;
export type IdKind = 'project' | 'jobset' | 'evaluation' | 'build';

export const createIdSequences = (database: Database): IdSequences => {
  const next = async (kind: IdKind, count: number): Promise<number[]> => {
    const { rows } = await database.query<{ id: string }>(
      'select nextval($1::text::regclass)::text as id from generate_series(1, $2::integer)',
      [`coordination.${kind}_id`, count],
    );
    return rows.map(({ id }) => Number(id)).sort((a, b) => a - b);
  };
  const one = async (kind: IdKind): Promise<number> => (await next(kind, 1))[0]!;

  return {
    nextProjectId: () => one('project'),
    nextJobsetId: () => one('jobset'),
    nextEvaluationId: () => one('evaluation'),
    nextBuildId: () => one('build'),
    nextBuildIds: (count) => next('build', count),
    raise: async (taken) => {
      for (const [kind, id] of Object.entries(taken)) {
        const sequence = `coordination.${kind}_id`;
        // Draws, then sets to what is higher: it cannot go back, whatever others draw meanwhile.
        await database.query('select setval($1::text::regclass, greatest($2::bigint, nextval($1::text::regclass)))', [
          sequence,
          id,
        ]);
      }
    },
  };
};
