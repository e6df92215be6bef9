import { Heap } from './heap.js';
import { compareInJobset, type Step } from './step.js';

/** Steps that the same machines can build. */
export type StepClass = Readonly<{
  system: string;
  features: readonly string[];
  preferLocalBuild: boolean;
  steps: ReadonlySet<Step>;
  /** global priority to jobset to its runnable steps */
  levels: ReadonlyMap<number, ReadonlyMap<number, Heap<Step>>>;
}>;

type MutableClass = Omit<StepClass, 'steps' | 'levels'> & {
  readonly steps: Set<Step>;
  readonly levels: Map<number, Map<number, Heap<Step>>>;
};

const keyOf = ({ system, features, preferLocalBuild }: Step): string =>
  `${system} ${preferLocalBuild ? '!' : ''}${features.join(',')}`;

/**
 * The runnable steps, sorted as a choice asks for them: by class of machines, then bump, then jobset, then the order inside
 * the jobset. Only the order of jobsets changes with time, so only it is found anew at each choice.
 */
export class Runnable {
  private readonly byKey = new Map<string, MutableClass>();
  private count = 0;

  get size(): number {
    return this.count;
  }

  classes(): Iterable<StepClass> {
    return this.byKey.values();
  }

  add(step: Step): void {
    const key = keyOf(step);
    let found = this.byKey.get(key);
    if (found === undefined) {
      const { system, features, preferLocalBuild } = step;
      this.byKey.set(key, (found = { system, features, preferLocalBuild, steps: new Set(), levels: new Map() }));
    }
    let level = found.levels.get(step.globalPriority);
    if (level === undefined) found.levels.set(step.globalPriority, (level = new Map()));
    for (const id of step.jobsetIds) {
      let heap = level.get(id);
      if (heap === undefined) level.set(id, (heap = new Heap(compareInJobset)));
      heap.add(step);
    }
    found.steps.add(step);
    this.count += 1;
  }

  /** Must be called before anything of the step's rank changes: the rank is how it is found. */
  remove(step: Step): void {
    const key = keyOf(step);
    const found = this.byKey.get(key)!;
    const level = found.levels.get(step.globalPriority)!;
    for (const id of step.jobsetIds) {
      const heap = level.get(id)!;
      heap.remove(step);
      if (heap.size === 0) level.delete(id);
    }
    if (level.size === 0) found.levels.delete(step.globalPriority);
    found.steps.delete(step);
    if (found.steps.size === 0) this.byKey.delete(key);
    this.count -= 1;
  }
}
