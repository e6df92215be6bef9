import { z } from 'zod';
import { type InputType, INPUT_TYPES, type JobsetConfiguration, type JobsetInput, type JobsetMode } from '#domain';
import type { JobsetView } from '#read-model';
import { commandDoor, door } from '../http/door.js';
import { badInput } from '../http/problem.js';
import { momentParam } from '../scheduler/moment.js';
import { nameParam, pageParam, text } from '../http/text.js';
import { flag, seconds } from '../http/hydra.js';

/** Hydra's `enabled`, by its number. */
const MODES: readonly JobsetMode[] = ['disabled', 'enabled', 'one-shot', 'one-at-a-time'];

const jobsetParams = { project: nameParam, jobset: nameParam };
export const jobsetDoor = door({ params: jobsetParams });
export const jobsetPageDoor = door({ params: jobsetParams, query: { page: pageParam } });
export const jobsetAtDoor = door({ params: jobsetParams, query: { page: pageParam, at: momentParam } });
export const deleteJobsetDoor = commandDoor({ params: jobsetParams });

/** A whole number; also as text, which Hydra's forms send. Its bounds are the domain's. */
const whole = (rule: string) =>
  z
    .union(
      [
        z.number(),
        z
          .string()
          .regex(/^-?\d{1,15}$/)
          .transform(Number),
      ],
      rule,
    )
    .refine((value) => Number.isSafeInteger(value), rule);

const inputSchema = z.strictObject(
  {
    name: text(255).optional(),
    type: z.enum(INPUT_TYPES, `must be one of ${INPUT_TYPES.join(', ')}`),
    value: z.union([text(65_536), z.boolean().transform(String)], 'must be a text of at most 65536 characters'),
    emailresponsible: flag().default(false),
  },
  { error: (issue) => (issue.code === 'invalid_type' ? 'must be an object with type and value' : undefined) },
);

/** What a GET tells beside the configuration: a client may send back all that it got, and nothing comes of these. */
const told = z.unknown().optional().meta({ description: 'Of a GET; ignored', readOnly: true });
const TOLD = {
  errormsg: told,
  errortime: told,
  fetcherrormsg: told,
  lastcheckedtime: told,
  triggertime: told,
  starttime: told,
  // As Hydra's own document spells it.
  startime: told,
};

/**
 * `PUT /jobset/P/J`. The whole configuration is replaced, inputs included; what is left out takes its default: `type` 1 where
 * `flake` is set, else 0; `enabled` 1, `visible` true, `checkinterval` 300 (seconds; 0: never polled), `schedulingshares` 100,
 * `keepnr` 3, `enableemail` and `enable_dynamic_run_command` false, texts empty, `inputs` none.
 */
export const putJobsetDoor = commandDoor({
  params: jobsetParams,
  body: {
    name: text(255).optional(),
    project: text(255).optional(),
    description: text(10_000).nullish(),
    nixexprinput: text(255).nullish(),
    nixexprpath: text(4096).nullish(),
    flake: text(65_536).nullish(),
    type: whole('must be 0 (expression) or 1 (flake)')
      .refine((value) => value === 0 || value === 1, 'must be 0 (expression) or 1 (flake)')
      .optional(),
    enabled: whole('must be 0, 1, 2 or 3')
      .refine((value) => value >= 0 && value <= 3, 'must be 0, 1, 2 or 3')
      .default(1),
    visible: flag().default(true),
    checkinterval: whole('must be a whole number of seconds').default(300),
    schedulingshares: whole('must be a whole number over 0').default(100),
    keepnr: whole('must be a whole number').default(3),
    enableemail: flag().default(false),
    emailoverride: text(10_000).nullish(),
    enable_dynamic_run_command: flag().default(false),
    /** of a new jobset: that it is a clone, and of what; the revision is that of the source's stream */
    clonedfrom: z
      .strictObject({ project: text(255), jobset: text(255), revision: whole('must be a revision').optional() })
      .optional(),
    inputs: z.record(z.string(), inputSchema, 'must be an object: input name to type and value').default({}),
    ...TOLD,
  },
});

export type JobsetBody = z.output<typeof putJobsetDoor.body>;
type Body = JobsetBody;

/** The errors of a jobset in one text, as Hydra has them: of the whole, else of each job that could not be evaluated. */
export const errorsText = (whole: string | null, errors: readonly { job: string; message: string }[]): string =>
  whole ?? errors.map(({ job, message }) => `in job '${job}':\n${message}`).join('\n\n');

const sourceOf = ({ type, flake, nixexprinput, nixexprpath }: Body): JobsetConfiguration['source'] => {
  const refuse = (field: string, rule: string): never => {
    throw badInput(field, rule);
  };
  if ((type ?? (flake ? 1 : 0)) === 1) {
    if (nixexprinput) refuse('nixexprinput', 'must be left out where type is 1 (flake)');
    if (nixexprpath) refuse('nixexprpath', 'must be left out where type is 1 (flake)');
    return flake ? { type: 'flake', url: flake } : refuse('flake', 'is required where type is 1');
  }
  if (flake) refuse('flake', 'must be left out where type is 0 (expression)');
  if (!nixexprinput) return refuse('nixexprinput', 'is required where type is 0');
  if (!nixexprpath) return refuse('nixexprpath', 'is required where type is 0');
  return { type: 'expression', input: nixexprinput, path: nixexprpath };
};

const inputOf = (name: string, input: Body['inputs'][string]): JobsetInput => {
  if (input.name !== undefined && input.name !== name)
    throw badInput(`inputs.${name}.name`, `must be '${name}' or left out`);
  const type: InputType = input.type;
  // As Hydra: white space around a value means something only in a string.
  return {
    type,
    value: type === 'string' ? input.value : input.value.trim(),
    emailResponsible: input.emailresponsible,
  };
};

/** What a PUT asks for. Throws a `Problem` where its fields do not fit together; the domain checks the rest. */
export const jobsetConfigurationOf = (body: Body): JobsetConfiguration => ({
  description: body.description ?? '',
  mode: MODES[body.enabled]!,
  hidden: !body.visible,
  source: sourceOf(body),
  checkInterval: body.checkinterval,
  shares: body.schedulingshares,
  keepEvaluations: body.keepnr,
  enableEmail: body.enableemail,
  emailOverride: body.emailoverride ?? '',
  enableDynamicRunCommand: body.enable_dynamic_run_command,
  inputs: Object.fromEntries(Object.entries(body.inputs).map(([name, input]) => [name, inputOf(name, input)])),
});

/** All that can be set about a jobset, in the fields of a PUT. */
export const configurationJson = (of: JobsetConfiguration): Record<string, unknown> => ({
  description: of.description,
  nixexprinput: of.source.type === 'expression' ? of.source.input : '',
  nixexprpath: of.source.type === 'expression' ? of.source.path : '',
  flake: of.source.type === 'flake' ? of.source.url : '',
  type: of.source.type === 'flake' ? 1 : 0,
  enabled: MODES.indexOf(of.mode),
  visible: !of.hidden,
  checkinterval: of.checkInterval,
  schedulingshares: of.shares,
  keepnr: of.keepEvaluations,
  enableemail: of.enableEmail,
  emailoverride: of.emailOverride,
  enable_dynamic_run_command: of.enableDynamicRunCommand,
  inputs: Object.fromEntries(
    Object.entries(of.inputs).map(([name, { type, value, emailResponsible }]) => [
      name,
      { name, type, value, emailresponsible: emailResponsible },
    ]),
  ),
});

/** Hydra's Jobset. */
export const jobsetJson = (jobset: JobsetView): Record<string, unknown> => ({
  name: jobset.name,
  project: jobset.project,
  ...configurationJson(jobset),
  errormsg: jobset.errorMsg ?? '',
  errortime: seconds(jobset.errorTimeMs),
  fetcherrormsg: jobset.fetchErrorMsg ?? '',
  lastcheckedtime: seconds(jobset.lastCheckedAtMs),
  triggertime: seconds(jobset.triggerAtMs),
  starttime: seconds(jobset.runningSinceMs),
});
