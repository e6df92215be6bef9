import { z } from 'zod';

const aggregate = z.object({ named: z.array(z.string()), drvPaths: z.array(z.string()), globs: z.boolean() });

const job = z.object({
  nixName: z.string(),
  system: z.string(),
  drvPath: z.string(),
  outputs: z.record(z.string(), z.string()),
  description: z.string(),
  homepage: z.string(),
  license: z.string(),
  maintainers: z.array(z.string()),
  schedulingPriority: z.number().int(),
  timeout: z.number().int(),
  maxSilent: z.number().int(),
  isChannel: z.boolean(),
  aggregate: aggregate.nullable(),
});

/**
 * A job as it was evaluated; its .drv is in the store. `attr` is the attribute path with dots, names with a dot quoted; '' where
 * the root itself is a derivation. `outputs`: path by output name. `license` is joined by ', ', `maintainers` are addresses.
 * `timeout` and `maxSilent` are seconds. `aggregate` is null for an ordinary job.
 */
export type EvaluatedJob = Readonly<z.infer<typeof job>> & Readonly<{ attr: string }>;

/** An error of one job; the others go on. */
export type JobError = Readonly<{ job: string; message: string }>;

const description = z.union([
  z.object({ job }),
  z.object({ set: z.array(z.string()) }),
  z.object({ none: z.literal(true) }),
  z.object({ bad: z.string() }),
  z.object({ threw: z.literal(true) }),
]);
export type Description = z.infer<typeof description>;

const descriptions = z.array(description);

/** What the walker answered. Throws on anything else. */
export const parseDescriptions = (json: string): Description[] => descriptions.parse(JSON.parse(json));

/** `a.b."c.d"`: as Hydra names jobs. */
export const attrName = (path: readonly string[]): string =>
  path.map((name) => (name.includes('.') || name === '' ? `"${name}"` : name)).join('.');
