import { createFolderLogStore } from '#binary-cache';
import { whileLeading } from '#coordination';
import type { Duty } from '../duty.js';
import { openGcRoots } from '../shared/gc-roots.js';
import { nixOf } from '../shared/nix.js';
import { QUEUE_RUNNER } from './journal.js';
import { slotsOf } from './machine-slots.js';
import { createRemoteSlots } from './machines/remote-slots.js';
import { optionsOf } from './options.js';
import { runTerm } from './term.js';

/** Builds what is queued, on one worker of the installation at a time; the others stand by. */
export const queueRunner: Duty = {
  name: QUEUE_RUNNER,
  run: async ({ store, database, config, clock, logger }, signal) => {
    const nix = await nixOf(config);
    const roots = await openGcRoots(config, nix);
    const logs = createFolderLogStore({ dir: config.log.dir });
    const openSlot = slotsOf(createRemoteSlots());
    const context = { store, database, nix, openSlot, roots, logs, clock, logger, options: optionsOf(config) };
    const onError = (err: Error): void => logger.warn({ err }, 'the queue runner waits for the database');
    await whileLeading({ database, name: QUEUE_RUNNER, signal, onError }, (leading) =>
      runTerm(context, signal, leading),
    );
  },
};
