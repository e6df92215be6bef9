import { Command } from 'commander';
import { createLogger, loadConfig, processEnvironment } from '#runtime';
import { runDemo } from '../demo/run.js';
import { lineWriter, onInterrupt } from './start.js';

const demo = async ({ verbose }: { verbose: boolean }): Promise<void> => {
  const env = processEnvironment();
  const config = loadConfig(env);
  const onLine = verbose ? lineWriter(process.stderr) : () => undefined;
  const write = (line: string): void => onLine('supervisor', line.trimEnd());
  const logger = createLogger({ app: 'supervisor', level: config.logLevel, write });
  const ending = new AbortController();
  onInterrupt(
    () => ending.abort(),
    () => process.exit(130),
  );
  const { stdout: out, stderr: err } = process;
  process.exitCode = await runDemo({ config, env, out, err, onLine, logger, signal: ending.signal });
};

export const demoCommand = (): Command =>
  new Command('demo')
    .description('a farm of its own, made anew: evaluates, builds and backs up the example release, then serves it')
    .option('--verbose', 'show the log lines of all processes', false)
    .action(demo);
