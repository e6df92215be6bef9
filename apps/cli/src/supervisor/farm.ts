import { fileURLToPath } from 'node:url';
import { createLogger, loadConfig, systemClock } from '#runtime';
import type { Clock, Config, Logger } from '#runtime';
import { startProgram } from './app.js';
import type { LineListener, Program } from './app.js';
import { startEmbedded } from './embedded.js';
import { keepAlive } from './keep-alive.js';
import type { Kept } from './keep-alive.js';
import { endLeftovers } from './leftovers.js';
import { lockDataDir } from './lock.js';
import { pidFiles } from './pid-files.js';
import { freePort, portIsFree } from './ports.js';
import { waitUntilReady } from './ready.js';

/** The apps have 10 s for their own shutdown; PostgreSQL writes a checkpoint. */
const APP_GRACE_MS = 12_000;
const POSTGRES_GRACE_MS = 20_000;
/** The exit code of a program that cannot use its configuration: starting it again would not help. */
const BAD_CONFIG = 2;

export type FarmOptions = Readonly<{
  /** The whole environment of the farm; `IOLAUS_DATA_DIR` and the others in it count as always. */
  env: NodeJS.ProcessEnv;
  /** Default: the three apps as compiled to dist/. */
  programs?: readonly Program[];
  /** Ends the start while it is under way (`stop` ends a farm that is up). */
  signal?: AbortSignal;
  /** Hears every line that a process prints. */
  onLine?: LineListener;
  logger?: Logger;
  clock?: Clock;
  /** How long the farm may take until it is healthy, in milliseconds; default 120 000. */
  readyTimeoutMs?: number;
  /** Settings of the embedded PostgreSQL, over its own. */
  postgresSettings?: Readonly<Record<string, string>>;
  /** See `placeOf`. */
  postgresElsewhere?: string;
}>;

/** A running farm. */
export type Farm = Readonly<{
  /** Of the dashboard and the API, without `/` at its end. */
  url: string;
  databaseUrl: string;
  config: Config;
  /** Number of every process that runs just now, by name: `postgres`, `api`, `projector`, `worker`. */
  pids: () => Readonly<Record<string, number>>;
  /** True when `/healthz` answered 200; false when it did not in time or the farm was stopped before. */
  ready: Promise<boolean>;
  /** Stops the apps, then PostgreSQL. Once; later calls wait for the same end. */
  stop: () => Promise<void>;
  /** Kills everything at once. `stop` then ends soon. */
  kill: () => void;
  /** Resolves with an exit code when the farm has ended: 0 after `stop`, 2 when an app refused its configuration. */
  ended: Promise<number>;
}>;

/** The three apps, in the order of their start. */
export const apps = (): Program[] =>
  ['projector', 'worker', 'api'].map((name) => ({
    name,
    // From apps/cli/src/supervisor/ to apps/NAME/src/, the same in dist/ as in the sources.
    args: [fileURLToPath(new URL(`../../../${name}/src/main.js`, import.meta.url))],
  }));

/** Where nobody said otherwise every app gets the port, the database and the folders as the supervisor understood them. */
const environmentOf = (env: NodeJS.ProcessEnv, config: Config, databaseUrl: string): NodeJS.ProcessEnv => ({
  // The AWS SDK's word on the version of Node is for us, not for operators.
  AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
  ...env,
  IOLAUS_DATA_DIR: config.dataDir,
  IOLAUS_HOST: config.host,
  IOLAUS_PORT: String(config.port),
  IOLAUS_DATABASE_URL: databaseUrl,
});

/** Where this host reaches the API. */
const localUrl = ({ host, port }: Config): string => {
  const wildcards: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };
  const address = wildcards[host] ?? host;
  return `http://${address.includes(':') ? `[${address}]` : address}:${port}`;
};

/** Port 0 is resolved here, so that an API that is started again comes back to the same address. */
const withPort = (env: NodeJS.ProcessEnv, port: number): Config => loadConfig({ ...env, IOLAUS_PORT: String(port) });

/**
 * Brings up the embedded PostgreSQL, unless another is configured, and the apps; restarts whichever dies. Resolves when
 * all are started: `ready` tells when they serve. Throws `ConfigError`, `DataDirLockedError`, or an error that says why
 * the database or the port cannot be had; then nothing is left running.
 */
export const startFarm = async (options: FarmOptions): Promise<Farm> => {
  const { env, programs = apps(), onLine = () => undefined, clock = systemClock, readyTimeoutMs = 120_000 } = options;
  const asked = loadConfig(env);
  const config = asked.port === 0 ? withPort(env, await freePort(asked.host)) : asked;
  const logger = options.logger ?? createLogger({ app: 'supervisor', level: config.logLevel });
  const unlock = await lockDataDir(config.dataDir);
  const pids = pidFiles(config.dataDir);
  const stopping = new AbortController();
  let kept: Kept[] = [];
  let postgres: Kept | undefined;
  let finish: (code: number) => void = () => undefined;
  const ended = new Promise<number>((resolve) => {
    finish = resolve;
  });

  const stopAll = async (code: number): Promise<void> => {
    stopping.abort();
    await Promise.all(kept.map((program) => program.stop(APP_GRACE_MS)));
    await postgres?.stop(POSTGRES_GRACE_MS);
    for (const { name } of [...kept, ...(postgres ? [postgres] : [])]) pids.remove(name);
    unlock();
    finish(code);
  };
  let stopped: Promise<void> | undefined;
  const stop = (code = 0): Promise<void> => (stopped ??= stopAll(code));

  const url = localUrl(config);

  try {
    await endLeftovers(programs, pids, logger);
    if (!(await portIsFree(config.host, config.port))) {
      throw new Error(`port ${config.port} of ${config.host} is in use: stop what uses it, or set IOLAUS_PORT`);
    }
    let { databaseUrl } = config;
    if (databaseUrl === undefined) {
      const { postgresSettings: settings, postgresElsewhere: elsewhere } = options;
      const embedded = await startEmbedded({
        dataDir: config.dataDir,
        clock,
        logger,
        pids,
        signal: options.signal ?? stopping.signal,
        ...(settings ? { settings } : {}),
        ...(elsewhere ? { elsewhere } : {}),
      });
      postgres = embedded.kept;
      databaseUrl = embedded.url;
    }
    if (options.signal?.aborted) throw new Error('stopped before it was up');
    const appEnv = environmentOf(env, config, databaseUrl);
    kept = programs.map((program) =>
      keepAlive({
        name: program.name,
        clock,
        logger,
        start: () => startProgram(program, appEnv, onLine),
        onStart: (running) => {
          const pid = running.pid();
          if (pid !== undefined) pids.write(program.name, pid);
        },
        onExit: ({ code }) => {
          pids.remove(program.name);
          if (code === BAD_CONFIG) void stop(BAD_CONFIG);
          return code === BAD_CONFIG;
        },
      }),
    );
    const processes = [...(postgres ? [postgres] : []), ...kept];
    const ready = waitUntilReady({
      url: `${url}/healthz`,
      clock,
      signal: stopping.signal,
      timeoutMs: readyTimeoutMs,
      onWaiting: (text) => logger.info({ health: text }, 'still starting'),
    });
    return {
      url,
      databaseUrl,
      config,
      pids: () =>
        Object.fromEntries(
          processes.flatMap(({ name, current }) => {
            const pid = current()?.pid();
            return pid === undefined ? [] : [[name, pid]];
          }),
        ),
      ready,
      stop: () => stop(),
      kill: () => processes.forEach((program) => program.kill()),
      ended,
    };
  } catch (error) {
    await stop(1);
    throw error;
  }
};
