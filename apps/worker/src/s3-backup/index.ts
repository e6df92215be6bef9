import { createLimit, type Limit } from '#binary-cache';
import { createCheckpoints, createParkedEvents, passDeletions, whileLeading } from '#coordination';
import { runReactor } from '#event-store';
import type { Duty } from '../duty.js';
import { nixOf } from '../shared/nix.js';
import { COPY_POLICY, type CopyContext, type CopyPolicy } from './copy-build.js';
import { copyRequested } from './copy-requested.js';
import { openPlaces } from './places.js';
import { COPIES, watchReleased } from './released.js';
import { DUTY, requestBackups } from './request-backups.js';

/** Copies sent to one place at once: a bucket that is away holds up no other. */
const AT_ONCE = 3;

const slotsByPlace = (): CopyContext['slot'] => {
  const limits = new Map<string, Limit>();
  return (place, work) => {
    const limit = limits.get(place) ?? createLimit(AT_ONCE);
    limits.set(place, limit);
    return limit(work);
  };
};

/** Waits in seconds before a finished build is parked whose backup cannot be asked for: the log or the database is away. */
const RETRY = [1, 5, 30, 300] as const;

/** The duty with waits of one's own. */
export const createS3Backup = (policy: CopyPolicy = COPY_POLICY): Duty => ({
  name: DUTY,
  run: async ({ store, database, config, clock, logger }, signal) => {
    const nix = await nixOf(config);
    const checkpoints = createCheckpoints(database);
    const sections = config.s3backup;
    const onError = (error: Error): void => logger.warn({ err: error }, 'backups wait for the database');
    await whileLeading({ database, name: DUTY, signal, onError }, async (leading) => {
      const failed = new AbortController();
      const both = AbortSignal.any([leading, failed.signal]);
      const parked = createParkedEvents(database);
      const places = await openPlaces(config, nix, logger, clock, both);
      // It runs without sections too: one that is added later is for the builds from then on, not for all that ever were.
      const requests = runReactor({
        store,
        name: `${DUTY}-requests`,
        types: ['BuildFinished'],
        handle: (event) => requestBackups({ store, clock, sections }, event),
        policy: { retry: RETRY, then: 'park' },
        checkpoints,
        parked,
        signal: both,
        logger,
      });
      const context: CopyContext = {
        store,
        places,
        parked,
        clock,
        logger,
        policy,
        slot: slotsByPlace(),
        passDeletions: (place) => passDeletions(database, place, both),
      };
      const copies = copyRequested(context, checkpoints, COPIES, both);
      const released = watchReleased({ store, parked, clock, logger }, both);
      const endBoth = (): void => failed.abort();
      requests.catch(endBoth);
      copies.catch(endBoth);
      const ended = await Promise.allSettled([requests, copies, released]);
      places.close();
      const broken = ended.find((each) => each.status === 'rejected');
      if (broken) throw broken.reason;
    });
  },
});

/** After each build with output: its closure to every bucket whose section matches it. */
export const s3Backup: Duty = createS3Backup();
