/** Units in a millisecond of machine time at 100 shares, times those shares: a part of `ms` counts ms * 100 * 1000 / shares. */
const UNITS = 100_000;

/** Units in a millisecond of machine time at 100 shares. */
export const UNITS_PER_MS = 1000;

/**
 * Machine time per share, in units of 1/1000 ms at 100 shares, rounded up so that nothing is free. `ms` and `shares` are whole
 * numbers; the quotient is exact, by BigInt where the product is too large for a double.
 */
export const perShare = (ms: number, shares: number): number => {
  const product = ms * UNITS;
  if (product <= Number.MAX_SAFE_INTEGER)
    return (product - (product % shares)) / shares + (product % shares > 0 ? 1 : 0);
  const divisor = BigInt(shares);
  return Number((BigInt(ms) * BigInt(UNITS) + divisor - 1n) / divisor);
};

/**
 * The clock of the policy `clamped`, after start-time fair queueing (Goyal, Vin and Cheng, 1996), with a capped credit.
 *
 * Each jobset has a tag F, machine time per share that it has had; the farm has a virtual time V, that of the furthest key that
 * was ever chosen. At a choice a jobset's key is `max(F + what its running steps have cost per share so far, V - credit)`, and
 * the lowest key goes first. So who was idle comes back at most `credit` behind V, and who used an idle farm owes nothing for
 * it: V went along. At a choice F is lifted to the key without the running part, and V to the key; at the end of an attempt the F of each of its
 * jobsets grows by its part. Nothing else changes them.
 *
 * F and V are whole numbers of 1/1000 ms at 100 shares. They are exact up to 2^53: one jobset of 100 shares that has a hundred
 * slots to itself gets there in three years, one of a single share in ten days. Beyond that they are rounded as IEEE doubles
 * are, the same everywhere, and are still true to a millisecond for a hundred times as long.
 */
export class VirtualTime {
  private now = 0;
  private readonly tags = new Map<number, number>();
  private credit: number;

  constructor(creditMs: number) {
    this.credit = creditMs * UNITS_PER_MS;
  }

  get virtual(): number {
    return this.now;
  }

  /** No key is below. */
  get floor(): number {
    return this.now - this.credit;
  }

  set creditMs(ms: number) {
    this.credit = ms * UNITS_PER_MS;
  }

  tagOf(jobsetId: number): number {
    return this.tags.get(jobsetId) ?? 0;
  }

  key(jobsetId: number, running: number): number {
    return Math.max(this.tagOf(jobsetId) + running, this.floor);
  }

  /** What a choice of the jobset does. */
  chosen(jobsetId: number, running: number): Readonly<{ virtual: number; tag: number }> {
    const key = this.key(jobsetId, running);
    return { virtual: Math.max(this.now, key), tag: key - running };
  }

  /** The jobset was chosen, with those numbers. */
  apply(jobsetId: number, { virtual, tag }: Readonly<{ virtual: number; tag: number }>): void {
    this.now = virtual;
    this.tags.set(jobsetId, tag);
  }

  /** The jobset pays. Answers its tag after that. */
  charge(jobsetId: number, ms: number, shares: number): number {
    const tag = this.tagOf(jobsetId) + perShare(ms, shares);
    this.tags.set(jobsetId, tag);
    return tag;
  }

  restore(virtual: number, tags: ReadonlyMap<number, number>): void {
    this.now = virtual;
    this.tags.clear();
    for (const [jobsetId, tag] of tags) this.tags.set(jobsetId, tag);
  }
}
