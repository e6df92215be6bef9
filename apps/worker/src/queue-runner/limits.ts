import type { Step } from '#scheduler';
import type { Farm, KnownBuild } from './farm.js';
import type { RunnerOptions } from './options.js';

/** Steps above one whose builds are asked for their limits: a step that everything needs costs no more than others. */
const LOOKED_AT = 500;

/** The build whose history shows the attempt: the first of those that want just this step, else of all that need it. */
export const ownerOf = (step: Step): number => (step.builds.size > 0 ? Math.min(...step.builds) : step.lowestBuildId);

/** The builds that need a step: all of the nearest steps above it that are looked at. */
const buildsAbove = function* (farm: Farm, step: Step): Iterable<KnownBuild> {
  const seen = new Set<Step>([step]);
  for (const each of seen) {
    for (const id of each.builds) {
      const build = farm.builds.get(id);
      if (build?.facts) yield build as KnownBuild;
    }
    if (seen.size < LOOKED_AT) for (const next of each.dependents) seen.add(next);
  }
};

/** Seconds; 0 is no limit, and so more than any other. */
const more = (a: number, b: number): number => (a === 0 || b === 0 ? 0 : Math.max(a, b));

/** How long the step may take and be silent, in seconds: what its owner says, or who is more generous of the others. */
export const limitsOf = (
  farm: Farm,
  step: Step,
  { facts }: KnownBuild,
): Readonly<{ timeoutSecs: number; maxSilentSecs: number }> => {
  let { timeout: timeoutSecs, maxSilent: maxSilentSecs } = facts.queued;
  for (const { facts: other } of buildsAbove(farm, step)) {
    timeoutSecs = more(timeoutSecs, other.queued.timeout);
    maxSilentSecs = more(maxSilentSecs, other.queued.maxSilent);
  }
  return { timeoutSecs, maxSilentSecs };
};

/** How often the step is built again to see whether it always gives the same: as its derivation or one of its jobsets wants. */
export const repeatsOf = (farm: Farm, step: Step, { repeats }: RunnerOptions): number => {
  const wanted = [...step.jobsetIds].map((id) => repeats.get(farm.jobsets.get(id) ?? '') ?? 0);
  return Math.max(farm.deterministic.has(step.drvPath) ? 1 : 0, ...wanted);
};
