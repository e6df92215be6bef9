import {
  backup,
  backupStream,
  type BackupTarget,
  type BuildFinished,
  type BuildQueued,
  buildStream,
  hasOutput,
  isRejection,
  targetKey,
} from '#domain';
import { commandHandler, type EventStore, type RecordedEvent } from '#event-store';
import type { Clock, S3BackupConfig } from '#runtime';
import { causeOf, dutyContext } from '../shared/causes.js';

/** Name of the duty, in envelopes and of its checkpoints: never to be changed. */
export const DUTY = 's3-backup';

/** A place for a build's copy and how it is to be compressed there. */
export type WantedBackup = Readonly<{ target: BackupTarget; compression: string }>;

export const targetOf = ({ name, prefix }: Pick<S3BackupConfig, 'name' | 'prefix'>): BackupTarget => ({
  bucket: name,
  prefix,
});

/** Where a job is copied to: every section whose `jobs` matches all of `project:jobset:job`; one copy for each place. */
export const wantedBackups = (sections: readonly S3BackupConfig[], job: string): readonly WantedBackup[] => {
  const wanted = new Map<string, WantedBackup>();
  for (const section of sections) {
    const target = targetOf(section);
    const key = targetKey(target);
    if (section.jobs.test(job) && !wanted.has(key)) wanted.set(key, { target, compression: section.compressionType });
  }
  return [...wanted.values()];
};

/** The build as it was queued. Throws where its stream does not begin so. */
export const readQueued = async (store: EventStore, buildId: number): Promise<BuildQueued['data']> => {
  for await (const { type, data } of store.readStream(buildStream(buildId), { maxCount: 1 }))
    if (type === 'BuildQueued') return data as BuildQueued['data'];
  throw new Error(`build ${buildId} was never queued`);
};

/** Asks for the copies of a build that finished with output. The same event leads to the same commands. */
export const requestBackups = async (
  { store, clock, sections }: Readonly<{ store: EventStore; clock: Clock; sections: readonly S3BackupConfig[] }>,
  event: RecordedEvent,
): Promise<void> => {
  const { buildId, status } = event.data as BuildFinished['data'];
  if (!hasOutput(status) || sections.length === 0) return;
  const { jobset, job } = await readQueued(store, buildId);
  const handle = commandHandler(store, backup);
  for (const { target, compression } of wantedBackups(sections, `${jobset.project}:${jobset.name}:${job}`)) {
    const context = dutyContext(DUTY, `RequestBackup ${buildId} ${targetKey(target)}`, causeOf(event));
    const command = { type: 'RequestBackup', at: clock.iso(), data: { buildId, target, compression } } as const;
    const outcome = await handle(backupStream(buildId), command, context);
    if (isRejection(outcome)) throw new Error(`RequestBackup of build ${buildId} was refused: ${outcome.rejected}`);
  }
};
