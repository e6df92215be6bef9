import type { Bucket } from '../s3/bucket.js';
import { type Findings, listPlace } from './list.js';
import { classifier } from './objects.js';
import { type Amount, type CondemnedStore, type LiveSet, nothing } from './ports.js';
import { removeDue } from './remove.js';

export type CollectOptions = Readonly<{
  bucket: Bucket;
  prefix: string;
  /** Of all places in the bucket: those that lie within this one are not looked at. */
  otherPrefixes: readonly string[];
  live: LiveSet;
  condemned: CondemnedStore;
  /** Whether somebody said that objects which no Iolaus put there may go; it matters only where the prefix is empty. */
  deleteForeign: boolean;
  /** How long something must have been condemned before it is deleted; 0 deletes at once. */
  graceMs: number;
  /** Looks, and changes nothing. */
  dryRun: boolean;
  /** Unix milliseconds */
  now: () => number;
  signal: AbortSignal;
  pause: () => Promise<void>;
  /** Keys deleted in one request, default 1000. */
  batch?: number;
  /** Hears what was found, before anything is deleted. */
  onFound?: (findings: Findings) => Promise<void>;
  onProgress?: (progress: CollectProgress) => void;
}>;

export type CollectProgress =
  Readonly<{ phase: 'listing'; objects: number }> | Readonly<{ phase: 'deleting'; objects: number; total: number }>;

export type Collected = Findings & Readonly<{ deleted: Amount; saved: Amount; waiting: Amount }>;

/**
 * Collects the garbage of one place: condemns what nothing needs, deletes what was condemned long enough ago. Throws
 * `UnsafeRootsError` before it changes anything where it cannot tell what is needed, and `S3Error`; may be run again after any end.
 */
export const collectGarbage = async (options: CollectOptions): Promise<Collected> => {
  const { prefix, otherPrefixes, live, condemned, deleteForeign, dryRun, onProgress = () => undefined } = options;
  const kindOf = classifier(prefix, otherPrefixes);
  const named = new Set<string>();
  await live.refresh();
  const found = await listPlace({
    ...options,
    kindOf,
    named,
    foreignIsGarbage: prefix !== '' || deleteForeign,
    onListed: (objects) => onProgress({ phase: 'listing', objects }),
  });
  if (dryRun) return { ...found, deleted: nothing(), saved: nothing(), waiting: await condemned.totals() };
  await options.onFound?.(found);
  const { deleted, resurrected } = await removeDue({
    ...options,
    kindOf,
    named,
    onRemoved: ({ objects }) => onProgress({ phase: 'deleting', objects, total: found.due.objects }),
  });
  return { ...found, deleted, saved: resurrected, waiting: await condemned.totals() };
};
