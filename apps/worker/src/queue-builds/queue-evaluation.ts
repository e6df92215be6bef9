import {
  build,
  type BuildOrder,
  buildsToQueue,
  buildStream,
  type EvaluationJobsFound,
  type EvaluationRan,
  evaluationStream,
  eventVersions,
  isRejection,
} from '#domain';
import { commandHandler, eventId, type EventStore, type RecordedEvent, type StreamWrite } from '#event-store';
import { causeOf, dutyContext } from '../shared/causes.js';

/** What became of an evaluation's builds. */
export type QueuedBuilds = Readonly<{ queued: number; restarted: number; /** were there already */ known: number }>;

/** Builds in one append: each is one event in a stream of its own. */
const BATCH = 500;

/**
 * Queues the builds of an evaluation that ran. The same event leads to the same commands and the same event ids, and a build
 * that is queued is not queued again: so it may run again after a crash at any point.
 */
export const queueEvaluation = async (store: EventStore, recorded: RecordedEvent): Promise<QueuedBuilds> => {
  const ran = recorded.data as EvaluationRan['data'];
  const cause = causeOf(recorded);
  const handle = commandHandler(store, build);
  const at = ran.finishedAt;
  let queued = 0;
  let restarted = 0;
  let known = 0;

  const context = ({ buildId, command }: BuildOrder) =>
    dutyContext('queue-builds', `${command.type} ${buildId}`, cause);

  const toWrite = (order: BuildOrder): StreamWrite => {
    const { commandId, ...about } = context(order);
    const events = build.decide(order.command, build.initial);
    if (isRejection(events))
      throw new Error(`${order.command.type} of build ${order.buildId} was refused: ${events.rejected}`);
    return {
      stream: buildStream(order.buildId),
      expected: 'no-stream',
      events: events.map((event, index) => ({
        id: eventId(commandId, index),
        ...event,
        metadata: { v: eventVersions[event.type].current, at, ...about },
      })),
    };
  };

  const queue = async (orders: readonly BuildOrder[]): Promise<void> => {
    for (let from = 0; from < orders.length; from += BATCH) {
      const results = await store.appendBatch(orders.slice(from, from + BATCH).map(toWrite));
      // Not ok: the stream exists, so the build was queued before, by this very evaluation (its ids are drawn once).
      for (const { ok } of results) {
        if (ok) queued += 1;
        else known += 1;
      }
    }
  };

  // A restart is one command to a stream with a history; there are few.
  const restart = async (order: BuildOrder): Promise<void> => {
    const outcome = await handle(buildStream(order.buildId), order.command, context(order));
    // Still queued: it is built by the derivation it has, which makes the same output.
    if (isRejection(outcome)) known += 1;
    else restarted += outcome.events.length;
  };

  let waiting: BuildOrder[] = [];
  for await (const event of store.readStream(evaluationStream(ran.evaluationId))) {
    if (event.type !== 'EvaluationJobsFound') continue;
    for (const order of buildsToQueue(ran, event.data as EvaluationJobsFound['data'], at)) {
      if (order.command.type === 'QueueBuild') waiting.push(order);
      else await restart(order);
    }
    if (waiting.length >= BATCH) {
      await queue(waiting);
      waiting = [];
    }
  }
  await queue(waiting);
  return { queued, restarted, known };
};
