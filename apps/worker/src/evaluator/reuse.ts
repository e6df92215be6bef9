import type { FoundJob, JobDescription } from '#domain';

/** A job as the evaluation gave it. */
export type Evaluated = Readonly<{
  job: string;
  drvPath: string;
  /** output name to store path; empty where it is not known before the build */
  outputs: Readonly<Record<string, string>>;
  description: JobDescription;
}>;

/** A job with its build, or without where the build is new and has no id yet. */
export type PlannedJob = Omit<FoundJob, 'buildId'> & Readonly<{ buildId?: number }>;

/** Path of the first output by name; where outputs are not known beforehand, the derivation stands for it. */
const firstOutput = ({ outputs, drvPath }: Pick<FoundJob, 'outputs' | 'drvPath'>): string => {
  const first = Object.keys(outputs).sort()[0];
  return (first === undefined ? undefined : outputs[first]) || drvPath;
};
const keyOf = (job: Pick<FoundJob, 'job' | 'outputs' | 'drvPath'>): string => `${job.job}\0${firstOutput(job)}`;

/** What is kept of the evaluation before. */
export type Baseline = ReadonlyMap<string, Readonly<{ buildId: number; drvPath: string }>>;

/** Adds the jobs of one chunk of the baseline's stream. */
export const addToBaseline = (
  baseline: Map<string, Readonly<{ buildId: number; drvPath: string }>>,
  jobs: readonly FoundJob[],
): void => {
  for (const job of jobs) baseline.set(keyOf(job), { buildId: job.buildId, drvPath: job.drvPath });
};

export type ReusePlanner = Readonly<{
  /** The job with its build of the baseline, or as a new build; undefined where the evaluation had it already. */
  plan: (job: Evaluated) => PlannedJob | undefined;
  result: () => Readonly<{ jobs: number; newBuilds: number; hasNewBuilds: boolean }>;
}>;

/**
 * Which jobs get a new build and which keep the one of the baseline, the newest evaluation that had new builds: the same job
 * with the same first output is the same build, even by another derivation, which is then built again (hydra-reference 4.5).
 */
export const createReusePlanner = (baseline: Baseline): ReusePlanner => {
  const seen = new Set<string>();
  let newBuilds = 0;
  return {
    plan: ({ job, drvPath, outputs, description }) => {
      const key = keyOf({ job, outputs, drvPath });
      if (seen.has(key)) return undefined;
      seen.add(key);
      const before = baseline.get(key);
      if (before) {
        const found = { job, drvPath, outputs, buildId: before.buildId };
        return before.drvPath === drvPath ? found : { ...found, replacesDrv: true };
      }
      newBuilds += 1;
      return { job, drvPath, outputs, description };
    },
    result: () => ({ jobs: seen.size, newBuilds, hasNewBuilds: newBuilds > 0 || seen.size !== baseline.size }),
  };
};
