import type { Charge } from '#domain';
import type { StepSpec } from '../../step.js';

/** One jobset's part of a stretch of time. Milliseconds; medians and p95 are 0 where nothing was counted. */
export type JobsetFigures = Readonly<{
  jobsetId: number;
  /** its part of all attempts that ended */
  machineMs: number;
  /** attempts that it wanted */
  steps: number;
  /** its builds that came to their end */
  builds: number;
  waitMedianMs: number;
  waitP95Ms: number;
  queuedToFinishedMedianMs: number;
  queuedToFinishedP95Ms: number;
}>;

export type Figures = Readonly<{
  jobsets: readonly JobsetFigures[];
  machineMs: number;
  steps: number;
  /** from the first start to the last end */
  makespanMs: number;
}>;

type Account = { machineMs: number; steps: number; waits: number[]; turns: number[] };
type Node = { inputs: number; foundAtMs: number; runnableAtMs: number; done: boolean; readonly dependents: string[] };

/** The value below which a part of all lies (nearest rank). */
export const quantile = (values: readonly number[], part: number): number => {
  if (values.length === 0) return 0;
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)]!;
};

/** Counts what happens in a farm, real or simulated: who waited how long, who used what. */
export class Tally {
  private readonly accounts = new Map<number, Account>();
  private readonly nodes = new Map<string, Node>();
  private firstMs = Infinity;
  private lastMs = -Infinity;
  private attempts = 0;

  /** `queuedAt`: build to when somebody wanted it. */
  constructor(private readonly queuedAt: ReadonlyMap<number, number>) {}

  /** Steps come; those whose inputs are all built can run from then on. */
  found(specs: readonly StepSpec[], atMs: number): void {
    const fresh = specs.filter(({ drvPath }) => this.nodes.get(drvPath)?.done !== false);
    for (const { drvPath } of fresh)
      this.nodes.set(drvPath, { inputs: 0, foundAtMs: atMs, runnableAtMs: atMs, done: false, dependents: [] });
    for (const { drvPath, inputs } of fresh)
      for (const path of new Set(inputs)) {
        const input = this.nodes.get(path);
        if (input === undefined || input.done) continue;
        input.dependents.push(drvPath);
        this.nodes.get(drvPath)!.inputs += 1;
      }
  }

  started(drvPath: string, jobsetIds: readonly number[], atMs: number): void {
    this.firstMs = Math.min(this.firstMs, atMs);
    this.attempts += 1;
    const node = this.nodes.get(drvPath);
    for (const id of jobsetIds) {
      const account = this.account(id);
      account.steps += 1;
      if (node) account.waits.push(Math.max(0, atMs - node.runnableAtMs));
    }
  }

  /** `againAtMs`: from when on it may be tried again, where it did not succeed. */
  ended(
    drvPath: string,
    status: string,
    charges: readonly Charge[],
    startedAtMs: number,
    stoppedAtMs: number,
    againAtMs: number,
  ): void {
    this.firstMs = Math.min(this.firstMs, startedAtMs);
    this.lastMs = Math.max(this.lastMs, stoppedAtMs);
    for (const { jobsetId, ms } of charges) this.account(jobsetId).machineMs += ms;
    const node = this.nodes.get(drvPath);
    if (node === undefined) return;
    node.runnableAtMs = Math.max(againAtMs, node.foundAtMs);
    if (status !== 'succeeded' || node.done) return;
    node.done = true;
    for (const path of node.dependents) {
      const dependent = this.nodes.get(path)!;
      dependent.inputs -= 1;
      if (dependent.inputs === 0) dependent.runnableAtMs = Math.max(stoppedAtMs, dependent.foundAtMs);
    }
  }

  finished(buildId: number, jobsetId: number, atMs: number): void {
    const since = this.queuedAt.get(buildId);
    if (since !== undefined) this.account(jobsetId).turns.push(Math.max(0, atMs - since));
  }

  figures(): Figures {
    const jobsets = [...this.accounts]
      .sort(([a], [b]) => a - b)
      .map(([jobsetId, { machineMs, steps, waits, turns }]) => ({
        jobsetId,
        machineMs,
        steps,
        builds: turns.length,
        waitMedianMs: quantile(waits, 0.5),
        waitP95Ms: quantile(waits, 0.95),
        queuedToFinishedMedianMs: quantile(turns, 0.5),
        queuedToFinishedP95Ms: quantile(turns, 0.95),
      }));
    const machineMs = jobsets.reduce((sum, each) => sum + each.machineMs, 0);
    return { jobsets, machineMs, steps: this.attempts, makespanMs: Math.max(0, this.lastMs - this.firstMs) };
  }

  private account(jobsetId: number): Account {
    let account = this.accounts.get(jobsetId);
    if (account === undefined)
      this.accounts.set(jobsetId, (account = { machineMs: 0, steps: 0, waits: [], turns: [] }));
    return account;
  }
}
