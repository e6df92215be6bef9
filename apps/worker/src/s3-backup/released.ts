import type { ParkedEvent, ParkedEvents } from '#coordination';
import { backup, type BackupRequested, type BackupState, isRejection, targetKey } from '#domain';
import { commandHandler, type EventStore, type RecordedEvent } from '#event-store';
import { type Clock, type Logger, sleep } from '#runtime';
import { causeOf, dutyContext } from '../shared/causes.js';
import { DUTY } from './request-backups.js';

/** Consumer under which copies that were given up are parked: as `iolaus parked list` shows it. */
export const COPIES = `${DUTY}-copies`;

const LOOK_EVERY_MS = 1_000;

type Context = Readonly<{ store: EventStore; parked: ParkedEvents; clock: Clock; logger: Logger }>;

/** Asks once more for the copy of a released request; one that was made or asked for meanwhile is only taken off the list. */
const release = async ({ store, parked, clock }: Context, { eventId, stream }: ParkedEvent): Promise<void> => {
  let state: BackupState = backup.initial;
  let request: RecordedEvent | undefined;
  let last: string | undefined;
  for await (const event of store.readStream(stream)) {
    state = backup.evolve(state, event as never);
    if (event.id === eventId) request = event;
    if (request && event.type === 'BackupRequested' && keyOf(event) === keyOf(request)) last = event.id;
  }
  if (!request) throw new Error(`there is no event ${eventId} in '${stream}'`);
  const status = state[keyOf(request)];
  // Its failure is still being written down.
  if (status === 'requested' && last === eventId) return;
  if (status === 'failed') {
    const data = request.data as BackupRequested['data'];
    const about = dutyContext(DUTY, `Release ${eventId}`, causeOf(request));
    const command = { type: 'RequestBackup', at: clock.iso(), data } as const;
    const outcome = await commandHandler(store, backup)(stream, command, about);
    if (isRejection(outcome)) throw new Error(`RequestBackup of build ${data.buildId}: ${outcome.rejected}`);
  }
  await parked.remove(COPIES, eventId);
};

const keyOf = ({ data }: RecordedEvent): string => targetKey((data as BackupRequested['data']).target);

/** Looks again and again for parked copies that somebody released, until the signal aborts. */
export const watchReleased = async (context: Context, signal: AbortSignal): Promise<void> => {
  const { parked, logger } = context;
  while (!signal.aborted) {
    try {
      for (const event of await parked.released(COPIES)) await release(context, event);
    } catch (error) {
      logger.warn({ err: error }, 'released backups wait for the database');
    }
    await sleep(LOOK_EVERY_MS, signal);
  }
};
