import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parse, TomlError } from 'smol-toml';
import type { z } from 'zod';
import { environmentSchema, ourVariables } from './environment.js';
import { fileSchema } from './file.js';
import { ConfigError, problemsOf } from './problems.js';

type FileConfig = z.output<typeof fileSchema>;
export type S3BackupConfig = Omit<FileConfig['s3backup'][number], 'secretKeyFile'>;
export type NixConfig = FileConfig['nix'];

/** Everything that can be configured, checked, with defaults filled in and every path absolute. */
export type Config = Readonly<{
  dataDir: string;
  /** The TOML file that was read or would have been. */
  configFile: string;
  host: string;
  /** 0: any free port. */
  port: number;
  /** Undefined only in the supervisor, which then runs a PostgreSQL of its own and tells the apps. */
  databaseUrl: string | undefined;
  /** `esdb://...`; undefined: PostgreSQL is the event log. */
  eventStoreUrl: string | undefined;
  slots: number;
  adminPassword: string | undefined;
  logLevel: z.output<typeof environmentSchema>['IOLAUS_LOG_LEVEL'];
  s3backup: readonly S3BackupConfig[];
  nix: NixConfig;
  evaluator: FileConfig['evaluator'];
  queueRunner: Omit<FileConfig['queue_runner'], 'machinesFile'> & Readonly<{ machinesFiles: readonly string[] }>;
  eventStore: FileConfig['event_store'];
  log: Readonly<{ dir: string }>;
  /** Undefined: `gcroots/iolaus` in the state folder of Nix. */
  gcRootsDir: string | undefined;
  scheduler: FileConfig['scheduler'];
  /** `baseUrl` has no `/` at its end. */
  web: Readonly<{ baseUrl: string; trustedProxies: readonly string[]; requireReason: boolean }>;
  /** The API's own store as a binary cache. */
  binaryCache: Readonly<{
    enabled: boolean;
    secretKeyFiles: readonly string[];
  }>;
  /** By forge: the files of the secrets that pushes may be signed with. */
  webhooks: Readonly<Record<'github' | 'gitea', Readonly<{ secretFiles: readonly string[] }>>>;
}>;

const readToml = (file: string, mustExist: boolean): unknown => {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' && !mustExist) return {};
    throw new ConfigError([
      { key: file, rule: code === 'ENOENT' ? 'there is no such file' : `cannot be read (${code})` },
    ]);
  }
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const rule = error.message.split('\n')[0]?.replace(/^Invalid TOML document: /, '') ?? '';
    throw new ConfigError([{ key: `${file}:${error.line}:${error.column}`, rule: `is not TOML: ${rule}` }]);
  }
};

/** A host as it stands in a URL: where everything is listened to, people come by loopback; IPv6 in brackets. */
const urlHost = (host: string): string => {
  if (host === '0.0.0.0' || host === '::') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
};

/**
 * Reads environment and file. Relative paths are taken from the working directory in the environment, and from the
 * file's own folder in the file. Throws `ConfigError`, which names every problem of the environment or of the file.
 */
export const loadConfig = (env: NodeJS.ProcessEnv = process.env): Config => {
  const variables = environmentSchema.safeParse(ourVariables(env));
  if (!variables.success) throw new ConfigError(problemsOf(variables.error, (path) => path));
  const set = variables.data;
  const dataDir = resolve(set.IOLAUS_DATA_DIR);
  const configFile = resolve(set.IOLAUS_CONFIG ?? join(dataDir, 'iolaus.toml'));
  const parsed = fileSchema.safeParse(readToml(configFile, set.IOLAUS_CONFIG !== undefined));
  if (!parsed.success) throw new ConfigError(problemsOf(parsed.error, (path) => `${configFile}: ${path}`));
  const { s3backup, log, queue_runner, event_store, gc_roots_dir, web, webhooks, binary_cache, ...rest } = parsed.data;
  const { machinesFile, ...queueRunner } = queue_runner;
  const at = (path: string): string => resolve(dirname(configFile), path);
  const secrets = ({ secretFiles, secretFile }: FileConfig['webhooks']['github']) => ({
    secretFiles: [...secretFiles, ...(secretFile ? [secretFile] : [])].map(at),
  });
  const keys = ({
    secretKeyFiles,
    secretKeyFile,
  }: Pick<FileConfig['binary_cache'], 'secretKeyFile' | 'secretKeyFiles'>) =>
    [...secretKeyFiles, ...(secretKeyFile ? [secretKeyFile] : [])].map(at);
  const optional = (path: string | undefined): string | undefined => (path ? at(path) : undefined);
  return {
    dataDir,
    configFile,
    host: set.IOLAUS_HOST,
    port: set.IOLAUS_PORT,
    databaseUrl: set.IOLAUS_DATABASE_URL,
    eventStoreUrl: set.IOLAUS_EVENTSTORE_URL,
    slots: set.IOLAUS_SLOTS ?? availableParallelism(),
    adminPassword: set.IOLAUS_ADMIN_PASSWORD,
    logLevel: set.IOLAUS_LOG_LEVEL,
    ...rest,
    nix: {
      ...rest.nix,
      storeDir: optional(rest.nix.storeDir) ?? env['NIX_STORE_DIR'],
      stateDir: optional(rest.nix.stateDir) ?? env['NIX_STATE_DIR'],
      logDir: optional(rest.nix.logDir) ?? env['NIX_LOG_DIR'],
    },
    s3backup: s3backup.map(({ secretKeyFile, secretKeyFiles, ...section }) => ({
      ...section,
      secretKeyFiles: keys({ secretKeyFile, secretKeyFiles }),
    })),
    queueRunner: { ...queueRunner, machinesFiles: [machinesFile].flat().map(at) },
    eventStore: event_store,
    log: { dir: optional(log.dir) ?? join(dataDir, 'logs') },
    gcRootsDir: optional(gc_roots_dir),
    binaryCache: {
      enabled: binary_cache.enabled,
      secretKeyFiles: keys(binary_cache),
    },
    webhooks: { github: secrets(webhooks.github), gitea: secrets(webhooks.gitea) },
    web: {
      ...web,
      baseUrl: (web.baseUrl ?? `http://${urlHost(set.IOLAUS_HOST)}:${set.IOLAUS_PORT}`).replace(/\/+$/, ''),
    },
  };
};

/** As `loadConfig`; on a bad configuration prints its problems to standard error and exits with code 2. */
export const loadConfigOrExit = (env: NodeJS.ProcessEnv = process.env): Config => {
  try {
    return loadConfig(env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`The configuration cannot be used:\n${error.message.replace(/^/gm, '  ')}\n`);
    process.exit(2);
  }
};

/** The PostgreSQL to use. Throws `ConfigError` in a process that was started without the supervisor and has none. */
export const requireDatabaseUrl = (config: Config): string => {
  if (config.databaseUrl) return config.databaseUrl;
  throw new ConfigError([
    { key: 'IOLAUS_DATABASE_URL', rule: 'must be set where the supervisor does not run the database' },
  ]);
};

/** A copy of the whole environment, for the supervisor, which hands it on to the apps. */
export const processEnvironment = (): NodeJS.ProcessEnv => ({ ...process.env });

/** Sets variables of this process, for libraries that read them by themselves, as the AWS SDK does its credentials. */
export const setEnvironment = (variables: Readonly<Record<string, string>>): void => {
  Object.assign(process.env, variables);
};

/** The environment for programs we run: all of ours but the `IOLAUS_` variables, which may be secret. */
export const childEnvironment = (env: NodeJS.ProcessEnv = process.env): Record<string, string> =>
  Object.fromEntries(
    Object.entries(env).filter(
      (entry): entry is [string, string] => !entry[0].startsWith('IOLAUS_') && entry[1] !== undefined,
    ),
  );
