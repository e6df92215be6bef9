import type { DomainEvent } from '#domain';
import type { LogStore } from '#binary-cache';
import { createQuestions, type Database } from '#coordination';
import type { EventStore, RecordedEvent } from '#event-store';
import type { NixSettings } from '#nix';
import { farmSnapshot } from '#read-model';
import { type Clock, type Logger, uuidv4 } from '#runtime';
import { OTHERS_TYPES } from '#scheduler';
import type { GcRoots } from '../shared/gc-roots.js';
import { Chronicle } from './chronicle.js';
import { Derivations } from './derivations.js';
import { Dispatcher } from './dispatcher.js';
import { answerOf } from './door.js';
import { FARM_EVENTS, Farm } from './farm.js';
import { Finisher } from './finish.js';
import { Hearing } from './hearing.js';
import { Journal, QUEUE_RUNNER } from './journal.js';
import { loadPending, type LoadParts } from './load.js';
import { MachineDesk } from './machine-desk.js';
import type { OpenSlot } from './machine-slots.js';
import { keepMachines } from './machines/keep-machines.js';
import type { RunnerOptions } from './options.js';
import { endAllInterrupted } from './recover.js';
import { Sizes } from './sizes.js';
import { SlotPools } from './slot-pools.js';

export type TermContext = Readonly<{
  store: EventStore;
  /** of the read model and of what processes agree on */
  database: Database;
  nix: NixSettings;
  openSlot: OpenSlot;
  roots: Pick<GcRoots, 'add'>;
  logs: LogStore;
  clock: Clock;
  logger: Logger;
  options: RunnerOptions;
}>;

/** How often the queue's depth is logged while there is one, in milliseconds. */
const DEPTH_EVERY_MS = 60_000;
/** Somebody else leads: heard of, but nothing that a choice depends on. */
const LEADERS = 'QueueRunnerStarted';

type Recorded = DomainEvent & Omit<RecordedEvent, 'type' | 'data'>;

/**
 * One term as leader: the farm as the log knows it, kept in memory and run until `stop` (running steps are ended and
 * recorded as interrupted) or `lost` (builders are ended, nothing more is written; so too where the log says that another one
 * began to lead). Throws what broke it.
 */
export const runTerm = async (context: TermContext, stop: AbortSignal, lost: AbortSignal): Promise<void> => {
  const { store, database, nix, roots, logs, logger, options, openSlot } = context;
  const clock = monotone(context.clock);
  const term = uuidv4();
  const [failed, succeeded] = [new AbortController(), new AbortController()];
  const fail = (error: Error): void => failed.abort(error);
  const gone = AbortSignal.any([lost, succeeded.signal]);
  const over = AbortSignal.any([stop, gone, failed.signal]);

  const farm = new Farm(options);
  const { scheduler } = farm;
  const journal = new Journal(store, term, fail);
  gone.addEventListener('abort', () => journal.close(new Error('another queue runner may lead now')), { once: true });
  const chronicle = new Chronicle({ term, scheduler, journal, store, clock, onFailure: fail });
  const hearing = new Hearing(over);
  const caughtUp = async (): Promise<void> => hearing.upTo(await store.head());
  const desk = new MachineDesk({ machines: scheduler.machines, journal, caughtUp, clock, logger });
  const derivations = new Derivations(nix);
  const sizes = new Sizes(derivations);
  const finisher = new Finisher({ farm, journal, sizes, nix, clock, logger, caughtUp });
  const pools = new SlotPools(scheduler.machines, openSlot, { nix, now: clock.now }, fail);
  const stopping = (): boolean => over.aborted;
  const parts = { farm, chronicle, journal, desk, finisher, sizes, roots, logs, clock, logger, options, stopping };
  const dispatcher = new Dispatcher(parts, pools, fail);
  const loading: LoadParts = { ...parts, derivations, store, hearing, wake: dispatcher.wake };

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

  let ready = false;
  let loader: Promise<void> | undefined;
  const load = (): void => {
    if (!ready) return;
    loader ??= loadPending(loading, over)
      .catch(fail)
      .finally(() => {
        loader = undefined;
        if (farm.pending.size > 0 && !over.aborted) load();
      });
  };
  const hear = (events: readonly RecordedEvent[]): void => {
    for (const each of events) {
      const event = each as Recorded;
      if (event.type === LEADERS) {
        if (event.data.term === term) continue;
        logger.warn({ term: event.data.term }, 'another queue runner began to lead');
        return succeeded.abort();
      }
      dispatcher.cancel(farm.apply(event));
      chronicle.seen = event.id;
    }
    pools.refresh();
  };

  let listening: Promise<void> | undefined;
  let answering: Promise<void> | undefined;
  let kept: Awaited<ReturnType<typeof keepMachines>> | undefined;
  try {
    const { position, startedAtMs: sinceMs } = await restore(context, clock, farm, chronicle);
    hearing.heard(position);
    const onInterrupted = (err: Error): void => logger.warn({ err }, 'the log is away');
    const wanted = { after: position, types: [...OTHERS_TYPES, LEADERS], signal: over, onInterrupted };
    listening = store.subscribe(wanted, async ({ events, position: upTo }) => {
      hear(events);
      hearing.heard(upTo);
      load();
      dispatcher.wake();
    });
    listening.catch(fail);
    await endAllInterrupted(parts);
    const { slots, machinesFiles: files } = options;
    const keep: MachineDesk['keep'] = (...wanted) => desk.keep(...wanted);
    kept = await keepMachines({ files, slots, settings: nix.options, keep, database, logger, onFailure: fail });
    logger.info({ term, builds: farm.builds.size, position: position.toString() }, 'queue runner leads');
    ready = true;
    load();
    dispatcher.begin();
    const onError = (err: Error): void => logger.warn({ err }, 'questions cannot be answered');
    const answer = answerOf({ term, sinceMs, farm, dispatcher, pools, clock });
    answering = createQuestions(database, { onError }).answer(QUEUE_RUNNER, answer, over);
    await listening;
  } catch (error) {
    fail(error as Error);
  } finally {
    fail(new Error('the term is over'));
    clearInterval(depth);
    await kept?.close();
    await dispatcher.stop();
    await loader;
    await answering;
    await listening?.catch(() => undefined); // its error is the failure already
    await journal.idle();
    await derivations.close();
  }
  const reason: unknown = failed.signal.reason;
  if (!stop.aborted && !gone.aborted) throw reason;
};

/**
 * The read model at its checkpoint, then the log's tail up to the beginning of the term, whose place is answered. The
 * read model is read before it, so that nothing is known yet of what comes after.
 */
const restore = async (
  { store, database, options }: TermContext,
  clock: Clock,
  farm: Farm,
  chronicle: Chronicle,
): Promise<Awaited<ReturnType<Chronicle['begin']>>> => {
  const snapshot = await farmSnapshot(database, clock.now() - options.windowMs);
  const begun = await chronicle.begin();
  farm.restore(snapshot);
  const tail = store.readAll({ after: snapshot.position, to: begun.position, types: FARM_EVENTS });
  for await (const events of tail) for (const event of events) farm.apply(event as Recorded);
  farm.begin(begun.startedAtMs);
  return begun;
};

/** A clock that never goes back: choices are made in the order of their times. */
const monotone = (clock: Clock): Clock => {
  let latest = 0;
  return { now: () => (latest = Math.max(latest, clock.now())), iso: clock.iso };
};
