import type { RecordedEvent } from '#event-store';
import type { Duty } from '../duty.js';
import { openGcRoots } from '../shared/gc-roots.js';
import { nixOf } from '../shared/nix.js';
import { react } from '../shared/react.js';
import { rootBuild } from './root-build.js';

/** Registers a GC root for every output of a build that finished with one, or that somebody keeps. */
export const gcRoots: Duty = {
  name: 'gc-roots',
  run: async (context, signal) => {
    const roots = await openGcRoots(context.config, await nixOf(context.config));
    const handle = async (event: RecordedEvent): Promise<void> => {
      const rooted = await rootBuild(context.store, roots, event);
      context.logger.debug({ stream: event.stream, rooted }, 'outputs are rooted');
    };
    await react(context, { name: 'gc-roots', types: ['BuildFinished', 'BuildKept'], handle }, signal);
  },
};
