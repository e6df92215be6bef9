/** Refusals of one user that are written to the log at once. */
export const BURST = 50;
/** After those, one more each so many milliseconds: a log that is kept for ever grows by no more than 1,440 a day for a user. */
export const REFILL_MS = 60_000;
/** Users remembered at once; whoever has refused nothing of late costs nothing. */
const MOST_USERS = 10_000;

/** What was left out of the log for one user since it was last said. Times in Unix milliseconds. */
export type Suppressed = Readonly<{ userId: string; count: number; sinceMs: number; untilMs: number }>;

type Bucket = { tokens: number; filledAtMs: number; suppressed?: { count: number; sinceMs: number; untilMs: number } };

/**
 * How many refusals of each user may still be written down: a token bucket. Whoever is signed in can be refused as fast as
 * requests come, and an event is there for ever. `now`: Unix milliseconds.
 */
export class RefusalBudget {
  private readonly buckets = new Map<string, Bucket>();

  constructor(private readonly now: () => number) {}

  /** Whether one more of this user's is written down; where not, it counts as suppressed. */
  take(userId: string): boolean {
    const bucket = this.filled(userId);
    if (bucket.tokens >= 1) {
      bucket.tokens -= 1;
      return true;
    }
    const at = this.now();
    bucket.suppressed = {
      count: (bucket.suppressed?.count ?? 0) + 1,
      sinceMs: bucket.suppressed?.sinceMs ?? at,
      untilMs: at,
    };
    return false;
  }

  /** What was left out for users who may have something written again; it is told once. `all`: for the others too. */
  takeSuppressed(all = false): Suppressed[] {
    const told: Suppressed[] = [];
    for (const userId of this.buckets.keys()) {
      const bucket = this.filled(userId);
      if (!bucket.suppressed || (bucket.tokens < 1 && !all)) continue;
      told.push({ userId, ...bucket.suppressed });
      delete bucket.suppressed;
      bucket.tokens = Math.max(0, bucket.tokens - 1);
    }
    return told;
  }

  private filled(userId: string): Bucket {
    const at = this.now();
    const bucket = this.buckets.get(userId) ?? { tokens: BURST, filledAtMs: at };
    const gained = Math.floor((at - bucket.filledAtMs) / REFILL_MS);
    if (gained > 0) {
      bucket.tokens = Math.min(BURST, bucket.tokens + gained);
      bucket.filledAtMs += gained * REFILL_MS;
    }
    if (!this.buckets.has(userId)) this.makeRoom();
    this.buckets.set(userId, bucket);
    return bucket;
  }

  /** The longest known goes first, unless something is still to be told of it. */
  private makeRoom(): void {
    if (this.buckets.size < MOST_USERS) return;
    for (const [userId, { suppressed }] of this.buckets) if (!suppressed) return void this.buckets.delete(userId);
  }
}
