import { Heap } from './heap.js';
import { type Ranking, Runnable } from './runnable.js';
import type { QueuedBuild, Step, StepPhase, StepSpec } from './step.js';

type Node = {
  -readonly [K in keyof Step]: Step[K];
} & {
  readonly builds: Set<number>;
  readonly inputs: Set<Node>;
  readonly dependents: Set<Node>;
  jobsetIds: Set<number>;
};
type Rank = Omit<QueuedBuild, 'drvPath'>;
type Wanted = { build: QueuedBuild; top: Node };

const byRetry = (a: Node, b: Node): number => a.retryAtMs - b.retryAtMs || (a.drvPath < b.drvPath ? -1 : 1);

const EQUAL: Ranking = { still: (jobsetId) => ({ jobsetId, usedMs: 0, shares: 1 }), floor: -Infinity };

/**
 * The union graph of all queued builds: one step for each derivation that must be built, however many builds need it.
 * A step inherits the highest priorities, the lowest build id and the jobsets of all builds that need it, and loses what it
 * inherited when such a build leaves. Costs follow what changes, not the size of the graph.
 */
export class Graph {
  private readonly nodes = new Map<string, Node>();
  private readonly wanted = new Map<number, Wanted>();
  private readonly delayed = new Heap<Node>(byRetry);
  /** derivations whose attempt has not ended, whether or not somebody wants them still */
  private readonly attempted = new Set<string>();
  readonly runnable: Runnable;

  /** `ranking` says what ranks the jobsets of runnable steps; without it all are equal. */
  constructor(ranking: Ranking = EQUAL) {
    this.runnable = new Runnable(ranking);
  }

  get steps(): ReadonlyMap<string, Step> {
    return this.nodes;
  }

  build(buildId: number): QueuedBuild | undefined {
    return this.wanted.get(buildId)?.build;
  }

  get builds(): Iterable<number> {
    return this.wanted.keys();
  }

  get size(): Readonly<{ builds: number; steps: number }> {
    return { builds: this.wanted.size, steps: this.nodes.size };
  }

  /**
   * Adds a build and those of its steps that are to be built. Steps that are here already are shared as they are. Throws
   * where an input is neither here nor among `specs`.
   */
  addBuild(build: QueuedBuild, specs: readonly StepSpec[]): void {
    if (this.wanted.has(build.buildId)) return;
    const fresh = specs.filter(({ drvPath }) => !this.nodes.has(drvPath));
    for (const spec of fresh) this.nodes.set(spec.drvPath, this.newNode(spec));
    for (const spec of fresh) {
      const node = this.nodes.get(spec.drvPath)!;
      for (const path of spec.inputs) {
        const input = this.node(path);
        node.inputs.add(input);
        this.rank(input, () => input.dependents.add(node));
      }
    }
    const top = this.node(build.drvPath);
    top.builds.add(build.buildId);
    this.wanted.set(build.buildId, { build, top });
    this.raise(top, build);
    for (const { drvPath } of fresh) this.enter(this.node(drvPath));
  }

  /** The build goes before all that were bumped earlier or not at all. A priority is never lowered. */
  bump(buildId: number, globalPriority: number): void {
    const found = this.wanted.get(buildId);
    if (found === undefined || found.build.globalPriority >= globalPriority) return;
    found.build = { ...found.build, globalPriority };
    this.raise(found.top, found.build);
  }

  /** Takes builds out, and the steps that nobody needs any more. Answers those of them that are running. */
  removeBuilds(buildIds: Iterable<number>): readonly Step[] {
    const work = new Set<Node>();
    for (const id of buildIds) {
      const found = this.wanted.get(id);
      if (found === undefined) continue;
      this.wanted.delete(id);
      found.top.builds.delete(id);
      work.add(found.top);
    }
    const orphans: Step[] = [];
    for (const node of work) {
      work.delete(node);
      if (node.builds.size > 0 || node.dependents.size > 0) {
        if (this.inheritAgain(node)) for (const input of node.inputs) work.add(input);
        continue;
      }
      if (node.phase === 'running') orphans.push(node);
      this.leave(node);
      this.nodes.delete(node.drvPath);
      for (const input of node.inputs) {
        this.rank(input, () => input.dependents.delete(node));
        work.add(input);
      }
    }
    return orphans;
  }

  /** The step was chosen and is being built. A derivation has one attempt at a time, even when it is given up and wanted anew. */
  start(step: Step): void {
    const node = this.node(step.drvPath);
    this.attempted.add(step.drvPath);
    this.leave(node);
    node.phase = 'running';
  }

  /** The step's attempt came to nothing: it may be tried again from `retryAtMs` on (0: at once). */
  retry(step: Step, retryAtMs: number): void {
    const node = this.node(step.drvPath);
    this.attempted.delete(node.drvPath);
    this.leave(node);
    node.retryAtMs = retryAtMs;
    this.enter(node);
  }

  /** The attempt ended at a derivation that nobody wants any more. */
  ended(drvPath: string): void {
    this.attempted.delete(drvPath);
  }

  /** The step's outputs are there: it leaves with the builds that wanted just it, whose ids are answered in order. */
  succeed(step: Step): readonly number[] {
    const node = this.node(step.drvPath);
    this.attempted.delete(node.drvPath);
    this.leave(node);
    this.nodes.delete(node.drvPath);
    for (const dependent of node.dependents) {
      dependent.inputs.delete(node);
      if (dependent.phase === 'blocked' && dependent.inputs.size === 0) this.enter(dependent);
    }
    const direct = [...node.builds].sort((a, b) => a - b);
    for (const id of direct) this.wanted.delete(id);
    return direct;
  }

  /** All builds that need the step: those whose top it is, and those that depend on it. In order of id. */
  buildsOf(step: Step): Readonly<{ direct: readonly number[]; dependent: readonly number[] }> {
    const dependent = new Set<number>();
    const seen = new Set<Step>([step]);
    for (const each of seen) {
      for (const next of each.dependents) seen.add(next);
      if (each !== step) for (const id of each.builds) dependent.add(id);
    }
    const sorted = (ids: Iterable<number>): number[] => [...ids].sort((a, b) => a - b);
    return { direct: sorted(step.builds), dependent: sorted(dependent) };
  }

  /** Lets the steps whose wait is over take part. */
  wake(nowMs: number): void {
    for (let node = this.delayed.top; node !== undefined && node.retryAtMs <= nowMs; node = this.delayed.top) {
      this.delayed.remove(node);
      node.retryAtMs = 0;
      this.enter(node);
    }
  }

  /** When the next wait is over, Unix milliseconds; undefined where nobody waits. */
  get nextRetryAtMs(): number | undefined {
    return this.delayed.top?.retryAtMs;
  }

  private node(drvPath: string): Node {
    const node = this.nodes.get(drvPath);
    if (node === undefined) throw new Error(`no step '${drvPath}' in the graph`);
    return node;
  }

  private newNode({ drvPath, system, features, preferLocalBuild, retryAtMs }: StepSpec): Node {
    return {
      drvPath,
      system,
      features: [...new Set(features)].sort(),
      preferLocalBuild,
      phase: 'blocked',
      retryAtMs,
      builds: new Set(),
      inputs: new Set(),
      dependents: new Set(),
      globalPriority: 0,
      localPriority: Number.MIN_SAFE_INTEGER,
      lowestBuildId: Number.MAX_SAFE_INTEGER,
      jobsetIds: new Set(),
    };
  }

  /** Puts a node where its inputs and its wait say. */
  private enter(node: Node): void {
    if (this.attempted.has(node.drvPath)) {
      node.phase = 'running';
      return;
    }
    const phase: StepPhase = node.inputs.size > 0 ? 'blocked' : node.retryAtMs > 0 ? 'delayed' : 'runnable';
    node.phase = phase;
    if (phase === 'runnable') this.runnable.add(node);
    if (phase === 'delayed') this.delayed.add(node);
  }

  private leave(node: Node): void {
    if (node.phase === 'runnable') this.runnable.remove(node);
    if (node.phase === 'delayed') this.delayed.remove(node);
    node.phase = 'blocked';
  }

  /** Changes what ranks a node inside its jobsets. */
  private rank(node: Node, apply: () => void): void {
    if (node.phase === 'runnable') this.runnable.rank(node, apply);
    else apply();
  }

  /** Changes any of what ranks a node, which is how the runnable ones are found. */
  private change(node: Node, apply: () => void): void {
    const runnable = node.phase === 'runnable';
    if (runnable) this.runnable.remove(node);
    apply();
    if (runnable) this.runnable.add(node);
  }

  /** Hands the build's rank down. Stops where nothing is new: what stands below has it already. */
  private raise(top: Node, { buildId, jobsetId, globalPriority, localPriority }: Rank): void {
    const stack = [top];
    for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
      const each = node;
      const known =
        each.globalPriority >= globalPriority &&
        each.localPriority >= localPriority &&
        each.lowestBuildId <= buildId &&
        each.jobsetIds.has(jobsetId);
      if (known) continue;
      this.inherit(each, { buildId, jobsetId, globalPriority, localPriority });
      stack.push(...each.inputs);
    }
  }

  private inherit(node: Node, { buildId, jobsetId, globalPriority, localPriority }: Rank): void {
    const rise = (): void => {
      node.localPriority = Math.max(node.localPriority, localPriority);
      node.lowestBuildId = Math.min(node.lowestBuildId, buildId);
    };
    if (globalPriority > node.globalPriority)
      return this.change(node, () => {
        rise();
        node.globalPriority = globalPriority;
        node.jobsetIds.add(jobsetId);
      });
    if (localPriority > node.localPriority || buildId < node.lowestBuildId) this.rank(node, rise);
    if (node.jobsetIds.has(jobsetId)) return;
    node.jobsetIds.add(jobsetId);
    if (node.phase === 'runnable') this.runnable.joined(node, jobsetId);
  }

  /** Inherits afresh from who is left. Whether anything changed. */
  private inheritAgain(node: Node): boolean {
    let [globalPriority, localPriority, lowestBuildId] = [0, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER];
    const jobsetIds = new Set<number>();
    const inherit = (global: number, local: number, buildId: number): void => {
      globalPriority = Math.max(globalPriority, global);
      localPriority = Math.max(localPriority, local);
      lowestBuildId = Math.min(lowestBuildId, buildId);
    };
    for (const id of node.builds) {
      const { build } = this.wanted.get(id)!;
      inherit(build.globalPriority, build.localPriority, id);
      jobsetIds.add(build.jobsetId);
    }
    for (const dependent of node.dependents) {
      inherit(dependent.globalPriority, dependent.localPriority, dependent.lowestBuildId);
      for (const id of dependent.jobsetIds) jobsetIds.add(id);
    }
    const same =
      globalPriority === node.globalPriority &&
      localPriority === node.localPriority &&
      lowestBuildId === node.lowestBuildId &&
      jobsetIds.size === node.jobsetIds.size;
    if (same) return false;
    this.change(node, () => Object.assign(node, { globalPriority, localPriority, lowestBuildId, jobsetIds }));
    return true;
  }
}
