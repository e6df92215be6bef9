import type { Ledger } from './ledger.js';
import type { Policy, Standing } from './policy.js';
import { perShare, type VirtualTime } from './virtual-time.js';

/** Shares of a jobset that says nothing. */
export const DEFAULT_SHARES = 100;

type Parts = Readonly<{
  policy: Policy;
  ledger: Ledger;
  shares: ReadonlyMap<number, number>;
  time: VirtualTime;
}>;

/** What ranks each jobset, now. */
export class Standings {
  /** those of the moving jobsets at one moment */
  private readonly known = new Map<number, Standing>();
  private knownAtMs = NaN;

  constructor(private readonly parts: Parts) {}

  get policy(): Policy {
    return this.parts.policy;
  }

  /**
   * Those whose standing changes with time alone; never more than there are slots, times the jobsets of a step. What is visited is
   * changed for the next one: copy it to keep it.
   */
  eachMoving(nowMs: number, visit: (standing: Standing) => void): void {
    const { policy, ledger, time } = this.parts;
    const clamped = policy.name === 'clamped';
    const each: { -readonly [K in keyof Standing]: Standing[K] } = {
      jobsetId: 0,
      usedMs: 0,
      shares: 1,
      key: undefined,
    };
    ledger.eachMoving(nowMs, (jobsetId, usedMs, runningMs) => {
      each.jobsetId = jobsetId;
      each.usedMs = usedMs;
      each.shares = this.sharesOf(jobsetId);
      if (clamped) each.key = time.key(jobsetId, perShare(runningMs, each.shares));
      visit(each);
    });
  }

  /** Under `clamped`, the key that none is below: all jobsets with a lower one are equal. */
  get floor(): number {
    return this.parts.policy.name === 'clamped' ? this.parts.time.floor : -Infinity;
  }

  /** Must be called before the questions about a moment, which must not go back. */
  advance(nowMs: number): void {
    this.parts.ledger.advance(nowMs);
    this.knownAtMs = NaN;
  }

  /** Standing of a jobset that does not move, its key not lifted to the floor; undefined where it moves. */
  still(jobsetId: number): Standing | undefined {
    const { policy, ledger, time } = this.parts;
    if (ledger.isMoving(jobsetId)) return undefined;
    const standing = { jobsetId, usedMs: ledger.settledMs(jobsetId), shares: this.sharesOf(jobsetId) };
    return policy.name === 'clamped' ? { ...standing, key: time.tagOf(jobsetId) } : standing;
  }

  /** Standing of any jobset. */
  at(jobsetId: number, nowMs: number): Standing {
    if (this.knownAtMs !== nowMs) {
      this.known.clear();
      this.knownAtMs = nowMs;
    }
    let standing = this.known.get(jobsetId);
    if (standing === undefined) this.known.set(jobsetId, (standing = this.find(jobsetId, nowMs)));
    return standing;
  }

  /** Under `clamped`, what a choice of the jobset does to the tags; undefined under `window`. */
  clamp(jobsetId: number, nowMs: number): Readonly<{ virtual: number; tag: number }> | undefined {
    if (this.parts.policy.name !== 'clamped') return undefined;
    return this.parts.time.chosen(jobsetId, this.running(jobsetId, nowMs));
  }

  private find(jobsetId: number, nowMs: number): Standing {
    const { policy, ledger, time } = this.parts;
    const standing = { jobsetId, usedMs: ledger.usedMs(jobsetId, nowMs), shares: this.sharesOf(jobsetId) };
    if (policy.name !== 'clamped') return standing;
    return { ...standing, key: time.key(jobsetId, this.running(jobsetId, nowMs)) };
  }

  private sharesOf(jobsetId: number): number {
    return this.parts.shares.get(jobsetId) ?? DEFAULT_SHARES;
  }

  private running(jobsetId: number, nowMs: number): number {
    return perShare(this.parts.ledger.runningMs(jobsetId, nowMs), this.sharesOf(jobsetId));
  }
}
