import type { Dispatch } from '#domain';
import type { Graph } from './graph.js';
import { kindOf, type Load, type Machine, supports } from './machine.js';
import { compareStanding, type Standing } from './policy.js';
import type { Board } from './runnable.js';
import type { Standings } from './standings.js';
import { compareInJobset, type Step } from './step.js';

export { DEFAULT_SHARES } from './standings.js';

/** All that a choice depends on. */
export type SchedulerState = Readonly<{ graph: Graph; standings: Standings }>;

/** A step, and the numbers that chose it. */
export type Choice = Readonly<{ step: Step; dispatch: Dispatch }>;

/** A step on behalf of one of its jobsets. */
export type Candidate = Readonly<{ step: Step; standing: Standing }>;

/**
 * The order of DESIGN 3: bumped first, then the jobset furthest below its share, then the order inside the jobset. The
 * jobset's id decides at last which of two equal jobsets of one step is recorded.
 */
export const compareCandidates = (a: Candidate, b: Candidate): number =>
  b.step.globalPriority - a.step.globalPriority ||
  compareStanding(a.standing, b.standing) ||
  compareInJobset(a.step, b.step) ||
  a.standing.jobsetId - b.standing.jobsetId;

/**
 * The step that a free slot of the machine builds next; undefined where nothing runnable suits it. `nowMs` must not go
 * back. The same state and moment always give the same answer. Costs grow with the classes of steps that the machine can
 * build, with the steps that run, and with the logarithm of all others.
 */
export const choose = ({ graph, standings }: SchedulerState, machine: Machine, nowMs: number): Choice | undefined => {
  graph.wake(nowMs);
  standings.advance(nowMs);
  // Only the latest bump can win.
  let boards: Board[] = [];
  for (const { top } of graph.runnable.suiting(kindOf(machine), machine)) {
    if (boards.length > 0 && top.globalPriority < boards[0]!.globalPriority) continue;
    if (boards.length > 0 && top.globalPriority > boards[0]!.globalPriority) boards = [];
    boards.push(top);
  }
  let best = undefined as Candidate | undefined;
  const consider = (step: Step, standing: Standing): void => {
    const candidate = { step, standing };
    if (best === undefined || compareCandidates(candidate, best) < 0) best = candidate;
  };
  for (const board of boards) {
    const seat = board.first(standings.floor);
    if (seat) consider(seat.top, standings.at(seat.jobsetId, nowMs));
  }
  if (boards.length > 0)
    standings.eachMoving(nowMs, (standing) => {
      if (best !== undefined && compareStanding(standing, best.standing) > 0) return;
      for (const { seats } of boards) {
        const seat = seats.get(standing.jobsetId);
        if (seat) consider(seat.top, { ...standing });
      }
    });
  return best && { step: best.step, dispatch: dispatchOf(best, standings.policy.name, graph.runnable.size) };
};

const dispatchOf = ({ step, standing }: Candidate, policy: string, runnable: number): Dispatch => ({
  policy,
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

/**
 * The next assignment: the first machine that has a slot and a step to build takes its best one. `loads` come in the order in
 * which machines are offered work (`byPreference`).
 */
export const assign = (
  state: SchedulerState,
  loads: Iterable<Load>,
  nowMs: number,
): (Choice & { machine: Machine }) | undefined => {
  const idle = new Set<string>();
  for (const { machine, running } of loads) {
    if (running >= machine.slots || idle.has(kindOf(machine))) continue;
    const choice = choose(state, machine, nowMs);
    if (choice) return { ...choice, machine };
    idle.add(kindOf(machine));
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
