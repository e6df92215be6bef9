import { createHash } from 'node:crypto';
import { readFile, realpath, stat } from 'node:fs/promises';
import { z } from 'zod';
import { INPUT_TYPES, type JobsetMode, type JobsetSpecification } from '#domain';

/** Bytes of a specification. */
const LONGEST = 4 * 1024 * 1024;
const MODES: readonly JobsetMode[] = ['disabled', 'enabled', 'one-shot', 'one-at-a-time'];

/** A specification, or what it says of one jobset, is not of its form. The message says what is wrong. */
export class SpecificationError extends Error {
  override readonly name = 'SpecificationError';
}

const flag = z.union([z.boolean(), z.literal([0, 1]).transform(Boolean)], 'must be true or false');
const text = z.string('must be a text');
const whole = z.union(
  [
    z.int(),
    z
      .string()
      .regex(/^\d{1,15}$/)
      .transform(Number),
  ],
  'must be a whole number',
);
const mode = z
  .union([z.boolean().transform(Number), z.int().min(0).max(3)], 'must be 0, 1, 2 or 3')
  .transform((value) => MODES[value]!);
const input = z.strictObject({
  type: z.enum(INPUT_TYPES, `must be one of ${INPUT_TYPES.join(', ')}`),
  value: z.union([text, z.boolean().transform(String)], 'must be a text'),
  emailresponsible: flag.default(false),
});

/** The fields of a jobset in a specification (hydra-reference 6.1). */
const jobsetSchema = z.strictObject({
  enabled: mode.optional(),
  hidden: flag.optional(),
  type: z.literal([0, 1], 'must be 0 (expression) or 1 (flake)').optional(),
  flake: text.nullish(),
  description: text.nullish(),
  nixexprinput: text.nullish(),
  nixexprpath: text.nullish(),
  checkinterval: whole.optional(),
  schedulingshares: whole.optional(),
  enableemail: flag.optional(),
  enable_dynamic_run_command: flag.optional(),
  emailoverride: text.nullish(),
  keepnr: whole.optional(),
  inputs: z.record(z.string(), input).default({}),
});

const problemOf = ({ issues: [issue] }: z.ZodError): string => {
  if (issue?.code === 'unrecognized_keys') return `'${issue.keys.join("', '")}' is no field of it`;
  return `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'cannot be read'}`;
};

const defined = <T extends object>(fields: T): { [K in keyof T]?: NonNullable<T[K]> } =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== null)) as never;

/** What a specification says of one jobset. Throws `SpecificationError`. */
export const parseJobsetSpecification = (value: unknown): JobsetSpecification => {
  const parsed = jobsetSchema.safeParse(value);
  if (!parsed.success) throw new SpecificationError(problemOf(parsed.error));
  const { inputs, type, ...of } = parsed.data;
  return {
    ...defined({
      mode: of.enabled,
      hidden: of.hidden,
      type: type === undefined ? undefined : type === 1 ? ('flake' as const) : ('expression' as const),
      flake: of.flake,
      description: of.description,
      input: of.nixexprinput,
      path: of.nixexprpath,
      checkInterval: of.checkinterval,
      shares: of.schedulingshares,
      enableEmail: of.enableemail,
      enableDynamicRunCommand: of.enable_dynamic_run_command,
      emailOverride: of.emailoverride,
      keepEvaluations: of.keepnr,
    }),
    inputs: Object.fromEntries(
      Object.entries(inputs).map(([name, { type: kind, value: given, emailresponsible: emailResponsible }]) => [
        name,
        // As Hydra: white space around a value means something only in a string.
        { type: kind, value: kind === 'string' ? given : given.trim(), emailResponsible },
      ]),
    ),
  };
};

/** A specification as it was read: what it says of each jobset, or of the jobset that generates it. */
export type SpecificationFile = Readonly<{
  /** sha256 of the file */ hash: string;
  value: Readonly<Record<string, unknown>>;
}>;

/** Reads a JSON file in the store. Throws `SpecificationError`, also where a link leads out of the store. */
export const readSpecificationFile = async (storeDir: string, path: string): Promise<SpecificationFile> => {
  const file = await realpath(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') throw new SpecificationError('there is no such file');
    throw error;
  });
  if (!file.startsWith(`${await realpath(storeDir)}/`)) throw new SpecificationError('it is a link out of the store');
  const { size, ...found } = await stat(file).then((it) => ({ size: it.size, isFile: it.isFile() }));
  if (!found.isFile) throw new SpecificationError('it is no file');
  if (size > LONGEST) throw new SpecificationError(`it has ${size} bytes; at most ${LONGEST} are read`);
  const words = await readFile(file, 'utf8');
  let value: unknown;
  try {
    value = JSON.parse(words);
  } catch (error) {
    throw new SpecificationError(`it is no JSON: ${(error as Error).message}`, { cause: error });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new SpecificationError('it is no JSON object');
  return { hash: createHash('sha256').update(words).digest('hex'), value: value as Record<string, unknown> };
};
