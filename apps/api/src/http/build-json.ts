import { STATUS_CODE } from '#domain';
import type { BuildView } from '#read-model';
import { seconds } from './hydra.js';

const code = (build: BuildView): number | null => (build.status === null ? null : STATUS_CODE[build.status]);

/** Hydra's Build. */
export const buildJson = (build: BuildView): Record<string, unknown> => ({
  id: build.id,
  project: build.project,
  jobset: build.jobset,
  job: build.job,
  nixname: build.nixName,
  system: build.system,
  drvpath: build.drvPath,
  priority: build.priority,
  finished: build.status === null ? 0 : 1,
  buildstatus: code(build),
  timestamp: seconds(build.queuedAtMs),
  starttime: seconds(build.startedAtMs),
  stoptime: seconds(build.stoppedAtMs),
  releasename: build.releaseName,
  jobsetevals: build.evaluations,
  buildoutputs: Object.fromEntries(Object.entries(build.outputs).map(([name, path]) => [name, { path }])),
  buildproducts: Object.fromEntries(
    build.products.map(({ type, subtype, name, path, defaultPath, fileSize, sha256 }, index) => [
      index + 1,
      { type, subtype, name, path, defaultpath: defaultPath, filesize: fileSize ?? null, sha256hash: sha256 ?? null },
    ]),
  ),
  buildmetrics: Object.fromEntries(build.metrics.map(({ name, value, unit }) => [name, { value, unit }])),
});

/** An item of `GET /api/latestbuilds` and `/api/queue`. */
export const briefBuildJson = (build: BuildView): Record<string, unknown> => ({
  id: build.id,
  project: build.project,
  jobset: build.jobset,
  job: build.job,
  system: build.system,
  nixname: build.nixName,
  finished: build.status === null ? 0 : 1,
  timestamp: seconds(build.queuedAtMs),
  ...(build.status === null ? { priority: build.priority } : { buildstatus: code(build) }),
});
