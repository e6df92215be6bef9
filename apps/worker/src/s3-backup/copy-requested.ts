import { setMaxListeners } from 'node:events';
import type { Checkpoints } from '#coordination';
import { BEGINNING, type RecordedEvent } from '#event-store';
import { sleep } from '#runtime';
import { type CopyContext, copyBuild } from './copy-build.js';
import { createLowWaterMark } from './low-water-mark.js';

/** Open requests in memory; more wait in the log. */
const MOST_OPEN = 50_000;
/** Least time between two writes of the checkpoint, in milliseconds. */
const SAVE_EVERY_MS = 500;

/**
 * Hears the requests and works on many side by side, so that one that has to wait keeps no other from its turn. The checkpoint
 * is the low-water mark: after a crash every open request is found again. Resolves once the signal aborted and all has stopped.
 */
export const copyRequested = async (
  context: CopyContext,
  checkpoints: Checkpoints,
  consumer: string,
  signal: AbortSignal,
): Promise<void> => {
  const { store, logger } = context;
  const failed = new AbortController();
  const stop = AbortSignal.any([signal, failed.signal]);
  // Every open copy listens to it.
  setMaxListeners(0, stop);
  const after = (await checkpoints.get(consumer)) ?? BEGINNING;
  const mark = createLowWaterMark(after);
  const open = new Set<Promise<void>>();
  let failure: unknown;

  const take = (event: RecordedEvent): void => {
    mark.begin(event.position);
    const copy = copyBuild(context, event, stop)
      .then(() => {
        if (!stop.aborted) mark.end(event.position);
      })
      .catch((error: unknown) => {
        // A bug or a log that cannot be written: no copy's own trouble comes out here.
        if (!stop.aborted) failure = error;
        failed.abort();
      })
      .finally(() => open.delete(copy));
    open.add(copy);
  };

  const saving = (async () => {
    let saved = after;
    while (!stop.aborted) {
      await sleep(SAVE_EVERY_MS, stop);
      const value = mark.value();
      if (value === saved) continue;
      await checkpoints.set(consumer, value).then(
        () => (saved = value),
        // An older checkpoint costs a look at some finished requests after a restart, no more.
        (error: unknown) => logger.warn({ err: error }, 'the checkpoint of backups could not be written'),
      );
    }
  })();

  await store.subscribe(
    {
      after,
      types: ['BackupRequested'],
      signal: stop,
      onInterrupted: (error) => logger.warn({ err: error }, 'backups wait for the event log'),
    },
    async ({ events, position }) => {
      for (const event of events) {
        while (open.size >= MOST_OPEN && !stop.aborted) await Promise.race(open);
        if (stop.aborted) return;
        take(event);
      }
      mark.reach(position);
    },
  );
  failed.abort();
  await Promise.all([...open, saving]);
  if (failure !== undefined) throw failure;
};
