import type { DomainEvent } from '#domain';
import type { LogStore } from '#binary-cache';
import type { EventStore, RecordedEvent } from '#event-store';
import type { NixSettings } from '#nix';
import { farmSnapshot } from '#read-model';
import { type Clock, type Logger, uuidv4 } from '#runtime';
import { Derivations } from './derivations.js';
import { Dispatcher } from './dispatcher.js';
import { FARM_EVENTS, Farm, OTHERS_EVENTS } from './farm.js';
import { Finisher } from './finish.js';
import { Journal } from './journal.js';
import { loadPending, type LoadParts } from './load.js';
import { localMachine } from './localhost.js';
import type { GcRoots } from '../shared/gc-roots.js';
import type { RunnerOptions } from './options.js';
import { endAllInterrupted } from './recover.js';
import { Sizes } from './sizes.js';

export type TermContext = Readonly<{
  store: EventStore;
  /** of the read model */
  database: Parameters<typeof farmSnapshot>[0];
  nix: NixSettings;
  roots: Pick<GcRoots, 'add'>;
  logs: LogStore;
  clock: Clock;
  logger: Logger;
  options: RunnerOptions;
}>;

/** How often the queue's depth is logged while there is one, in milliseconds. */
const DEPTH_EVERY_MS = 60_000;

type Recorded = DomainEvent & Omit<RecordedEvent, 'type' | 'data'>;

/**
 * One term as leader: the farm as the log knows it, kept in memory and run until `stop` (running steps are ended and
 * recorded as interrupted) or `lost` (builders are ended, nothing more is written). Throws what broke it.
 */
export const runTerm = async (context: TermContext, stop: AbortSignal, lost: AbortSignal): Promise<void> => {
  const { store, nix, roots, logs, logger, options } = context;
  const clock = monotone(context.clock);
  const failed = new AbortController();
  const fail = (error: Error): void => failed.abort(error);
  const over = AbortSignal.any([stop, lost, failed.signal]);

  const farm = new Farm(options.windowMs);
  const journal = new Journal(store, uuidv4(), fail);
  lost.addEventListener('abort', () => journal.close(new Error('another queue runner may lead now')), { once: true });
  const derivations = new Derivations(nix);
  const sizes = new Sizes(derivations);
  const finisher = new Finisher({ farm, journal, sizes, nix, clock, logger });
  const parts = { farm, journal, finisher, sizes, roots, logs, clock, logger, options, stopping: () => over.aborted };
  const dispatcher = new Dispatcher(parts, localMachine(options.slots, nix.options), nix, fail);
  const loading: LoadParts = { ...parts, derivations, store, wake: dispatcher.wake };

  const depth = setInterval(() => {
    const { builds, steps } = farm.graph.size;
    const queue = {
      builds,
      steps,
      pending: farm.pending.size,
      runnable: farm.graph.runnable.size,
      running: dispatcher.running,
    };
    if (farm.builds.size > 0) logger.info(queue, 'queue');
  }, DEPTH_EVERY_MS);

  let loader: Promise<void> | undefined;
  const load = (): void => {
    loader ??= loadPending(loading, over)
      .catch(fail)
      .finally(() => {
        loader = undefined;
        if (farm.pending.size > 0 && !over.aborted) load();
      });
  };
  const hear = (events: readonly RecordedEvent[]): void => {
    for (const event of events) dispatcher.cancel(farm.apply(event as Recorded));
  };

  try {
    const head = await restore(context, clock, farm, hear);
    await endAllInterrupted(parts);
    logger.info({ builds: farm.builds.size, position: head.toString() }, 'queue runner leads');
    load();
    await store.subscribe(
      {
        after: head,
        types: OTHERS_EVENTS,
        signal: over,
        onInterrupted: (err) => logger.warn({ err }, 'the log is away'),
      },
      async ({ events }) => {
        hear(events);
        load();
        dispatcher.wake();
      },
    );
  } catch (error) {
    fail(error as Error);
  } finally {
    fail(new Error('the term is over'));
    clearInterval(depth);
    await dispatcher.stop();
    await loader;
    await journal.idle();
    await derivations.close();
  }
  const reason: unknown = failed.signal.reason;
  if (!stop.aborted && !lost.aborted) throw reason;
};

/** The read model at its checkpoint, then the log's tail. Answers up to where the log was heard. */
const restore = async (
  { store, database, options }: TermContext,
  clock: Clock,
  farm: Farm,
  hear: (events: readonly RecordedEvent[]) => void,
): Promise<bigint> => {
  const snapshot = await farmSnapshot(database, clock.now() - options.windowMs);
  farm.restore(snapshot);
  const head = await store.head();
  for await (const events of store.readAll({ after: snapshot.position, to: head, types: FARM_EVENTS })) hear(events);
  return head > snapshot.position ? head : snapshot.position;
};

/** A clock that never goes back: choices are made in the order of their times. */
const monotone = (clock: Clock): Clock => {
  let latest = 0;
  return { now: () => (latest = Math.max(latest, clock.now())), iso: clock.iso };
};
