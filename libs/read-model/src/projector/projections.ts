import { audit } from '../audit/projection.js';
import { backups } from '../backups/projection.js';
import { buckets } from '../buckets/projection.js';
import { builds } from '../builds/projection.js';
import { log } from '../log/projection.js';
import { clamp } from '../farm/projection.js';
import { jobsets } from '../jobsets/projection.js';
import { maintainers } from '../dashboard/projection.js';
import { machines } from '../machines/projection.js';
import type { Projection } from '../projection.js';
import { projects } from '../projects/projection.js';
import { steps } from '../steps/projection.js';
import { usage } from '../usage/projection.js';
import { users } from '../users/projection.js';

/** Every projection; `builds` holds evaluations and the queue as well. */
export const PROJECTIONS: readonly Projection[] = [
  projects,
  jobsets,
  builds,
  steps,
  clamp,
  backups,
  buckets,
  usage,
  machines,
  users,
  audit,
  maintainers,
  log,
];
