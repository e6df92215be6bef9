import type { JobsetOverview } from '#read-model';
import { seconds } from './hydra.js';

/** Hydra's JobsetOverview: a line of `GET /api/jobsets`. */
export const jobsetOverviewJson = (jobset: JobsetOverview): Record<string, unknown> => ({
  name: jobset.name,
  project: jobset.project,
  nrtotal: jobset.nrTotal,
  nrscheduled: jobset.nrScheduled,
  nrsucceeded: jobset.nrSucceeded,
  nrfailed: jobset.nrFailed,
  checkinterval: jobset.checkInterval,
  haserrormsg: Boolean(jobset.errorMsg) || jobset.lastEvaluationErrors > 0,
  errortime: seconds(jobset.errorTimeMs),
  fetcherrormsg: jobset.fetchErrorMsg,
  lastcheckedtime: seconds(jobset.lastCheckedAtMs),
  triggertime: seconds(jobset.triggerAtMs),
  starttime: seconds(jobset.runningSinceMs),
});
