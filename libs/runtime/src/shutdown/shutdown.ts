import type { Logger } from '../logging/logger.js';

/** The orderly end of a process. */
export type Shutdown = Readonly<{
  /** Aborted as soon as the end begins: loops and waits hang on it. */
  signal: AbortSignal;
  /** Registers what must be closed. Closers run one by one, the last registered first. */
  onClose: (name: string, close: () => void | Promise<void>) => void;
  /** Begins the end, once; later calls wait for the same end. Exit code 0 unless given, 1 when a closer failed or overran. */
  end: (reason: string, exitCode?: number) => Promise<void>;
}>;

export type ShutdownOptions = Readonly<{
  logger: Logger;
  /** All closers together may take this long, in milliseconds; then the process exits with code 1. Default 10 000. */
  deadlineMs?: number;
  /** Where signals come from and how to exit; default this process. */
  process?: Pick<NodeJS.Process, 'on' | 'exit'>;
}>;

/** Listens to SIGTERM and SIGINT: the first begins the orderly end, the second exits at once with code 130. */
export const createShutdown = (options: ShutdownOptions): Shutdown => {
  const { logger, deadlineMs = 10_000, process: host = process } = options;
  const controller = new AbortController();
  const closers: { name: string; close: () => void | Promise<void> }[] = [];
  let ending: Promise<void> | undefined;

  const closeAll = async (): Promise<boolean> => {
    let clean = true;
    for (let closer = closers.pop(); closer; closer = closers.pop()) {
      try {
        await closer.close();
      } catch (error) {
        clean = false;
        logger.error({ err: error, closer: closer.name }, 'could not close');
      }
    }
    return clean;
  };

  const run = async (reason: string, exitCode: number): Promise<void> => {
    logger.info({ reason }, 'shutting down');
    controller.abort();
    const timer = setTimeout(() => {
      logger.error({ deadlineMs, waitingFor: closers.map(({ name }) => name) }, 'shutdown overran its deadline');
      host.exit(1);
    }, deadlineMs);
    const clean = await closeAll();
    clearTimeout(timer);
    logger.info({ clean }, 'shut down');
    host.exit(clean ? exitCode : 1);
  };

  const end = (reason: string, exitCode = 0): Promise<void> => (ending ??= run(reason, exitCode));
  for (const name of ['SIGTERM', 'SIGINT'] as const) {
    host.on(name, () => (ending ? host.exit(130) : void end(name)));
  }
  return { signal: controller.signal, onClose: (name, close) => void closers.push({ name, close }), end };
};
