import { type CostlyJob, countDurations, DURATION_BOUNDS, type Durations, quantileBound } from '#read-model';
import { seconds } from '../http/hydra.js';
import type { Insights } from './insights.js';

/** A bound in seconds; null where there is nothing to bound, or no bound that it is below. */
export const boundOf = (ms: number | undefined): number | null =>
  ms === undefined || ms === Infinity ? null : ms / 1000;

const durationsJson = (durations: Durations) => ({
  builds: countDurations(durations),
  below50: boundOf(quantileBound(durations, 0.5)),
  below95: boundOf(quantileBound(durations, 0.95)),
  buckets: durations.flatMap((builds, bucket) =>
    builds === 0 ? [] : [{ below: boundOf(DURATION_BOUNDS[bucket] ?? Infinity), builds }],
  ),
});

const costlyJson = ({ project, jobset, job, system, buildId, tookMs, size, closureSize, stoppedAtMs }: CostlyJob) => ({
  ...{ project, jobset, job, system, build: buildId },
  duration: tookMs / 1000,
  outputsize: size,
  closuresize: closureSize,
  stoptime: seconds(stoppedAtMs),
});

/** What costs most, as JSON: times in seconds, sizes in bytes. */
export const insightsJson = ({ fromMs, days, waits, runs, slowest, largest, flakiest, caches }: Insights) => ({
  from: seconds(fromMs),
  days: days.map(({ dayMs, succeeded, there }) => ({ day: seconds(dayMs), succeeded, there })),
  waits: durationsJson(waits),
  runs: durationsJson(runs),
  slowest: slowest.map(costlyJson),
  largest: largest.map(costlyJson),
  flakiest,
  caches: caches.map(({ day, bytes }) => ({ day, bytes })),
});
