import type { FarmUsage } from '#read-model';

/** A part of a whole, 0 to 1; of nothing, nothing. */
export const partOf = (ms: number, wholeMs: number): number => (wholeMs === 0 ? 0 : ms / wholeMs);

/** Who used how much of the farm at a moment, furthest below its share first. */
export const farmUsageJson = (usage: FarmUsage): Record<string, unknown> => ({
  atMs: usage.atMs,
  policy: usage.rules.policy,
  windowMs: usage.rules.windowMs,
  usedMs: usage.usedMs,
  jobsets: usage.jobsets.map((one) => ({
    jobsetId: one.jobsetId,
    project: one.project,
    jobset: one.jobset,
    usedMs: one.usedMs,
    part: partOf(one.usedMs, usage.usedMs),
    shares: one.shares,
    enabled: one.enabled,
    entitlement: one.entitlement,
    rank: one.rank,
    running: one.running,
  })),
});
