/** Which waiting step goes to which machine: pure, so that the queue runner, a replay and a simulation run the same code. */
export { assign, choose, unsupportedSteps, type Choice, type SchedulerState } from './choose.js';
export { divide } from './charges.js';
export { foundParts, specsOf } from './found-steps.js';
export { Graph } from './graph.js';
export { DEFAULT_WINDOW_MS, Ledger } from './ledger.js';
export { byPreference, LOCALHOST, supports, type Load, type Machine } from './machine.js';
export { Machines, type KnownMachine } from './machines.js';
export { clampedPolicy, compareStanding, policyOf, windowPolicy, type Policy, type Standing } from './policy.js';
export { compareInJobset, type QueuedBuild, type Step, type StepPhase, type StepSpec } from './step.js';
export {
  DEFAULT_OPTIONS,
  Scheduler,
  type Assignment,
  type Consequence,
  type PastAttempt,
  type SchedulerOptions,
} from './scheduler.js';
export {
  simulate,
  type BuildEnd,
  type Happening,
  type Outcome,
  type SimulatedEvent,
  type SimulationInput,
  type SimulationResult,
} from './simulate.js';
export { DEFAULT_SHARES, Standings } from './standings.js';
export { perShare, UNITS_PER_MS } from './virtual-time.js';
export { explainBuild } from './explain.js';
export type { BuildExplanation, Rival, Rule, StepExplanation, Wait } from './explanation.js';
export * from './replay/index.js';
