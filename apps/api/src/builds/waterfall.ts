import type { StepView } from '#read-model';

/** When a step waited and when it ran. Times are Unix milliseconds. */
export type Span = Readonly<{ step: StepView; waitedFromMs: number; startedAtMs: number; endedAtMs: number }>;

/**
 * The steps of a build that began after it was queued (`sinceMs`), in the order of their starts. A step waits, for its inputs or for
 * a slot, from then on; another attempt, from the end of the one before. One that runs has come as far as `now`.
 */
export const spansOf = (steps: readonly StepView[], sinceMs: number, now: number): Span[] => {
  const ended = new Map<string, number>();
  return steps
    .filter(({ startedAtMs }) => startedAtMs !== null && startedAtMs >= sinceMs)
    .sort((a, b) => a.startedAtMs! - b.startedAtMs! || a.nr - b.nr)
    .map((step) => {
      const startedAtMs = step.startedAtMs!;
      const waitedFromMs = Math.min(startedAtMs, ended.get(step.drvPath) ?? sinceMs);
      const endedAtMs = Math.max(startedAtMs, step.stoppedAtMs ?? now);
      ended.set(step.drvPath, endedAtMs);
      return { step, waitedFromMs, startedAtMs, endedAtMs };
    });
};
