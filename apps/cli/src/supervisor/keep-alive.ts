import { backOff, sleep } from '#runtime';
import type { Clock, Logger } from '#runtime';
import type { Exit, Running } from './running.js';

/** The first restart is quick, because most deaths are accidents; a process that dies again and again waits longer. */
const RESTART = { firstMs: 100, factor: 2, maxMs: 10_000, jitter: 0 };
/** A process that lived this long was up and working: it starts again with the quick restart. */
const HEALTHY_MS = 5_000;

export type KeepAliveOptions = Readonly<{
  name: string;
  start: () => Running | Promise<Running>;
  clock: Clock;
  logger: Logger;
  /** Hears of every start. */
  onStart?: (running: Running) => void;
  /** Hears of every end that was not asked for, before the restart; true: do not start again. */
  onExit?: (exit: Exit) => boolean;
}>;

/** A process that is started again whenever it ends, until it is stopped. */
export type Kept = Readonly<{
  name: string;
  current: () => Running | undefined;
  /** Ends it in order; after `graceMs` by force. Resolves when it is gone. */
  stop: (graceMs: number) => Promise<void>;
  kill: () => void;
}>;

export const keepAlive = (options: KeepAliveOptions): Kept => {
  const { name, start, clock, logger, onStart, onExit } = options;
  const stopping = new AbortController();
  const waits = backOff(RESTART, () => 0);
  let current: Running | undefined;

  const once = async (): Promise<Exit> => {
    try {
      current = await start();
    } catch (error) {
      return { code: null, text: error instanceof Error ? error.message : String(error) };
    }
    onStart?.(current);
    if (stopping.signal.aborted) current.terminate();
    const exit = await current.exited;
    current = undefined;
    return exit;
  };

  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const started = clock.now();
      const exit = await once();
      if (stopping.signal.aborted || onExit?.(exit)) return;
      if (clock.now() - started >= HEALTHY_MS) waits.reset();
      const waitMs = waits.next();
      logger.warn({ process: name, exit: exit.text, waitMs }, `${name} ended (${exit.text}), starting it again`);
      await sleep(waitMs, stopping.signal);
    }
  };
  const ended = run();

  return {
    name,
    current: () => current,
    kill: () => current?.kill(),
    stop: async (graceMs) => {
      stopping.abort();
      current?.terminate();
      const force = setTimeout(() => {
        logger.error({ process: name, graceMs }, `${name} did not end in time and is killed`);
        current?.kill();
      }, graceMs);
      await ended;
      clearTimeout(force);
    },
  };
};
