import type { Bucket } from '../s3/bucket.js';
import type { Fault } from './verify.js';

export type RepairOptions = Readonly<{
  bucket: Bucket;
  /** Brings a path of the store and its closure into the place; false where the store does not have it. */
  upload: (path: string) => Promise<boolean>;
  onProgress?: (done: number, total: number) => void;
}>;

/**
 * Repairs what `verifyPlace` found: takes away the narinfo of a wrong or missing NAR first, so that nobody is led to it, then the
 * NAR, then uploads the path anew from the store. Answers the faults that remain, since the store does not
 * have the path.
 */
export const repairPlace = async (
  faults: readonly Fault[],
  { bucket, upload, onProgress = () => undefined }: RepairOptions,
): Promise<readonly Fault[]> => {
  const remaining: Fault[] = [];
  // All narinfos first: an upload leaves alone what looks good.
  for (const { kind, key, narKey } of faults) {
    if (kind === 'reference') continue;
    await bucket.delete(key);
    if (narKey !== undefined) await bucket.delete(narKey);
  }
  for (const [done, fault] of faults.entries()) {
    const there = fault.path !== undefined && (await upload(fault.path));
    // Nothing is left of it in the bucket, but what refers to it stays incomplete.
    if (!there) remaining.push(fault);
    onProgress(done + 1, faults.length);
  }
  return remaining;
};
