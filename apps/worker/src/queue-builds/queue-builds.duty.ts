import type { Duty } from '../duty.js';
import { react } from '../shared/react.js';
import { cancelBuilds } from './cancel-builds.js';
import { queueEvaluation } from './queue-evaluation.js';

/** Queues the new builds of every evaluation that ran, and cancels those of a jobset that was deleted. */
export const queueBuilds: Duty = {
  name: 'queue-builds',
  run: (context, signal) =>
    react(
      context,
      {
        name: 'queue-builds',
        types: ['EvaluationRan', 'JobsetDeleted'],
        handle: async (event) => {
          const { store, database, logger } = context;
          const { correlationId } = event.metadata;
          const { stream } = event;
          if (event.type === 'JobsetDeleted') {
            const cancelled = await cancelBuilds(store, database, event);
            logger.info({ correlationId, stream, cancelled }, 'builds of a deleted jobset are cancelled');
            return;
          }
          const queued = await queueEvaluation(store, event);
          logger.info({ correlationId, stream, ...queued }, 'builds are queued');
        },
      },
      signal,
    ),
};
