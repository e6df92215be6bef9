import { createIdSequences } from '#coordination';
import type { RecordedEvent } from '#event-store';
import { prepareReadModel } from '#read-model';
import type { Duty } from '../duty.js';
import { DECLARATIVE } from '../shared/apply-specification.js';
import { nixOf } from '../shared/nix.js';
import { react } from '../shared/react.js';
import { declare } from './declare.js';
import { applyGenerated } from './generated.js';

/** What the duty hears of. */
export const DECLARATIVE_EVENTS = [
  'ProjectCreated',
  'ProjectChanged',
  'ProjectRenamed',
  'ProjectDeleted',
  'EvaluationRan',
  'BuildFinished',
] as const;

/** Keeps the jobsets of declarative projects as their specifications say; the evaluator reads those that are files. */
export const declarative: Duty = {
  name: DECLARATIVE,
  run: async (context, signal) => {
    const { store, database, config, clock, logger } = context;
    const nix = await nixOf(config);
    await prepareReadModel(database);
    const { nextJobsetId } = createIdSequences(database);
    const specifications = { store, database, clock, logger, nextJobsetId, nix };
    const handle = (event: RecordedEvent): Promise<void> =>
      event.type.startsWith('Project') ? declare(specifications, event) : applyGenerated(specifications, event);
    await react(context, { name: DECLARATIVE, types: DECLARATIVE_EVENTS, handle }, signal);
  },
};
