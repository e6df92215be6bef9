import { z } from 'zod';
import { buildAnswers } from './build-answers.js';
import { farmAnswers } from './farm-answers.js';

const text = z.string();
const int = z.int();
/** Unix seconds. */
const time = int.nullable();
const flag = z.boolean();
const bit = z.literal([0, 1]);

export const problem = z.looseObject({
  error: text.describe('What is wrong, for people.'),
  field: text.optional().describe('The part of the request that broke a rule.'),
  rule: text.optional().describe('The rule that it broke.'),
  rejected: text.optional().describe('Why a command was refused, in one word.'),
  revision: int.nullable().optional().describe('With 409: the current revision.'),
  deleted: z
    .strictObject({ at: text, by: text, role: text.nullable(), reason: text.nullable(), event: z.uuid() })
    .optional()
    .describe('With 404: when, by whom and why it was deleted; of what stood in no list, only for who is signed in.'),
  audit: text.optional().describe('With `deleted`, for who is signed in: where all that happened to it is told.'),
});

const declarative = z.strictObject({ file: text, type: text, value: text });
const project = z.strictObject({
  name: text,
  displayname: text,
  description: text,
  homepage: text,
  owner: text,
  enabled: flag,
  hidden: flag,
  enable_dynamic_run_command: flag,
  declarative: declarative.optional(),
  jobsets: z.array(text),
  members: z.array(text).optional(),
});
const jobset = z.strictObject({
  name: text,
  project: text,
  description: text,
  nixexprinput: text,
  nixexprpath: text,
  flake: text,
  type: bit,
  enabled: z.literal([0, 1, 2, 3]),
  visible: flag,
  checkinterval: int,
  schedulingshares: int,
  keepnr: int,
  enableemail: flag,
  emailoverride: text,
  enable_dynamic_run_command: flag,
  inputs: z.record(text, z.strictObject({ name: text, type: text, value: text, emailresponsible: flag })),
  errormsg: text,
  errortime: time,
  fetcherrormsg: text,
  lastcheckedtime: time,
  triggertime: time,
  starttime: time,
});
const jobsetOverview = z.strictObject({
  name: text,
  project: text,
  nrtotal: int,
  nrscheduled: int,
  nrsucceeded: int,
  nrfailed: int,
  checkinterval: int,
  haserrormsg: flag,
  errortime: time,
  fetcherrormsg: text.nullable(),
  lastcheckedtime: time,
  triggertime: time,
  starttime: time,
});
const build = z.strictObject({
  id: int,
  project: text,
  jobset: text,
  job: text,
  nixname: text,
  system: text,
  drvpath: text,
  priority: int,
  finished: bit,
  buildstatus: int.nullable(),
  timestamp: int,
  starttime: time,
  stoptime: time,
  releasename: text.nullable(),
  jobsetevals: z.array(int),
  buildoutputs: z.record(text, z.strictObject({ path: text })),
  buildproducts: z.record(
    text,
    z.strictObject({
      type: text,
      subtype: text,
      name: text,
      path: text,
      defaultpath: text,
      filesize: int.nullable(),
      sha256hash: text.nullable(),
    }),
  ),
  buildmetrics: z.record(text, z.strictObject({ value: z.number(), unit: text })),
});
const briefBuild = z.strictObject({
  id: int,
  project: text,
  jobset: text,
  job: text,
  system: text,
  nixname: text,
  finished: bit,
  timestamp: int,
  priority: int.optional(),
  buildstatus: int.nullable().optional(),
});
const evaluation = z.strictObject({
  id: int,
  timestamp: int,
  checkouttime: int,
  evaltime: int,
  hasnewbuilds: bit,
  flake: text.nullable(),
  builds: z.array(int),
  jobsetevalinputs: z.record(
    text,
    z.strictObject({
      type: text,
      uri: text.nullable(),
      revision: text.nullable(),
      value: text.nullable(),
      dependency: int.nullable(),
    }),
  ),
});
const release = z.strictObject({
  evaluation: int,
  project: text,
  jobset: text,
  name: text,
  reason: text.nullable(),
  releasedBy: text,
  releasedAt: text,
  revokedBy: text.nullable(),
  revokedAt: text.nullable(),
  revokeReason: text.nullable(),
  eventId: z.uuid(),
});
/** With `at`: how it stood then. `releases`: where there are any, newest first, revoked ones too. */
const evaluationThen = evaluation.extend({
  then: z
    .strictObject({ running: flag, release: text.nullable(), succeeded: int, failed: int, queued: int })
    .optional(),
  releases: z.array(release).optional(),
});
const evaluations = z.strictObject({
  evals: z.array(evaluation),
  first: text,
  last: text,
  next: text.optional(),
  previous: text.optional(),
});
const user = z.looseObject({ username: text, fullname: text, emailaddress: text, userroles: z.array(text) });
const shield = z.strictObject({ schemaVersion: z.literal(1), label: text, color: text, message: text });
const found = z.strictObject({
  projects: z.array(z.strictObject({ name: text, displayname: text, description: text })),
  jobsets: z.array(z.strictObject({ project: text, name: text, description: text })),
  jobs: z.array(z.strictObject({ project: text, jobset: text, job: text })).optional(),
  evals: z
    .array(z.strictObject({ id: int, project: text, jobset: text, timestamp: int, revision: text }))
    .optional()
    .describe('made of a commit that begins with the text'),
  builds: z.array(build),
  buildsdrv: z.array(build),
});
const change = z.strictObject({ field: text, before: z.unknown().optional(), after: z.unknown().optional() });
const auditEvent = z.looseObject({
  id: z.uuid(),
  type: text,
  stream: text,
  revision: int,
  at: text,
  actor: z.strictObject({ kind: text, id: text, name: text }),
  role: text.nullable(),
  via: text,
  reason: text.nullable(),
  changes: z.array(change),
});
const finding = z.strictObject({ rule: text, ok: flag, detail: text });
const record = z.looseObject({
  format: z.literal('iolaus-evaluation-record/1'),
  evaluation: int,
  release: text.nullable(),
  digest: text,
  findings: z.array(finding),
  events: z.array(z.looseObject({ id: z.uuid(), stream: text, revision: int, type: text })),
});

/** An event that came of a command; of a dry run, one that would have. */
const event = z.union([
  z.strictObject({ id: z.uuid(), stream: text, type: text }),
  z.strictObject({ stream: text, type: text, data: z.unknown() }),
]);
/** What a command answers. */
export const commanded = z.looseObject({
  events: z.array(event).optional(),
  dryRun: z.literal(true).optional(),
  revision: int.optional(),
  redirect: text.optional(),
});

/** What succeeds, by method and path as the document spells it. Everything else answers any JSON. */
export const ANSWERS: Readonly<Record<string, z.ZodType>> = {
  ...farmAnswers(build, jobsetOverview, user),
  ...buildAnswers(build),
  'GET /': z.array(project),
  'POST /login': user,
  'GET /current-user': user,
  'GET /users': z.array(user),
  'GET /healthz': z.looseObject({ ok: flag, missing: z.array(text).optional() }),
  'GET /api/jobsets': z.array(jobsetOverview),
  'GET /api/latestbuilds': z.array(briefBuild),
  'GET /api/queue': z.array(briefBuild),
  'GET /api/nrqueue': int,
  'GET /api/nrbuilds': z.array(int),
  'POST /api/push': z.union([z.strictObject({ jobsetsTriggered: z.array(text), events: z.array(event) }), commanded]),
  'POST /api/push-github': z.strictObject({ jobsetsTriggered: z.array(text) }),
  'POST /api/push-gitea': z.strictObject({ jobsetsTriggered: z.array(text) }),
  'GET /search': found,
  'GET /project/{project}': project,
  'GET /jobset/{project}/{jobset}': jobset,
  'GET /jobset/{project}/{jobset}/configuration': jobset.extend({ differences: z.array(change).optional() }),
  'GET /jobset/{project}/{jobset}/errors': jobset,
  'GET /jobset/{project}/{jobset}/evals': evaluations,
  'GET /jobset/{project}/{jobset}/history': z.strictObject({ events: z.array(auditEvent) }),
  'GET /jobset/{project}/{jobset}/jobs': z.array(build),
  'GET /job/{project}/{jobset}/{job}': z.array(build),
  'GET /job/{project}/{jobset}/{job}/shield': shield,
  'GET /build/{id}': build,
  'GET /build/{id}/constituents': z.array(build),
  'GET /eval/{id}': evaluationThen,
  'GET /evals': evaluations,
  'GET /build/{id}/evals': z.array(evaluation),
  'GET /eval/{id}/store-paths': z.array(text),
  'GET /eval/{id}/builds': z.array(build),
  'GET /eval/{id}/audit': record,
  'GET /releases': z.array(release),
  'GET /api/audit': z.strictObject({ events: z.array(auditEvent), next: text.nullable() }),
  'GET /api/audit/{id}': z.strictObject({ event: auditEvent, tree: z.array(auditEvent) }),
};
