/** An object that nothing needs. `size` in bytes, `sinceMs` in Unix milliseconds. */
export type CondemnedObject = Readonly<{ key: string; size: number; etag: string; sinceMs: number }>;

/**
 * What is condemned in one place, and the mark of the batch that is being deleted there. If the objects are lost, every grace
 * begins anew and nothing else; the mark must be on the disk when `beginRound` answers. One collector has it at a time: an older
 * one changes nothing any more and is told so by an error, whatever it sent before.
 */
export interface CondemnedStore {
  /** Those with `after < key <= to`, by key in the order of S3 (bytes of UTF-8); `to` undefined: up to the end. */
  between(after: string, to: string | undefined): Promise<CondemnedObject[]>;
  /** Condemns; one that is condemned already keeps its time while its ETag is the same. */
  put(objects: readonly CondemnedObject[]): Promise<void>;
  remove(keys: readonly string[]): Promise<void>;
  /**
   * The next ones condemned at `untilMs` or before, after a key: narinfos first, then all else, each by key. A NAR whose narinfo is
   * condemned still is not among them.
   */
  due(untilMs: number, limit: number, after: string | undefined): Promise<CondemnedObject[]>;
  totals(): Promise<Readonly<{ objects: number; bytes: number }>>;
  /** Marks that a batch is about to be deleted; `undefined` while another one is, or may be after its collector died. */
  beginRound(): Promise<string | undefined>;
  endRound(round: string): Promise<void>;
}

/** The store paths that must stay, by the hash in their names. */
export interface LiveSet {
  has(hash: string): boolean;
  /** Looks again at the roots and at the uploads in progress. What was live stays live for as long as the set is in use. */
  refresh(): Promise<void>;
}

/** A number of objects and their size in bytes. */
export type Amount = { objects: number; bytes: number };

export const nothing = (): Amount => ({ objects: 0, bytes: 0 });

export const count = (amount: Amount, size: number): void => {
  amount.objects += 1;
  amount.bytes += size;
};
