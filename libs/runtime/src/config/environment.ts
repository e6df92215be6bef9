import { z } from 'zod';
import { LOG_LEVELS } from '../logging/logger.js';

const integer = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, `must be a whole number from ${least} to ${most}`)
    .transform(Number)
    .refine((value) => value >= least && value <= most, `must be a whole number from ${least} to ${most}`);

const url = (schemes: readonly string[]) =>
  z
    .string()
    .refine(
      (text) => URL.canParse(text) && schemes.some((scheme) => text.startsWith(`${scheme}://`)),
      `must be a URL that starts with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}`,
    );

const text = (rule: string) => z.string().min(1, rule);

/** Every variable of the environment that Iolaus reads. An empty one counts as not set. */
export const environmentShape = {
  IOLAUS_DATA_DIR: text('must be a path').default('./data').describe('Folder of everything Iolaus keeps on this host.'),
  IOLAUS_CONFIG: text('must be a path')
    .optional()
    .describe('The TOML file; default `iolaus.toml` in the data folder, which may be absent.'),
  IOLAUS_HOST: text('must be an address')
    .default('127.0.0.1')
    .describe('Address that the dashboard and the API listen on.'),
  IOLAUS_PORT: integer(0, 65_535).default(3000).describe('Port of the dashboard and the API; 0 takes a free one.'),
  IOLAUS_DATABASE_URL: url(['postgres', 'postgresql'])
    .optional()
    .describe(
      'PostgreSQL 15 or later, `postgres://user:password@host/database`; default an embedded one in the data folder.',
    ),
  IOLAUS_EVENTSTORE_URL: url(['esdb', 'esdb+discover'])
    .optional()
    .describe('EventStoreDB, `esdb://host:2113?tls=false`, as the event log; default the PostgreSQL.'),
  IOLAUS_SLOTS: integer(1, 1024).optional().describe('Builds that run at once on this host; default its cores.'),
  IOLAUS_ADMIN_PASSWORD: text('must not be empty')
    .optional()
    .describe('Password of `admin`, used by the first start only; default one is generated and printed once.'),
  IOLAUS_LOG_LEVEL: z
    .enum(LOG_LEVELS, { error: `must be one of ${LOG_LEVELS.join(', ')}` })
    .default('info')
    .describe(`Least level of log lines: ${LOG_LEVELS.join(', ')}.`),
};

/** Unknown variables of ours stop the start too: a misspelt one would silently keep its default. */
export const environmentSchema = z.strictObject(environmentShape);

/** Ours out of all variables. `IOLAUS_TEST_*` and `IOLAUS_BENCH_*` steer tests and benchmarks, not the farm. */
export const ourVariables = (env: NodeJS.ProcessEnv): Record<string, string> =>
  Object.fromEntries(
    Object.entries(env).filter(
      (entry): entry is [string, string] =>
        entry[0].startsWith('IOLAUS_') &&
        !/^IOLAUS_(TEST|BENCH)_/.test(entry[0]) &&
        entry[1] !== undefined &&
        entry[1] !== '',
    ),
  );
