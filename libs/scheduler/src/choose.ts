import type { Dispatch } from '#domain';
import type { Graph } from './graph.js';
import type { Ledger } from './ledger.js';
import { byPreference, type Load, type Machine, supports } from './machine.js';
import { compareStanding, type Policy, type Standing } from './policy.js';
import { compareInJobset, type Step } from './step.js';

/** Shares of a jobset that says nothing. */
export const DEFAULT_SHARES = 100;

/** All that a choice depends on. */
export type SchedulerState = Readonly<{
  graph: Graph;
  ledger: Ledger;
  /** jobset to its shares; a jobset that is not here has DEFAULT_SHARES */
  shares: ReadonlyMap<number, number>;
  policy: Policy;
}>;

/** A step, and the numbers that chose it. */
export type Choice = Readonly<{ step: Step; dispatch: Dispatch }>;

type Candidate = Readonly<{ step: Step; standing: Standing }>;

/**
 * The order of DESIGN 3: bumped first, then the jobset furthest below its share, then the order inside the jobset. The
 * jobset's id decides at last which of two equal jobsets of one step is recorded.
 */
const compare = (a: Candidate, b: Candidate): number =>
  b.step.globalPriority - a.step.globalPriority ||
  compareStanding(a.standing, b.standing) ||
  compareInJobset(a.step, b.step) ||
  a.standing.jobsetId - b.standing.jobsetId;

/**
 * The step that a free slot of the machine builds next; undefined where nothing runnable suits it. `nowMs` must not go
 * back. The same state and moment always give the same answer.
 */
export const choose = (state: SchedulerState, machine: Machine, nowMs: number): Choice | undefined => {
  const { graph, ledger, shares, policy } = state;
  graph.wake(nowMs);
  const standings = new Map<number, Standing>();
  const standingOf = (jobsetId: number): Standing => {
    let standing = standings.get(jobsetId);
    if (standing === undefined) {
      const usedMs = policy.usedMs(ledger, jobsetId, nowMs);
      standings.set(jobsetId, (standing = { jobsetId, usedMs, shares: shares.get(jobsetId) ?? DEFAULT_SHARES }));
    }
    return standing;
  };
  let best: Candidate | undefined;
  for (const each of graph.runnable.classes()) {
    if (!supports(machine, each)) continue;
    // Only the latest bump of the class can win.
    const level = each.levels.get(Math.max(...each.levels.keys()))!;
    for (const [jobsetId, heap] of level) {
      const candidate = { step: heap.top!, standing: standingOf(jobsetId) };
      if (best === undefined || compare(candidate, best) < 0) best = candidate;
    }
  }
  return best && { step: best.step, dispatch: dispatchOf(best, policy, graph.runnable.size) };
};

const dispatchOf = ({ step, standing }: Candidate, policy: Policy, runnable: number): Dispatch => ({
  policy: policy.name,
  globalPriority: step.globalPriority,
  jobsetId: standing.jobsetId,
  usedMs: standing.usedMs,
  shares: standing.shares,
  localPriority: step.localPriority,
  features: step.features.length,
  dependents: step.dependents.size,
  lowestBuildId: step.lowestBuildId,
  runnable,
});

/** The next assignment: the machine that is first in line and has a step to build takes its best one. */
export const assign = (
  state: SchedulerState,
  loads: readonly Load[],
  nowMs: number,
): (Choice & { machine: Machine }) | undefined => {
  const free = loads.filter(({ machine, running }) => running < machine.slots).sort(byPreference);
  for (const { machine } of free) {
    const choice = choose(state, machine, nowMs);
    if (choice) return { ...choice, machine };
  }
  return undefined;
};

/** Runnable steps that none of the machines, busy or not, could ever build, in the graph's order. */
export const unsupportedSteps = (graph: Graph, machines: readonly Machine[]): readonly Step[] => {
  const steps: Step[] = [];
  for (const each of graph.runnable.classes())
    if (!machines.some((machine) => supports(machine, each))) steps.push(...each.steps);
  return steps;
};
