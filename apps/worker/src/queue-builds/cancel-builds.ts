import { build, buildStream, isRejection, type JobsetDeleted } from '#domain';
import { commandHandler, type EventStore, type RecordedEvent } from '#event-store';
import { projectorStatus, type Queryable, unfinishedBuildIds } from '#read-model';
import { sleep } from '#runtime';
import { causeOf, dutyContext } from '../shared/causes.js';
import { OutageError } from '../shared/outage.js';

/** How long the read model may take to come up with the log, in milliseconds, before the reactor tries again later. */
const PATIENCE_MS = 20_000;
const LOOK_EVERY_MS = 50;

/** Waits until the read model shows all that is in the log now. Throws `OutageError` when it does not get there. */
const caughtUp = async (store: EventStore, database: Queryable): Promise<void> => {
  const head = await store.head();
  for (let waited = 0; waited < PATIENCE_MS; waited += LOOK_EVERY_MS) {
    const status = await projectorStatus(database);
    if (status && status.position >= head) return;
    await sleep(LOOK_EVERY_MS);
  }
  throw new OutageError('the read model does not come up with the log');
};

/**
 * Cancels what a deleted jobset still wanted. Its evaluations were heard before its deletion, so all its builds are queued by now; the
 * same event leads to the same commands, so it may run again. Gives how many builds it cancelled.
 */
export const cancelBuilds = async (
  store: EventStore,
  database: Queryable,
  recorded: RecordedEvent,
): Promise<number> => {
  const { jobsetId } = recorded.data as JobsetDeleted['data'];
  await caughtUp(store, database);
  const handle = commandHandler(store, build);
  const cause = causeOf(recorded);
  const { at } = recorded.metadata;
  let cancelled = 0;
  for (const id of await unfinishedBuildIds(database, jobsetId)) {
    const context = dutyContext('queue-builds', `CancelBuild ${id}`, cause);
    const outcome = await handle(buildStream(id), { type: 'CancelBuild', at, data: {} }, context);
    // Refused: it finished meanwhile.
    if (!isRejection(outcome)) cancelled += 1;
  }
  return cancelled;
};
