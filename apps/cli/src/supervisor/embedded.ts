import { sleep } from '#runtime';
import type { Clock, Logger } from '#runtime';
import { keepAlive } from './keep-alive.js';
import type { Kept } from './keep-alive.js';
import type { PidFiles } from './pid-files.js';
import { freePort, portIsFree } from './ports.js';
import { placeOf } from './postgres/place.js';
import { accepting } from './postgres/probe.js';
import { databaseUrl, initCluster, lastFatal, startServer } from './postgres/server.js';

/** A farm cannot come up without its database; recovery after a crash may take this long. */
const START_MS = 60_000;
const POLL_MS = 20;

export type EmbeddedOptions = Readonly<{
  dataDir: string;
  clock: Clock;
  logger: Logger;
  pids: PidFiles;
  signal: AbortSignal;
  /** Over the server's own settings, by name. */
  settings?: Readonly<Record<string, string>>;
  /** Where its files go when it cannot reach the data folder. */
  elsewhere?: string;
}>;

/**
 * Brings up the data folder's own PostgreSQL and keeps it up. Resolves when it accepts connections; throws when it does
 * not within a minute, with the last error of its log.
 */
export const startEmbedded = async (options: EmbeddedOptions): Promise<{ url: string; kept: Kept }> => {
  const { dataDir, clock, logger, pids, signal, settings, elsewhere } = options;
  const choosePort = async (last: number | undefined): Promise<number> =>
    last !== undefined && ((await accepting(last)) || (await portIsFree('127.0.0.1', last)))
      ? last
      : freePort('127.0.0.1');
  const place = await placeOf(dataDir, choosePort, elsewhere);
  if (!place.home.startsWith(dataDir)) {
    logger.warn(
      { folder: place.home },
      'the data folder is closed to other users, so PostgreSQL, which may not run as root, keeps its files elsewhere',
    );
  }
  await initCluster(place);

  const kept = keepAlive({
    name: 'postgres',
    clock,
    logger,
    start: () => startServer(place, settings),
    onStart: (running) => void notePid(running.pid, pids, running.exited),
    onExit: () => {
      pids.remove('postgres');
      logger.warn({ log: lastFatal(place) }, 'PostgreSQL ended');
      return false;
    },
  });
  const deadline = clock.now() + START_MS;
  while (!signal.aborted && !(kept.current() !== undefined && (await accepting(place.port)))) {
    if (clock.now() > deadline) {
      await kept.stop(5000);
      throw new Error(`PostgreSQL did not start: ${lastFatal(place)} (log: ${place.home}/log)`);
    }
    await sleep(POLL_MS, signal);
  }
  return { url: databaseUrl(place), kept };
};

/** The server writes its number itself, a moment after its start. */
const notePid = async (pid: () => number | undefined, pids: PidFiles, exited: Promise<unknown>): Promise<void> => {
  let ended = false;
  void exited.then(() => (ended = true));
  for (let number = pid(); !ended; number = pid()) {
    if (number !== undefined) return pids.write('postgres', number);
    await sleep(POLL_MS);
  }
};
