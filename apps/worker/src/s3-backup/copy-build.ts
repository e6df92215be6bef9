import { DamagedPathError, MissingPathError, S3Error, type UploadedPath, type UploadProgress } from '#binary-cache';
import type { ParkedEvents } from '#coordination';
import { backup, type BackupRequested, type BackupState, backupStream, isRejection, targetKey } from '#domain';
import {
  commandHandler,
  EventTooLargeError,
  type EventStore,
  InvalidEventError,
  type RecordedEvent,
} from '#event-store';
import { type BackOffOptions, backOffDelay, type Clock, type Logger, redactText, sleep } from '#runtime';
import { causeOf, dutyContext } from '../shared/causes.js';
import type { Places } from './places.js';
import { COPIES } from './released.js';
import { DUTY, readQueued } from './request-backups.js';

/** How often and after which waits a copy is tried before it is given up. */
export type CopyPolicy = Readonly<{ attempts: number; backOff: BackOffOptions; random: () => number }>;

/** About an hour and a quarter in all; each attempt repeats its single requests by itself. */
export const COPY_POLICY: CopyPolicy = {
  attempts: 8,
  backOff: { firstMs: 5_000, factor: 4, maxMs: 20 * 60_000, jitter: 0.3 },
  random: Math.random,
};

export type CopyContext = Readonly<{
  store: EventStore;
  places: Places;
  /** Where a copy that is given up waits for somebody. */
  parked: Pick<ParkedEvents, 'park' | 'remove'>;
  clock: Clock;
  logger: Logger;
  policy: CopyPolicy;
  /** Bounds how many copies are sent to one place at once; waiting for another attempt takes no slot. */
  slot: <T>(place: string, work: () => Promise<T>) => Promise<T>;
  /**
   * Waits for the batch of objects that a garbage collection deletes there just now. The request is in the log, so that every later
   * batch leaves what it needs: from then on what stands in the bucket can be relied on.
   */
  passDeletions: (place: BackupRequested['data']['target']) => Promise<void>;
}>;

const PROGRESS_MS = 5_000;
const LONGEST_ERROR = 2_000;

/** Whether no repetition will help: somebody has to do something first. */
const isFinal = (error: unknown): boolean =>
  error instanceof S3Error
    ? error.kind !== 'transient'
    : error instanceof DamagedPathError || error instanceof MissingPathError;

const reason = (error: unknown): string =>
  redactText(error instanceof Error ? error.message : String(error)).slice(0, LONGEST_ERROR);

/**
 * Whether the event is what still has to be done: the copy is open, and no later request asked for it again. With the ids of
 * all requests for it.
 */
const standing = async (
  store: EventStore,
  { id, data }: RecordedEvent,
): Promise<Readonly<{ open: boolean; requests: readonly string[] }>> => {
  const { buildId, target } = data as BackupRequested['data'];
  const key = targetKey(target);
  let state: BackupState = backup.initial;
  const requests: string[] = [];
  for await (const event of store.readStream(backupStream(buildId))) {
    state = backup.evolve(state, event as never);
    if (event.type === 'BackupRequested' && targetKey((event.data as BackupRequested['data']).target) === key)
      requests.push(event.id);
  }
  return { open: state[key] === 'requested' && requests.at(-1) === id, requests };
};

/** Reports progress every few seconds, so that a long copy can be followed in the log. */
const progressLines = ({ clock, logger }: CopyContext): ((progress: UploadProgress) => void) => {
  const started = clock.now();
  let shown = started;
  return ({ paths, pathsTotal, bytes, bytesTotal }) => {
    const now = clock.now();
    if (now - shown < PROGRESS_MS) return;
    shown = now;
    logger.info(
      { paths, pathsTotal, bytes, bytesTotal, bytesPerSecond: Math.round((bytes * 1000) / (now - started)) },
      'a backup is being sent',
    );
  };
};

/**
 * Takes one requested copy to its end: sends it, again and again with growing waits where that may help, and reports it as
 * completed or failed. Returns without either once the signal aborts; the request is then found open by whoever is next.
 */
export const copyBuild = async (context: CopyContext, event: RecordedEvent, signal: AbortSignal): Promise<void> => {
  const { store, places, parked, clock, policy, slot } = context;
  const { buildId, target, compression } = event.data as BackupRequested['data'];
  const logger = context.logger.child({
    build: buildId,
    bucket: target.bucket,
    prefix: target.prefix,
    correlationId: event.metadata.correlationId,
  });
  const handle = commandHandler(store, backup);

  /** What asks the log is repeated until it answers: the log's absence is no fault of the copy. */
  const insist = async <T>(ask: () => Promise<T>): Promise<T> => {
    for (let failures = 1; ; failures++) {
      try {
        return await ask();
      } catch (error) {
        if (signal.aborted || error instanceof InvalidEventError || error instanceof EventTooLargeError) throw error;
        logger.warn({ err: error }, 'a backup waits for the event log');
        await sleep(
          backOffDelay(failures, { firstMs: 200, factor: 2, maxMs: 10_000, jitter: 0.3 }, policy.random),
          signal,
        );
      }
    }
  };
  type End = Parameters<typeof handle>[1];
  const report = async (command: End): Promise<void> => {
    const about = dutyContext(DUTY, `${command.type} ${buildId} ${targetKey(target)}`, causeOf(event));
    const outcome = await insist(() => handle(backupStream(buildId), command, about));
    if (isRejection(outcome)) throw new Error(`${command.type} of build ${buildId} was refused: ${outcome.rejected}`);
  };
  const send = async (attempt: number): Promise<readonly UploadedPath[]> => {
    const uploader = await places.uploader(target, compression);
    if (!uploader)
      throw new S3Error(
        'refused',
        `no [[s3backup]] section names bucket '${target.bucket}' with prefix '${target.prefix}' any more`,
      );
    const { outputs } = await insist(() => readQueued(store, buildId));
    return uploader.upload([...new Set(Object.values(outputs))].sort(), {
      signal,
      onProgress: progressLines({ ...context, logger }),
      last: attempt >= policy.attempts,
    });
  };

  const { open, requests } = await insist(() => standing(store, event));
  if (!open) return;
  await insist(() => context.passDeletions(target));
  const startedAtMs = clock.now();
  for (let attempt = 1; ; attempt++) {
    let paths: readonly UploadedPath[];
    try {
      paths = await slot(targetKey(target), async () => {
        signal.throwIfAborted();
        return send(attempt);
      });
    } catch (error) {
      if (signal.aborted) return;
      if (isFinal(error) || attempt >= policy.attempts) {
        logger.error({ reason: reason(error), attempts: attempt }, 'a backup is given up');
        const data = { buildId, target, error: reason(error), attempts: attempt, failedAtMs: clock.now() };
        const { id: eventId, stream, revision, position, type } = event;
        // Before the event: a crash in between has it tried again, and not forgotten.
        await insist(() =>
          parked.park({
            consumer: COPIES,
            eventId,
            stream,
            revision,
            position,
            type,
            error: data.error,
            attempts: attempt,
          }),
        );
        return report({ type: 'FailBackup', at: clock.iso(), data });
      }
      const waitMs = backOffDelay(attempt, policy.backOff, policy.random);
      logger.warn({ reason: reason(error), attempt, waitMs }, 'a backup failed and is tried again');
      await sleep(waitMs, signal);
      if (signal.aborted) return;
      continue;
    }
    const data = { buildId, target, compression, paths, startedAtMs, stoppedAtMs: clock.now() };
    await report({ type: 'CompleteBackup', at: clock.iso(), data });
    // Whatever was parked of it is done now.
    for (const id of requests) await insist(() => parked.remove(COPIES, id));
    const sent = paths.filter(({ uploaded }) => uploaded);
    const bytes = sent.reduce((sum, { fileSize }) => sum + fileSize, 0);
    return logger.info(
      { paths: paths.length, sent: sent.length, bytes, ms: data.stoppedAtMs - startedAtMs },
      'a backup is complete',
    );
  }
};
