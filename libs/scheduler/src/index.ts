/** Which waiting step goes to which machine: pure, so that the queue runner, a replay and a simulation run the same code. */
export { assign, choose, DEFAULT_SHARES, unsupportedSteps, type Choice, type SchedulerState } from './choose.js';
export { divide } from './charges.js';
export { Graph } from './graph.js';
export { DEFAULT_WINDOW_MS, Ledger } from './ledger.js';
export { byPreference, LOCALHOST, supports, type Load, type Machine } from './machine.js';
export { Machines, type KnownMachine } from './machines.js';
export { compareStanding, policyOf, windowPolicy, type Policy, type Standing } from './policy.js';
export { compareInJobset, type QueuedBuild, type Step, type StepPhase, type StepSpec } from './step.js';
export { DEFAULT_OPTIONS, Scheduler, type Assignment, type Consequence, type SchedulerOptions } from './scheduler.js';
export type { BuildExplanation, Rival, Rule, StepExplanation, Wait } from './explanation.js';
