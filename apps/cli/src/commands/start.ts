import { Command } from 'commander';
import { createLogger, loadConfig, processEnvironment, systemClock } from '#runtime';
import { startFarm } from '../supervisor/farm.js';
import { forLog, forTerminal } from '../supervisor/lines.js';

/** Shows lines of every process: for people on a terminal, as JSON everywhere else. */
export const lineWriter = (stream: NodeJS.WriteStream) => (name: string, line: string) =>
  void stream.write(stream.isTTY ? forTerminal(name, line) : forLog(name, line, systemClock.iso()));

/** Ctrl-C or SIGTERM once: stop in order. Twice: kill. */
export const onInterrupt = (stop: () => void, kill: () => void): void => {
  let asked = false;
  const interrupt = (): void => {
    if (asked) kill();
    else stop();
    asked = true;
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
};

const start = async (): Promise<void> => {
  const env = processEnvironment();
  const { logLevel } = loadConfig(env);
  const onLine = lineWriter(process.stdout);
  const write = (line: string): void => onLine('supervisor', line.trimEnd());
  const logger = createLogger({ app: 'supervisor', level: logLevel, write });
  const starting = new AbortController();
  let stop = (): void => starting.abort();
  let kill = (): void => process.exit(130);
  onInterrupt(
    () => stop(),
    () => kill(),
  );

  const farm = await startFarm({ env, logger, onLine, signal: starting.signal, readyTimeoutMs: Infinity });
  stop = () => {
    logger.info('stopping; once more kills');
    void farm.stop();
  };
  kill = () => farm.kill();
  if (starting.signal.aborted) stop();
  if (await farm.ready) process.stdout.write(`Iolaus is up: ${farm.config.web.baseUrl}\n`);
  process.exitCode = await farm.ended;
};

export const startCommand = (): Command =>
  new Command('start')
    .description('run everything: the database, unless another is configured, and the three apps; Ctrl-C stops it')
    .action(start);
