import { isIP } from 'node:net';
import { z } from 'zod';
import { parseJobPattern } from './job-pattern.js';

type CamelKey<K extends string> = K extends `${infer Head}_${infer Tail}` ? `${Head}${Capitalize<CamelKey<Tail>>}` : K;
/** The same object with its keys in camelCase: the file speaks snake_case, the code does not. */
export type Camel<T> = { readonly [K in keyof T as CamelKey<K & string>]: T[K] };

export const camelKeys = <T extends object>(value: T): Camel<T> =>
  Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
      item,
    ]),
  ) as Camel<T>;

const whole = (least: number, most: number, unit: string) => {
  const rule = `must be a whole number of ${unit} from ${least} to ${most}`;
  return z.number(rule).int(rule).min(least, rule).max(most, rule);
};
const path = () => z.string('must be a path').min(1, 'must be a path');
const texts = () => z.array(z.string('must be a text').min(1, 'must not be empty'), 'must be a list of texts');
const flag = () => z.boolean('must be true or false');

/** A regular expression that has to match the whole of `project:jobset:job`. */
const jobs = () =>
  z.string('must be a regular expression').transform((source, context) => {
    try {
      return parseJobPattern(source);
    } catch (error) {
      context.addIssue({ code: 'custom', message: (error as Error).message });
      return z.NEVER;
    }
  });

const COMPRESSIONS = ['none', 'xz', 'bzip2', 'zstd'] as const;

export const s3backupShape = {
  name: z
    .string('must be the name of a bucket')
    .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'must be the name of a bucket: 3 to 63 of a-z, 0-9, "." and "-"')
    .describe('The bucket.'),
  jobs: jobs().describe(
    'Regular expression, anchored at both ends, on `project:jobset:job`: which builds are backed up.',
  ),
  compression_type: z
    .enum(COMPRESSIONS, { error: `must be one of ${COMPRESSIONS.join(', ')}` })
    .default('bzip2')
    .describe(`How NARs are compressed: ${COMPRESSIONS.join(', ')}.`),
  prefix: z
    .string('must be a text')
    .max(512, 'must be at most 512 characters')
    .refine((text) => !text.startsWith('/'), 'must not begin with "/"')
    .default('')
    .describe('Put before every key, as it is: write the last `/` too where it is meant as a folder.'),
  endpoint: z
    .url({ protocol: /^https?$/, error: 'must be an http:// or https:// URL' })
    .optional()
    .describe('Address of the S3 service; default that of Amazon for the region.'),
  region: z.string('must be a text').min(1, 'must not be empty').optional().describe("Region; default the AWS SDK's."),
  force_path_style: flag().default(false).describe('Address the bucket by path instead of by host name.'),
  secret_key_files: texts()
    .default([])
    .describe(
      'Files with Nix signing keys (`name:base64`); each signs every narinfo. To exchange a key, add the new one, have the clients trust it, then remove the old one.',
    ),
  secret_key_file: path().optional().describe('One more such file.'),
  public: z
    .url({ protocol: /^https?$/, error: 'must be an http:// or https:// URL' })
    .optional()
    .describe('Address by which clients read the bucket under its prefix: pages show it as a substituter.'),
};

/** Two sections for one place would fight for it: with their own compression, keys and garbage collection. */
const onePlaceEach = (
  sections: readonly Readonly<{ name: string; prefix: string }>[],
  context: z.RefinementCtx,
): void => {
  const first = new Map<string, number>();
  sections.forEach(({ name, prefix }, index) => {
    const place = JSON.stringify([name, prefix]);
    const other = first.get(place);
    if (other === undefined) first.set(place, index);
    else
      context.addIssue({
        code: 'custom',
        path: [index, 'prefix'],
        message: `must not be that of s3backup[${other}], which names the same bucket: join their \`jobs\` with "|", or use another prefix`,
      });
  });
};

const optionValue = z.union(
  [z.string(), z.number(), z.boolean(), z.array(z.string())],
  'must be a text, number, flag or list of texts',
);

export const nixShape = {
  options: z
    .record(z.string(), optionValue, 'must be a table')
    .default({})
    .describe('Settings of Nix for everything we run, as in `nix.conf`.'),
  substituters: texts()
    .default([])
    .describe('Caches that Nix may substitute from. None by default: an unreachable one costs seconds per process.'),
  trusted_public_keys: texts().default([]).describe('Keys of those caches.'),
  store_dir: path().optional().describe('The store; default `NIX_STORE_DIR`, else what Nix was built with.'),
  state_dir: path().optional().describe("Nix's state; default `NIX_STATE_DIR`, else what Nix was built with."),
  log_dir: path().optional().describe("Nix's own logs; default `NIX_LOG_DIR`, else what Nix was built with."),
  allow_import_from_derivation: flag().default(false).describe('Whether an evaluation may build.'),
  path_input_cache_validity_seconds: whole(0, 86_400, 'seconds')
    .default(30)
    .describe('How long a `path` input is taken as unchanged.'),
};

export const evaluatorShape = {
  max_concurrent_evals: whole(1, 256, 'evaluations').default(4).describe('Evaluations at once.'),
  workers: whole(1, 256, 'processes').default(1).describe('Evaluator processes of one evaluation.'),
  max_memory_size: whole(64, 1_048_576, 'MiB')
    .default(4096)
    .describe('An evaluator process that grows past this many MiB is restarted.'),
  timeout: whole(1, 604_800, 'seconds')
    .default(3600)
    .describe('An evaluation that takes longer, in seconds, is an error.'),
};

const section = <S extends z.ZodRawShape>(shape: S) =>
  z.strictObject(shape, { error: sectionRule }).transform(camelKeys<z.output<z.ZodObject<S>>>);
/** Leaves the text on unknown keys to `problemsOf`. */
const sectionRule = (issue: { code?: string }): string | undefined =>
  issue.code === 'invalid_type' ? 'must be a table' : undefined;

const repeatShape = {
  jobset: z.string('must be `project:jobset`').regex(/^[^:\s]+:[^:\s]+$/, 'must be `project:jobset`'),
  times: whole(1, 100, 'times'),
};

export const queueRunnerShape = {
  machines_file: z
    .union([path(), z.array(path())], 'must be a path or a list of paths')
    .default([])
    .describe(
      "Build machines, in the format of Nix's machines file (or several): those that they name take part, and this host only where a line says `localhost`. Read again on every change. None by default: this host. See machines.md.",
    ),
  max_log_size: whole(0, 1_099_511_627_776, 'bytes')
    .default(64 * 1024 * 1024)
    .describe('A step whose log grows past this many bytes fails.'),
  max_output_size: whole(0, Number.MAX_SAFE_INTEGER, 'bytes')
    .default(2 * 1024 ** 3)
    .describe('A step whose outputs are larger, in bytes of NAR, fails; 0 for no limit.'),
  max_retries: whole(1, 100, 'attempts')
    .default(5)
    .describe('Attempts at a step in all, the first one included, while it fails through no fault of its own.'),
  retry_interval: whole(0, 86_400, 'seconds').default(60).describe('Wait before the first retry, in seconds.'),
  retry_backoff: z
    .number('must be a number from 1 to 10')
    .min(1, 'must be a number from 1 to 10')
    .max(10, 'must be a number from 1 to 10')
    .default(3)
    .describe('Each further wait is this many times longer.'),
  max_unsupported_time: whole(0, 31_536_000, 'seconds')
    .default(120)
    .describe('A step that no known machine can build fails after so many seconds.'),
  repeats: z
    .array(section(repeatShape), 'must be a list of tables')
    .default([])
    .describe(
      'Jobsets whose steps this host builds again to see whether they always give the same, as `{ jobset = "p:j", times = 1 }`; a derivation can ask for it with `isDeterministic = true`.',
    ),
};

export const eventStoreShape = {
  state_cache_size: whole(0, 1_048_576, 'MiB')
    .default(256)
    .describe(
      'What each process keeps of long histories that it read, at most, in MiB, so that it need not read them whole each time; 0 keeps nothing.',
    ),
};

export const logShape = {
  dir: path().optional().describe('Folder of the build logs; default `logs` in the data folder.'),
};

const POLICIES = ['window', 'hydra', 'clamped'] as const;

export const schedulerShape = {
  window_hours: whole(1, 8760, 'hours')
    .default(24)
    .describe("Machine time of the last so many hours counts against a jobset's share."),
  policy: z
    .enum(POLICIES, { error: `must be one of ${POLICIES.join(', ')}` })
    .transform((name) => (name === 'hydra' ? 'window' : name))
    .default('window')
    .describe(
      'What ranks jobsets: `window` (also `hydra`), all that they used of late; `clamped`, the same with a bound on the credit for idleness.',
    ),
  clamp_credit_minutes: whole(0, 525_600, 'minutes')
    .default(60)
    .describe('Under `clamped`: most credit for idleness, in minutes of machine time at 100 shares.'),
};

/** An address, or a block of them as `10.0.0.0/8`. */
const isAddressBlock = (text: string): boolean => {
  const [address = '', bits, ...more] = text.split('/');
  const version = isIP(address);
  if (version === 0 || more.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128));
};

export const webShape = {
  base_url: z
    .url({ protocol: /^https?$/, error: 'must be an http:// or https:// URL' })
    .optional()
    .describe('Address by which people reach the dashboard; default from host and port.'),
  trusted_proxies: z
    .array(
      z.string('must be a text').refine(isAddressBlock, 'must be an address or a block such as 10.0.0.0/8'),
      'must be a list of texts',
    )
    .default([])
    .describe(
      'Addresses or blocks of the reverse proxies in front: what they say in `X-Forwarded-For` is taken as the address that logins are throttled by. None by default: the header is not heeded.',
    ),
  require_reason: z
    .boolean('must be true or false')
    .default(false)
    .describe('Whether every command by REST and form must say why, in `reason`; pushes need not.'),
};

export const binaryCacheShape = {
  enabled: flag()
    .default(true)
    .describe('Whether the store of the API’s host can be substituted from, by everybody who reaches the dashboard.'),
  secret_key_files: texts()
    .default([])
    .describe('Files with Nix signing keys (`name:base64`), which the API can read; each signs every narinfo.'),
  secret_key_file: path().optional().describe('One more such file.'),
};

/** Of one forge, `[webhooks.NAME]`. */
export const webhookShape = {
  secret_files: texts()
    .default([])
    .describe(
      'Files that hold a secret each, as it was given to the forge; a push signed with any of them counts. To exchange a secret, add the new one, give it to the forge, then remove the old one.',
    ),
  secret_file: path().optional().describe('One more such file. With none at all, every push is refused.'),
};

export const topShape = {
  gc_roots_dir: path().optional().describe("Folder of the GC roots; default `gcroots/iolaus` in Nix's state."),
};

/** The whole file. Paths are taken from the folder of the file (see `load.ts`). */
export const fileSchema = z.strictObject({
  ...topShape,
  s3backup: z.array(section(s3backupShape), 'must be written [[s3backup]]').superRefine(onePlaceEach).default([]),
  nix: section(nixShape).prefault({}),
  evaluator: section(evaluatorShape).prefault({}),
  queue_runner: section(queueRunnerShape).prefault({}),
  event_store: section(eventStoreShape).prefault({}),
  log: section(logShape).prefault({}),
  scheduler: section(schedulerShape).prefault({}),
  web: section(webShape).prefault({}),
  binary_cache: section(binaryCacheShape).prefault({}),
  webhooks: section({
    github: section(webhookShape).prefault({}),
    gitea: section(webhookShape).prefault({}),
  }).prefault({}),
});
