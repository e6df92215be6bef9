import type { DomainEvent } from '#domain';
import { openEventStore, type RecordedEvent } from '#event-store';

/** The whole log, read through the port. */
export const readHistory = async (databaseUrl: string, url?: string): Promise<RecordedEvent[]> => {
  const store = await openEventStore({ databaseUrl, url });
  try {
    const events: RecordedEvent[] = [];
    for await (const batch of store.readAll()) events.push(...batch);
    return events;
  } finally {
    await store.close();
  }
};

/** The payloads of one type, in order. */
export const ofType = <T extends DomainEvent['type']>(history: readonly RecordedEvent[], type: T) =>
  history.filter((event) => event.type === type).map(({ data }) => data as Extract<DomainEvent, { type: T }>['data']);

/** Every key that comes more than once. */
export const repeated = (keys: readonly (string | number)[]): (string | number)[] => [
  ...new Set(keys.filter((key, place) => keys.indexOf(key) !== place)),
];

/** Attempts that ran in one slot at the same time; those that a dead worker left are ended when its successor finds them. */
const overlaps = (history: readonly RecordedEvent[]): string[] => {
  const slots = new Map(
    ofType(history, 'BuildStepStarted').map(({ drvPath, attempt, slot }) => [`${drvPath} #${attempt}`, slot]),
  );
  const free = new Map<string, number>();
  const ran = ofType(history, 'BuildStepCompleted').filter(({ interrupted }) => !interrupted);
  return [...ran]
    .sort((a, b) => a.startedAtMs - b.startedAtMs)
    .flatMap(({ drvPath, attempt, machine, startedAtMs, stoppedAtMs }) => {
      const slot = `slot ${slots.get(`${drvPath} #${attempt}`)} of ${machine}`;
      const taken = (free.get(slot) ?? 0) > startedAtMs;
      free.set(slot, stoppedAtMs);
      return taken ? [`${drvPath} #${attempt} began in ${slot} before the attempt there was over`] : [];
    });
};

/** What may never stand in a log twice, or without its counterpart; empty when all is well. */
export const faultsOf = (history: readonly RecordedEvent[]): string[] => {
  const faults: string[] = [];
  const once = (what: string, keys: readonly (string | number)[]): void => {
    for (const key of repeated(keys)) faults.push(`${what} ${key} stands more than once`);
  };
  const attempt = ({ drvPath, attempt: number }: { drvPath: string; attempt: number }) => `${drvPath} #${number}`;
  once(
    'event',
    history.map(({ id }) => id),
  );
  once(
    'place',
    history.map(({ stream, revision }) => `${stream}@${revision}`),
  );
  once(
    'the queueing of build',
    ofType(history, 'BuildQueued').map(({ buildId }) => buildId),
  );
  once(
    'the end of build',
    ofType(history, 'BuildFinished').map(({ buildId, run }) => `${buildId} run ${run}`),
  );
  once('the start of', ofType(history, 'BuildStepStarted').map(attempt));
  once('the end of', ofType(history, 'BuildStepCompleted').map(attempt));
  once(
    'the end of evaluation',
    ofType(history, 'EvaluationRan').map(({ evaluationId }) => evaluationId),
  );
  once(
    'the copy of build',
    ofType(history, 'BackupCompleted').map(({ buildId, part }) => `${buildId} part ${part}`),
  );
  faults.push(...overlaps(history));
  const ended = new Set(ofType(history, 'BuildStepCompleted').map(attempt));
  for (const started of ofType(history, 'BuildStepStarted').map(attempt))
    if (!ended.has(started)) faults.push(`${started} never came to an end`);
  const finished = new Set(ofType(history, 'BuildFinished').map(({ buildId }) => buildId));
  for (const { buildId } of ofType(history, 'BuildQueued'))
    if (!finished.has(buildId)) faults.push(`build ${buildId} never came to an end`);
  for (const { metadata, type, id } of history)
    if (!metadata.at || !metadata.actor.id || !metadata.via || !metadata.correlationId || !metadata.causationId)
      faults.push(`${type} ${id} lacks a part of its envelope`);
  return faults;
};
