/** The rules of the order (DESIGN 3), most significant first. */
export type Rule = 'bump' | 'share' | 'priority' | 'features' | 'dependents' | 'build-id' | 'name';

/** A step that goes before another one, and the first rule that says so, with both sides' numbers. */
export type Rival = Readonly<{
  drvPath: string;
  jobsetId: number;
  lowestBuildId: number;
  rule: Rule;
  ours: number;
  theirs: number;
}>;

/** What a step waits for. Times are Unix milliseconds. */
export type Wait =
  | Readonly<{ kind: 'running'; machine: string; sinceMs: number }>
  /** `inputs`: the first few of those that must be built before it */
  | Readonly<{ kind: 'dependency'; inputs: readonly string[]; count: number }>
  | Readonly<{ kind: 'retry'; atMs: number }>
  /** no machine, disabled ones included, could ever build it: what none offers */
  | Readonly<{ kind: 'unsupported'; system?: string; features: readonly string[] }>
  /** those that could are disabled, or left alone after failures */
  | Readonly<{ kind: 'machines-away'; machines: readonly Readonly<{ name: string; disabledUntilMs?: number }>[] }>
  /** runnable: `rank` 1 is the next to start where a slot that suits it is free; `ahead`: the first few before it */
  | Readonly<{ kind: 'ranked'; rank: number; ahead: readonly Rival[]; freeSlots: number }>;

export type StepExplanation = Readonly<{
  drvPath: string;
  system: string;
  features: readonly string[];
  wait: Wait;
}>;

/** Why an unfinished build is where it is, by the numbers of this moment. */
export type BuildExplanation = Readonly<{
  buildId: number;
  jobsetId: number;
  atMs: number;
  policy: string;
  /** what ranks its jobset; `tag`: under the policy `clamped` */
  standing: Readonly<{ usedMs: number; shares: number; tag?: number }>;
  globalPriority: number;
  localPriority: number;
  /** its steps that are still to be done, by phase */
  counts: Readonly<{ running: number; runnable: number; delayed: number; blocked: number }>;
  /** its top step */
  top: StepExplanation;
  /** those of its steps that decide when it goes on: running ones and the first of the runnable and delayed, at most 20 */
  steps: readonly StepExplanation[];
}>;
