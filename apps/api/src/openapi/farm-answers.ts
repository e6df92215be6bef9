import { z } from 'zod';

const text = z.string();
const int = z.int();
const flag = z.boolean();
/** Unix seconds. */
const time = int.nullable();
/** Unix milliseconds. */
const ms = int;

const switched = z.strictObject({ by: text, reason: text.nullable(), time });
/** Hydra's machine, and ours beside it. */
const machine = z.looseObject({
  name: text,
  uri: text,
  source: text,
  state: text,
  enabled: flag,
  systemTypes: z.array(text),
  maxJobs: int,
  currentJobs: int,
  speedFactor: z.number(),
  supportedFeatures: z.array(text),
  mandatoryFeatures: z.array(text),
  hasCapacity: flag,
  disabled: switched.optional(),
  reenabled: switched.optional(),
});

const usage = z.strictObject({
  atMs: ms,
  policy: text,
  windowMs: z.number(),
  usedMs: z.number(),
  jobsets: z.array(
    z.strictObject({
      jobsetId: int,
      project: text.nullable(),
      jobset: text.nullable(),
      usedMs: z.number(),
      part: z.number(),
      shares: z.number(),
      enabled: flag,
      entitlement: z.number(),
      rank: int.nullable(),
      running: int,
    }),
  ),
});
const dispatch = z.strictObject({
  build: int,
  step: int,
  drvPath: text,
  attempt: int,
  system: text,
  machine: text,
  slot: int,
  status: text,
  startedAtMs: ms,
  stoppedAtMs: ms.nullable(),
  jobset: z.strictObject({ id: int, project: text.nullable(), name: text.nullable() }),
  policy: text,
  rule: text,
  dispatch: z.looseObject({ policy: text, jobsetId: int }),
});

const parkedEvent = z.strictObject({
  consumer: text,
  event: z.uuid(),
  type: text,
  stream: text,
  attempts: int,
  at: text,
  error: text,
  released: flag,
});
/** `operations`: for who may manage the queue. */
const system = z.strictObject({
  position: int,
  projector: z.strictObject({ position: int, caughtUp: flag, silentSeconds: z.number() }).nullable(),
  projections: z.array(z.strictObject({ name: text, version: int, position: int, behindSeconds: z.number() })),
  workerLeads: flag,
  queueRunner: z.looseObject({ status: text }),
  parked: int,
  events: z.strictObject({
    hours: z.array(z.strictObject({ hour: int, events: int, persecond: z.number() })),
    types: z.array(z.strictObject({ type: text, events: int })),
  }),
  operations: z
    .strictObject({
      duties: z.array(
        z.strictObject({
          name: text,
          leader: z.strictObject({ pid: int, address: text.nullable(), connected: int }).nullable(),
          position: int.nullable(),
        }),
      ),
      database: z.strictObject({ bytes: int, schemas: z.array(z.strictObject({ schema: text, bytes: int })) }),
      logs: z.strictObject({ logs: int, bytes: int }),
      parked: z.array(parkedEvent),
    })
    .optional(),
});
const durations = z.strictObject({
  builds: int,
  below50: z.number().nullable(),
  below95: z.number().nullable(),
  buckets: z.array(z.strictObject({ below: z.number().nullable(), builds: int })),
});
const costly = z.array(
  z.strictObject({
    ...{ project: text, jobset: text, job: text, system: text, build: int },
    duration: z.number(),
    outputsize: int,
    closuresize: int,
    stoptime: int,
  }),
);
const insights = z.strictObject({
  from: int,
  days: z.array(z.strictObject({ day: int, succeeded: int, there: int })),
  waits: durations,
  runs: durations,
  slowest: costly,
  largest: costly,
  flakiest: z.array(z.strictObject({ project: text, jobset: text, job: text, turns: int, builds: int, again: int })),
  caches: z.array(z.strictObject({ day: text, bytes: int })),
});
const place = z.looseObject({
  bucket: text,
  prefix: text,
  configured: flag,
  compression: text.nullable(),
  substituter: text.nullable(),
});
const line = z.strictObject({ line: int, text });
const log = z.strictObject({
  build: int,
  step: int,
  drvpath: text,
  bytes: int,
  finished: flag,
  raw: text,
  firsterror: line.nullable(),
  matches: z.array(line).optional(),
  morematches: flag.optional(),
});
const job = { project: text, jobset: text, job: text };
const series = z.array(z.strictObject({ id: int, timestamp: int, value: z.number(), unit: text.optional() }));
const token = z.looseObject({ id: text, name: text, created: int, expires: time, lastused: time });

/** Of a dry run: the events that would have come of it. */
const tried = z.strictObject({
  dryRun: z.literal(true),
  events: z.array(z.strictObject({ stream: text, type: text, data: z.unknown() })),
});
const myJobs = z.array(
  z.strictObject({ ...job, build: int, status: text, stopped: ms.nullable(), failingSince: ms.nullable() }),
);

/** What succeeds of the reads about the farm as a whole, by method and path. `build` and `overview`: Hydra's. */
const channel = z.strictObject({
  name: text,
  uri: text,
  packages: z.array(
    z.strictObject({ attribute: text, build: int, nixname: text, system: text, outputs: z.record(text, text) }),
  ),
});

export const farmAnswers = (build: z.ZodType, overview: z.ZodType, user: z.ZodObject): Record<string, z.ZodType> => ({
  'GET /queue': z.array(build),
  'GET /status': z.array(build),
  'GET /queue-summary': z.strictObject({
    total: int,
    jobsets: z.array(z.strictObject({ project: text, jobset: text, queued: int, oldest: time, newest: time })),
    systems: z.array(z.strictObject({ system: text, queued: int })),
  }),
  'GET /insights': insights,
  'GET /system': system,
  'POST /system/release': z.looseObject({ released: z.array(z.uuid()) }),
  'GET /queue-hours': z.strictObject({
    hours: z.array(
      z.strictObject({
        hour: int,
        unfinished: int,
        queued: int,
        ended: int,
        succeeded: int,
        there: int,
        began: int,
        waitbelow50: z.number().nullable(),
        waitbelow95: z.number().nullable(),
      }),
    ),
  }),
  'GET /machines': z.record(text, machine),
  'GET /machine/{name}': machine,
  'GET /api/machines': z.strictObject({
    machines: z.array(machine),
    machinesFileProblem: z.strictObject({ message: text, since: int }).nullable(),
  }),
  'GET /build/{id}/why': z.strictObject({
    error: text.optional(),
    build: int,
    status: text,
    waiting: z.looseObject({ atMs: ms, words: z.array(text) }).nullable(),
    jobsets: z.array(z.strictObject({ id: int, project: text, name: text })),
    steps: z.array(z.looseObject({})),
  }),
  'GET /build/{id}/log': log,
  'GET /build/{id}/step/{nr}/log': log,
  'GET /scheduler': usage,
  'GET /api/scheduler/usage': usage,
  'GET /api/scheduler/dispatches': z.strictObject({ dispatches: z.array(dispatch), next: text.nullable() }),
  'GET /buckets': z.strictObject({
    places: z.array(place),
    parkedRequests: z.array(z.looseObject({ event: text, stream: text, attempts: int, error: text, released: flag })),
  }),
  'GET /bucket/{name}': z.strictObject({ name: text, places: z.array(place) }),
  'GET /dashboard/{name}/my-jobs-tab': myJobs,
  'GET /dashboard/{name}/my-jobsets-tab': z.array(overview),
  'GET /dashboard/{name}': z.array(z.strictObject({ ...job, builds: z.array(build) })),
  'GET /dashboard/{name}/my-jobs': myJobs,
  'GET /dashboard/{name}/my-jobsets': z.array(overview),
  'POST /dashboard/{name}/publish': z.strictObject({ public: flag }),
  'GET /project/{project}/all': z.array(build),
  'GET /jobset/{project}/{jobset}/all': z.array(build),
  'GET /job/{project}/{jobset}/{job}/all': z.array(build),
  'GET /job/{project}/{jobset}/{job}/build-times': series,
  'GET /job/{project}/{jobset}/{job}/closure-sizes': series,
  'GET /job/{project}/{jobset}/{job}/output-sizes': series,
  'GET /job/{project}/{jobset}/{job}/metric/{name}': series,
  'GET /job/{project}/{jobset}/{job}/charts': z.strictObject({
    'build-times': series,
    'closure-sizes': series,
    'output-sizes': series,
    metrics: z.record(text, series),
  }),
  'POST /job/{project}/{jobset}/{job}/star': z.strictObject({ success: z.literal(1), star: flag }),
  'GET /channel/latest': channel,
  'GET /project/{project}/channel/latest': channel,
  'GET /jobset/{project}/{jobset}/channel/latest': channel,
  'GET /job/{project}/{jobset}/{job}/channel/latest': channel,
  'GET /eval/{id}/channel': channel,
  'GET /build/{id}/nix': channel,
  'GET /jobset/{project}/{jobset}/channels': z.strictObject({ channels: z.array(text) }),
  'GET /channel/custom/{project}/{jobset}/{channel}': z.strictObject({
    build: int,
    channel: text,
    constituents: z.array(int),
    products: z.array(z.strictObject({ type: text, name: text })),
  }),
  'GET /admin': z.strictObject({ nonCurrentBuilds: int, cachedFailures: int }),
  'GET /admin/news': z.array(z.strictObject({ id: int, contents: text, author: text.nullable(), createtime: int })),
  'GET /eval/{id}/errors': z.strictObject({
    id: int,
    total: int,
    errors: z.array(z.strictObject({ job: text, message: text })),
  }),
  'GET /user/{name}': user.extend({ tokens: z.array(token) }),
  'POST /users': z.union([user.extend({ uri: text }), tried]),
  'POST /user/{name}/tokens': z.union([token.extend({ token: text }), tried]),
  'POST /user/{name}/password': z.union([z.strictObject({ changed: flag, revoked: z.array(text).optional() }), tried]),
  'POST /user/{name}/tokens/{token}/revoke': z.union([z.strictObject({ revoked: text }), tried]),
  'DELETE /user/{name}/tokens/{token}': z.union([z.strictObject({ revoked: text }), tried]),
});
