import {
  type BackupCompleted,
  type BackupFailed,
  type BackupRequested,
  type BackupTarget,
  type BuildQueued,
  buildStream,
  targetKey,
} from '#domain';
import { BEGINNING, type EventStore, type RecordedEvent } from '#event-store';
import { openBackups, type Queryable } from '#read-model';

/** The uploads into a place, by the log. */
export type UploadWatch = Readonly<{
  /** Outputs of all builds whose upload was open at any time since the watch began; asks the log anew. */
  outputs: () => Promise<readonly string[]>;
  /** Paths that uploads which ended since `since` found or put there; known after the first `outputs`. */
  used: () => readonly string[];
  /** Up to where the log was read. */
  position: () => bigint;
}>;

type Backup = BackupRequested | BackupCompleted | BackupFailed;
const TYPES: readonly Backup['type'][] = ['BackupRequested', 'BackupCompleted', 'BackupFailed'];

/** Begins with what the read model knows, however old that is, and reads the log from there. */
export const watchUploads = async (
  { store, db, target }: Readonly<{ store: EventStore; db: Queryable; target: BackupTarget }>,
  since: bigint | undefined,
): Promise<UploadWatch> => {
  const key = targetKey(target);
  const known = await openBackups(db, target);
  const open = new Set<number>(known?.buildIds);
  const ever = new Map<number, readonly string[]>();
  const used = new Set<string>();
  const first = known?.position ?? BEGINNING;
  let position = since !== undefined && since < first ? since : first;

  const hear = (recorded: RecordedEvent, begun: boolean, requested: Set<number>): void => {
    const { type, data } = recorded as unknown as Backup;
    if (targetKey(data.target) !== key) return;
    if (type === 'BackupRequested') {
      open.add(data.buildId);
      requested.add(data.buildId);
    } else if (type === 'BackupFailed' || data.part === data.parts) open.delete(data.buildId);
    if (type === 'BackupCompleted' && since !== undefined && recorded.position > since && !begun)
      for (const { path } of data.paths) used.add(path);
  };

  const outputsOf = async (buildId: number): Promise<readonly string[]> => {
    for await (const { type, data } of store.readStream(buildStream(buildId), { maxCount: 1 }))
      if (type === 'BuildQueued') return Object.values((data as BuildQueued['data']).outputs).filter(Boolean);
    return [];
  };

  let begun = false;
  return {
    outputs: async () => {
      const head = await store.head();
      const requested = new Set<number>();
      for await (const events of store.readAll({ after: position, to: head, types: TYPES }))
        for (const event of events) hear(event, begun, requested);
      // One that was asked for since the last look may have relied on what it found, even if it has ended.
      for (const buildId of begun ? requested : open)
        if (!ever.has(buildId)) ever.set(buildId, await outputsOf(buildId));
      if (head > position) position = head;
      begun = true;
      return [...ever.values()].flat();
    },
    used: () => [...used],
    position: () => position,
  };
};
