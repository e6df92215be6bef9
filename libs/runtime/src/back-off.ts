/** How waiting grows from one failure to the next. */
export type BackOffOptions = Readonly<{
  /** Wait after the first failure, in milliseconds. */
  firstMs: number;
  /** Each further wait is this many times longer. */
  factor: number;
  /** No wait is longer, in milliseconds. */
  maxMs: number;
  /** Share of a wait that chance may take away, 0 (none) to 1: so that many who failed together do not return together. */
  jitter: number;
}>;

/** The wait after the `attempt`th failure (from 1). `random` gives a number in [0, 1), as `Math.random` does. */
export const backOffDelay = (attempt: number, options: BackOffOptions, random: () => number): number => {
  const full = Math.min(options.maxMs, options.firstMs * options.factor ** Math.max(0, attempt - 1));
  return Math.round(full * (1 - options.jitter * random()));
};

/** Counts failures: `next` is the wait after one more, `reset` starts again after a success. */
export type BackOff = Readonly<{ next: () => number; reset: () => void; attempts: () => number }>;

export const backOff = (options: BackOffOptions, random: () => number): BackOff => {
  let attempts = 0;
  return {
    next: () => backOffDelay((attempts += 1), options, random),
    reset: () => {
      attempts = 0;
    },
    attempts: () => attempts,
  };
};
