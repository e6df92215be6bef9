import { createCheckpoints, createParkedEvents } from '#coordination';
import { type RecordedEvent, runReactor } from '#event-store';
import type { DutyContext } from '../duty.js';
import { lead } from './lead.js';

/** Seconds between attempts: an outage is sat out, what fails for over half an hour is parked for an operator. */
const RETRY = [0.2, 1, 2, 5, 10, 30, 60, 300, 600, 900];

/** A reactor of the worker: one in the installation, each event handled once it was heard, again where the worker died over it. */
export const react = (
  context: DutyContext,
  reactor: Readonly<{ name: string; types: readonly string[]; handle: (event: RecordedEvent) => Promise<void> }>,
  signal: AbortSignal,
): Promise<void> => {
  const { store, database, logger } = context;
  const checkpoints = createCheckpoints(database);
  const parked = createParkedEvents(database);
  return lead(context, reactor.name, signal, (leading) =>
    runReactor({
      store,
      checkpoints,
      parked,
      logger,
      signal: leading,
      policy: { retry: RETRY, then: 'park' },
      ...reactor,
    }),
  );
};
