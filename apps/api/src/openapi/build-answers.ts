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

/** What succeeds of the reads about builds and their steps, by method and path. `build`: Hydra's. */
export const buildAnswers = (build: z.ZodType): Record<string, z.ZodType> => ({
  'GET /steps': z.strictObject({ steps: z.array(step), next: text.nullable() }),
  'GET /all': z.strictObject({ builds: z.array(build), next: int.nullable() }),
  'GET /build/{id}/step/{nr}': step,
  'GET /build/{id}/api/get-info': z.strictObject({ buildId: int, drvPath: text, outPath: text.nullable() }),
});
