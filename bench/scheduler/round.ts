import { type Load, type Machine, type Step, supports } from '#scheduler';

/** A jobset as the per-round algorithm keeps it: durations in seconds by the second in which the step started. */
export type RoundJobset = { shares: number; seconds: number; readonly steps: Map<number, number> };

const WINDOW_S = 24 * 3600;

type Snapshot = Readonly<{ step: Step; lowestShareUsed: number }>;

/**
 * One round of Hydra's dispatcher, written anew from its description (hydra-reference 2f): forget what began before the window, take
 * down what ranks each runnable step, sort all of them, sort the machines, and let the first machine with a free slot take
 * the first step that it supports. A round that fills one slot costs all of that.
 */
export const round = (
  runnable: readonly Step[],
  jobsets: ReadonlyMap<number, RoundJobset>,
  loads: readonly Load[],
  nowS: number,
): Readonly<{ step: Step; machine: Machine }> | undefined => {
  for (const jobset of jobsets.values())
    for (const [started, seconds] of jobset.steps) {
      if (started > nowS - WINDOW_S) break;
      jobset.steps.delete(started);
      jobset.seconds -= seconds;
    }
  const sorted = runnable
    .map((step): Snapshot => {
      let lowestShareUsed = 1e9;
      for (const id of step.jobsetIds) {
        const { seconds, shares } = jobsets.get(id)!;
        lowestShareUsed = Math.min(lowestShareUsed, seconds / shares);
      }
      return { step, lowestShareUsed };
    })
    .sort(
      (a, b) =>
        b.step.globalPriority - a.step.globalPriority ||
        a.lowestShareUsed - b.lowestShareUsed ||
        b.step.localPriority - a.step.localPriority ||
        b.step.features.length - a.step.features.length ||
        b.step.dependents.size - a.step.dependents.size ||
        a.step.lowestBuildId - b.step.lowestBuildId,
    );
  const machines = [...loads].sort(
    (a, b) =>
      Math.round(a.running / a.machine.speedFactor) - Math.round(b.running / b.machine.speedFactor) ||
      b.machine.speedFactor - a.machine.speedFactor ||
      b.running - a.running,
  );
  for (const { machine, running } of machines) {
    if (running >= machine.slots) continue;
    const found = sorted.find(({ step }) => supports(machine, step));
    if (found) return { step: found.step, machine };
  }
  return undefined;
};
