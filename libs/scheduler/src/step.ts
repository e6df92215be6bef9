/** A build as the scheduler sees it. */
export type QueuedBuild = Readonly<{
  buildId: number;
  jobsetId: number;
  /** derivation of its top step */
  drvPath: string;
  /** Unix seconds of its last bump; 0: never bumped */
  globalPriority: number;
  /** `meta.schedulingPriority` */
  localPriority: number;
}>;

/** A derivation to be built, as it is found in the store. */
export type StepSpec = Readonly<{
  drvPath: string;
  system: string;
  /** required system features */
  features: readonly string[];
  preferLocalBuild: boolean;
  /** derivations that must be built before it: only those that are still to be built */
  inputs: readonly string[];
  /** Unix milliseconds before which it is not tried again; 0: at any time */
  retryAtMs: number;
}>;

export type StepPhase = 'blocked' | 'delayed' | 'runnable' | 'running';

/** A step of the union graph. What it inherits comes from every build that needs it, directly or not. */
export type Step = Readonly<{
  drvPath: string;
  system: string;
  features: readonly string[];
  preferLocalBuild: boolean;
  phase: StepPhase;
  retryAtMs: number;
  /** builds whose top step it is */
  builds: ReadonlySet<number>;
  /** steps that it waits for */
  inputs: ReadonlySet<Step>;
  /** steps that wait for it */
  dependents: ReadonlySet<Step>;
  /** highest of its builds */
  globalPriority: number;
  /** highest of its builds */
  localPriority: number;
  lowestBuildId: number;
  /** jobsets of its builds: they share its cost */
  jobsetIds: ReadonlySet<number>;
}>;

/** The order inside a jobset (DESIGN 3): negative where `a` goes first. Total: the derivation's name decides at last. */
export const compareInJobset = (a: Step, b: Step): number =>
  b.localPriority - a.localPriority ||
  b.features.length - a.features.length ||
  b.dependents.size - a.dependents.size ||
  a.lowestBuildId - b.lowestBuildId ||
  (a.drvPath < b.drvPath ? -1 : a.drvPath > b.drvPath ? 1 : 0);
