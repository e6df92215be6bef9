import { rebuildProjection, UnknownProjectionError } from '#read-model';
import { createProgress, loadConfig, systemClock } from '#runtime';
import type { Progress } from '#runtime';
import { withEventStore } from './database.js';
import { BadInputError } from './errors.js';

/** Rebuilds one projection, or all, beside the live ones, and shows how far it is. Throws `BadInputError` for an unknown name. */
export const rebuildProjections = (name: string): Promise<void> =>
  withEventStore(loadConfig(), async (source, databaseUrl) => {
    let shown: { projection: string; progress: Progress } | undefined;
    try {
      await rebuildProjection({
        name,
        source,
        databaseUrl,
        progress: ({ projection, stage, position, head }) => {
          if (shown?.projection !== projection) {
            const label = `rebuild ${projection}`;
            const total = Number(head);
            shown = {
              projection,
              progress: createProgress({ label, total, stream: process.stderr, clock: systemClock }),
            };
          }
          shown.progress.update(Number(position), stage);
          if (stage === 'done') shown.progress.finish();
        },
      });
    } catch (error) {
      throw error instanceof UnknownProjectionError ? new BadInputError(`NAME: ${error.message}`) : error;
    }
  });
