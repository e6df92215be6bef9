/** The numbers that chose a step (DESIGN 3), most significant first: a replay can check the choice. */
export type Dispatch = Readonly<{
  /** name of the policy that ranked */
  policy: string;
  globalPriority: number;
  /** the jobset furthest below its share among those that want the step */
  jobsetId: number;
  /** machine time of that jobset inside the window, integer milliseconds */
  usedMs: number;
  shares: number;
  localPriority: number;
  /** number of required system features */
  features: number;
  /** number of steps that wait for this one */
  dependents: number;
  lowestBuildId: number;
  /** steps that were runnable at that moment, this one included */
  runnable: number;
  /** what the choice was made on, so that it can be made again; absent in logs of before it was recorded */
  basis?: DispatchBasis;
}>;

/** What a choice knew, beside the log up to it. */
export type DispatchBasis = Readonly<{
  /** UUID of the queue runner's term */
  term: string;
  /** number of the choice within the term, from 1 */
  nr: number;
  /** id of the newest event of somebody else that the queue runner had heard */
  seen: string;
  /** attempts that had given their slot back though their end was not in the log yet */
  finishing?: readonly Readonly<{ drvPath: string; attempt: number }>[];
  /** under the policy `clamped`: the virtual time of the farm after the choice, and the chosen jobset's tag after it */
  clamp?: Readonly<{ virtual: number; tag: number }>;
}>;
