import type { Bucket } from '../s3/bucket.js';
import type { ObjectKind } from './objects.js';
import { type Amount, type CondemnedStore, count, type LiveSet, nothing } from './ports.js';

export type RemoveOptions = Readonly<{
  bucket: Bucket;
  kindOf: (key: string) => ObjectKind;
  live: LiveSet;
  condemned: CondemnedStore;
  named: ReadonlySet<string>;
  graceMs: number;
  now: () => number;
  /** Ends it after the batch that is being deleted. */
  signal: AbortSignal;
  /** Waits a little while another collector's batch is, or may be, under way. */
  pause: () => Promise<void>;
  /** Keys in one request; S3 takes 1000, which is the default. */
  batch?: number;
  onRemoved?: (removed: Amount) => void;
}>;

const MOST_KEYS = 1_000;
/** Between the mark of a batch and its deletion; far less than after which a mark no longer counts. */
const LONGEST_LOOK_MS = 60_000;

/**
 * Deletes what was condemned long enough ago, in batches. Each is marked first, then the roots and the log are asked once more who
 * needs it: an upload is in the log before it looks for the mark, so either it is found here, or it waits for the end of the batch
 * before it believes what stands in the bucket. Killed at any point, the next run goes on.
 */
export const removeDue = async (
  options: RemoveOptions,
): Promise<Readonly<{ deleted: Amount; resurrected: Amount }>> => {
  const { bucket, kindOf, live, condemned, named, graceMs, now, signal, pause, batch = MOST_KEYS } = options;
  const [deleted, resurrected] = [nothing(), nothing()];
  let cursor: string | undefined;
  const isNarInfo = ({ key }: Readonly<{ key: string }>): boolean => key.endsWith('.narinfo');

  const isNeeded = (key: string): boolean => {
    const kind = kindOf(key);
    if (kind.kind === 'nar' || kind.kind === 'narinfo') return live.has(kind.hash);
    return kind.kind !== 'foreign' || named.has(key);
  };

  for (;;) {
    signal.throwIfAborted();
    const found = await condemned.due(now() - graceMs, batch, cursor);
    const [first] = found;
    if (first === undefined) return { deleted, resurrected };
    // Never both kinds in one batch: NARs become due when the last narinfo is gone.
    const objects = found.filter((object) => isNarInfo(object) === isNarInfo(first));
    const round = await condemned.beginRound();
    if (round === undefined) {
      await pause();
      continue;
    }
    const begun = now();
    let isOver = true;
    try {
      await live.refresh();
      const needed = objects.filter(({ key }) => isNeeded(key));
      const doomed = objects.filter(({ key }) => !isNeeded(key));
      if (now() - begun < LONGEST_LOOK_MS) {
        // Where a deletion fails the mark stays: the request may still arrive.
        isOver = false;
        if (doomed.length > 0) await bucket.deleteMany(doomed.map(({ key }) => key));
        isOver = true;
        await condemned.remove(objects.map(({ key }) => key));
        for (const { size } of doomed) count(deleted, size);
        for (const { size } of needed) count(resurrected, size);
        cursor = objects.at(-1)!.key;
        options.onRemoved?.(deleted);
      }
    } finally {
      if (isOver) await condemned.endRound(round);
    }
  }
};
