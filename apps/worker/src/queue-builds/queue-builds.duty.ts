import type { Duty } from '../duty.js';
import { react } from '../shared/react.js';
import { queueEvaluation } from './queue-evaluation.js';

/** Queues the new builds of every evaluation that ran. */
export const queueBuilds: Duty = {
  name: 'queue-builds',
  run: (context, signal) =>
    react(
      context,
      {
        name: 'queue-builds',
        types: ['EvaluationRan'],
        handle: async (event) => {
          const { correlationId } = event.metadata;
          const queued = await queueEvaluation(context.store, event);
          context.logger.info({ correlationId, stream: event.stream, ...queued }, 'builds are queued');
        },
      },
      signal,
    ),
};
