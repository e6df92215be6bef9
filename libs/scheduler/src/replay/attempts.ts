import type { PastAttempt } from '../scheduler.js';

type Kept = { -readonly [K in keyof PastAttempt]: PastAttempt[K] };

const keyOf = (drvPath: string, attempt: number): string => `${drvPath}#${attempt}`;

/** Attempts that a window still holds, from which the next term's ledger is made. Costs follow the window, not the log. */
export class Attempts {
  private readonly kept = new Map<string, Kept>();
  private ended: Kept[] = [];
  private first = 0;

  /** `windowMs`: the longest window of all terms that are to come. */
  constructor(private readonly windowMs: number) {}

  start({ drvPath, attempt, jobsetIds, startedAtMs }: PastAttempt): void {
    this.kept.set(keyOf(drvPath, attempt), { drvPath, attempt, jobsetIds, startedAtMs });
  }

  stop(drvPath: string, attempt: number, stoppedAtMs: number): void {
    const found = this.kept.get(keyOf(drvPath, attempt));
    if (found === undefined) return;
    found.stoppedAtMs = Math.max(stoppedAtMs, found.startedAtMs);
    this.ended.push(found);
    this.forget(found.stoppedAtMs - this.windowMs);
  }

  get(drvPath: string, attempt: number): PastAttempt | undefined {
    return this.kept.get(keyOf(drvPath, attempt));
  }

  get size(): number {
    return this.kept.size;
  }

  all(): readonly PastAttempt[] {
    return [...this.kept.values()];
  }

  /** Ends come nearly in order of time: one that is too old waits at most for those before it. */
  private forget(edgeMs: number): void {
    for (let old = this.ended[this.first]; old && old.stoppedAtMs! < edgeMs; old = this.ended[this.first]) {
      this.kept.delete(keyOf(old.drvPath, old.attempt));
      this.first += 1;
    }
    if (this.first > 1024 && this.first * 2 > this.ended.length) {
      this.ended = this.ended.slice(this.first);
      this.first = 0;
    }
  }
}
