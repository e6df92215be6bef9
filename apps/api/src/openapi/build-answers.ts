import { z } from 'zod';

const text = z.string();
const int = z.int();
/** Unix seconds. */
const time = int.nullable();

const step = z.strictObject({
  build: int,
  stepnr: int,
  drvpath: text,
  attempt: int.nullable(),
  system: text,
  machine: text,
  status: text,
  starttime: time,
  stoptime: time,
  errormsg: text.nullable(),
  propagatedfrom: int.nullable(),
  log: text.nullable(),
});

const derivation = z.strictObject({
  drvpath: text,
  system: text,
  outputs: z.record(text, text),
  inputs: z.array(z.strictObject({ drvpath: text, outputs: z.array(text) })),
  sources: z.array(text),
  build: int.nullable(),
  step: z.strictObject({ build: int, stepnr: int, status: text }).nullable(),
});
const path = z.strictObject({
  path: text,
  narsize: int,
  references: z.array(text),
  deriver: text.nullable(),
  build: int.nullable(),
});

/** What succeeds of the reads about builds and their steps, by method and path. `build`: Hydra's. */
export const buildAnswers = (build: z.ZodType): Record<string, z.ZodType> => ({
  'GET /steps': z.strictObject({ steps: z.array(step), next: text.nullable() }),
  'GET /all': z.strictObject({ builds: z.array(build), next: int.nullable() }),
  'GET /build/{id}/step/{nr}': step,
  'GET /build/{id}/api/get-info': z.strictObject({ buildId: int, drvPath: text, outPath: text.nullable() }),
  'GET /build/{id}/contents/{nr}': z.strictObject({
    build: int,
    product: int,
    name: text,
    kind: z.enum(['directory', 'tar', 'zip']),
    entries: z.array(
      z.strictObject({
        path: text,
        type: z.enum(['file', 'directory', 'symlink', 'other']),
        size: int.nullable(),
        target: text.nullable(),
      }),
    ),
    truncated: z.boolean(),
  }),
  'GET /build/{id}/build-deps': z.strictObject({
    build: int,
    derivations: z.array(derivation),
    missing: z.array(text),
    truncated: z.boolean(),
  }),
  'GET /build/{id}/runtime-deps': z.strictObject({
    build: int,
    closuresize: int,
    total: int,
    paths: z.array(path),
    truncated: z.boolean(),
  }),
});
