import { type AggregateRewriter, type EvaluatedJob, EvaluationError, resolveAggregates } from '#nix';

/** Most constituents of one aggregate: their builds stand in one event, which stays under 256 KiB. */
export const MAX_CONSTITUENTS = 20_000;

/** Finds an evaluation's jobs by derivation; of several names the shortest, then the first by letters, is a constituent's (hydra-reference 4.6). */
export const jobsByDerivation = (drvPaths: Iterable<readonly [job: string, drvPath: string]>): Map<string, string> => {
  const names = new Map<string, string>();
  for (const [job, drvPath] of drvPaths) {
    const other = names.get(drvPath);
    if (other === undefined || job.length < other.length || (job.length === other.length && job < other))
      names.set(drvPath, job);
  }
  return names;
};

/** An aggregate as it will be built, with the jobs that it contains. */
export type FinishedAggregate = Readonly<{ job: EvaluatedJob; constituents: readonly string[] }>;

/** An evaluated job of which only name and derivation matter any more. */
const NAME_ONLY: Omit<EvaluatedJob, 'attr' | 'drvPath'> = {
  nixName: '',
  system: '',
  outputs: {},
  description: '',
  homepage: '',
  license: '',
  maintainers: [],
  schedulingPriority: 0,
  timeout: 0,
  maxSilent: 0,
  isChannel: false,
  aggregate: null,
};

/**
 * Gives every aggregate its constituents, those before that are contained in others. Constituents that are no jobs of this evaluation
 * have no build and are left out. Throws `EvaluationError`, by which the whole evaluation fails.
 */
export const finishAggregates = async (
  rewriter: AggregateRewriter,
  aggregates: readonly EvaluatedJob[],
  drvPaths: ReadonlyMap<string, string>,
  errors: ReadonlyMap<string, string>,
): Promise<FinishedAggregate[]> => {
  const isAggregate = new Set(aggregates.map(({ attr }) => attr));
  const others = [...drvPaths]
    .filter(([attr]) => !isAggregate.has(attr))
    .map(([attr, drvPath]) => ({ ...NAME_ONLY, attr, drvPath }));
  const resolved = await resolveAggregates(rewriter, [...others, ...aggregates], errors);
  const names = jobsByDerivation([...drvPaths, ...[...resolved].map(([job, { drvPath }]) => [job, drvPath] as const)]);
  const byName = new Map(aggregates.map((job) => [job.attr, job]));
  return [...resolved].map(([name, { drvPath, outputs, constituents }]) => {
    const jobs = new Set(constituents.flatMap((constituent) => names.get(constituent) ?? []));
    if (jobs.size > MAX_CONSTITUENTS) {
      throw new EvaluationError(
        'aggregate',
        `in aggregate '${name}': ${jobs.size} constituents; at most ${MAX_CONSTITUENTS} can be recorded`,
      );
    }
    return {
      job: { ...byName.get(name)!, drvPath, outputs: Object.fromEntries(outputs) },
      constituents: [...jobs].sort(),
    };
  });
};
