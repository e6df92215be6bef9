import type { Charge } from '#domain';
import { divide, part } from './charges.js';
import { Heap } from './heap.js';

/** The jobset's part of some of the entry's time. */
const partOf = ({ jobsetIds }: Entry, jobsetId: number, ms: number): number =>
  jobsetIds.length === 1 ? ms : part(ms, jobsetIds.length, jobsetIds.indexOf(jobsetId));

/** Hydra's window, and the default: 24 hours. */
export const DEFAULT_WINDOW_MS = 24 * 60 * 60 * 1000;

/** An attempt at a step, as the ledger sees it. Times are Unix milliseconds. */
type Entry = {
  readonly key: string;
  /** in order of id */
  readonly jobsetIds: readonly number[];
  readonly startedAtMs: number;
  stoppedAtMs: number | undefined;
  /** wholly inside the window: its parts stand in the sums */
  settled: boolean;
  /** one jobset's, running, begun inside the window: it stands in that jobset's sum of such */
  solo: boolean;
  /** when it next changes between settled, cut by the window's edge, and gone */
  changesAtMs: number;
};

type Account = {
  settledMs: number;
  /** entries that are looked at one by one */
  readonly moving: Entry[];
  /** number of solo entries, and the sum of their starts after the ledger's origin */
  solos: number;
  soloStartsMs: number;
};

const byChange = (a: Entry, b: Entry): number => a.changesAtMs - b.changesAtMs || (a.key < b.key ? -1 : 1);

/**
 * Who used how much machine time. `used(jobset, t)` is the time of its steps inside `[t - window, t]`, running steps
 * included up to t, in whole milliseconds; a step of k jobsets counts 1/k to each, and the parts add up to the whole.
 *
 * An entry that lies wholly inside the window is one number in its jobset's sum, and so is one that runs for one jobset: all such
 * cost as much as one. Only running steps of several jobsets and those that the window's edge cuts (never more than there were
 * slots at that moment) are looked at one by one. Time only goes forward:
 * a question about a moment before the latest one asked is answered for that latest moment.
 */
export class Ledger {
  private readonly entries = new Map<string, Entry>();
  private readonly accounts = new Map<number, Account>();
  private readonly changes = new Heap<Entry>(byChange);
  private readonly restless = new Map<number, Account>();
  private now = 0;
  /** what starts are counted from, so that their sums stay small */
  private originMs: number | undefined;

  /** `turned` hears of a jobset that begins or ceases to move. */
  constructor(
    readonly windowMs: number = DEFAULT_WINDOW_MS,
    private readonly turned: (jobsetId: number) => void = () => undefined,
  ) {}

  /** Whether the jobset's use changes with time alone: it has steps that run, or that the window's edge cuts. */
  isMoving(jobsetId: number): boolean {
    return this.restless.has(jobsetId);
  }

  /** The jobsets that move, with their use inside the window that ends at `atMs`, and what their running steps have cost so far. */
  eachMoving(atMs: number, visit: (jobsetId: number, usedMs: number, runningMs: number) => void): void {
    this.advance(atMs);
    for (const [jobsetId, account] of this.restless) {
      let running = this.soloMs(account);
      let used = account.settledMs + running;
      for (const entry of account.moving) {
        used += partOf(entry, jobsetId, this.overlap(entry));
        if (entry.stoppedAtMs === undefined) running += partOf(entry, jobsetId, Math.max(0, atMs - entry.startedAtMs));
      }
      visit(jobsetId, used, running);
    }
  }

  /** An attempt began. `key` names it for `stop`; the same key again is the same attempt. */
  start(key: string, jobsetIds: readonly number[], startedAtMs: number): void {
    if (this.entries.has(key)) return;
    const sorted = [...jobsetIds].sort((a, b) => a - b);
    const entry: Entry = {
      key,
      jobsetIds: sorted,
      startedAtMs,
      stoppedAtMs: undefined,
      settled: false,
      solo: sorted.length === 1 && startedAtMs <= this.now && startedAtMs >= this.now - this.windowMs,
      changesAtMs: startedAtMs + this.windowMs + 1,
    };
    this.entries.set(key, entry);
    if (!entry.solo) for (const id of sorted) this.move(id, entry);
    else {
      this.originMs ??= startedAtMs;
      const account = this.account(sorted[0]!);
      account.solos += 1;
      account.soloStartsMs += startedAtMs - this.originMs;
      this.changes.add(entry);
      this.stir(sorted[0]!, account);
    }
  }

  /** An attempt ended: what each jobset pays for it in all. Nothing for an attempt that is not known or ended before. */
  stop(key: string, stoppedAtMs: number): readonly Charge[] {
    const entry = this.entries.get(key);
    if (entry === undefined || entry.stoppedAtMs !== undefined) return [];
    this.single(entry);
    entry.stoppedAtMs = Math.max(stoppedAtMs, entry.startedAtMs);
    entry.changesAtMs = entry.stoppedAtMs;
    this.changes.add(entry);
    this.advance(this.now);
    return divide(entry.stoppedAtMs - entry.startedAtMs, entry.jobsetIds);
  }

  /** An attempt that was about to begin and did not: it leaves no trace. */
  forget(key: string): void {
    const entry = this.entries.get(key);
    if (entry === undefined || entry.stoppedAtMs !== undefined) return;
    this.single(entry);
    this.drop(entry);
  }

  /** Machine time of a jobset inside the window that ends at `atMs`. */
  usedMs(jobsetId: number, atMs: number): number {
    this.advance(atMs);
    const account = this.accounts.get(jobsetId);
    if (account === undefined) return 0;
    let used = account.settledMs + this.soloMs(account);
    for (const entry of account.moving) used += partOf(entry, jobsetId, this.overlap(entry));
    return used;
  }

  /** Machine time of a jobset by its running steps up to `atMs`, inside the window or not. */
  runningMs(jobsetId: number, atMs: number): number {
    this.advance(atMs);
    const account = this.accounts.get(jobsetId);
    if (account === undefined) return 0;
    let ms = this.soloMs(account);
    for (const entry of account.moving)
      if (entry.stoppedAtMs === undefined) ms += partOf(entry, jobsetId, Math.max(0, atMs - entry.startedAtMs));
    return ms;
  }

  /** Machine time inside the window of a jobset that does not move. */
  settledMs(jobsetId: number): number {
    return this.accounts.get(jobsetId)?.settledMs ?? 0;
  }

  /** Jobsets that the window knows, in order of id. */
  jobsets(): readonly number[] {
    return [...this.accounts.keys()].sort((a, b) => a - b);
  }

  private account(jobsetId: number): Account {
    let account = this.accounts.get(jobsetId);
    if (account === undefined)
      this.accounts.set(jobsetId, (account = { settledMs: 0, moving: [], solos: 0, soloStartsMs: 0 }));
    return account;
  }

  /** The time of the entry inside the window that ends now. */
  private overlap({ startedAtMs, stoppedAtMs }: Entry): number {
    const from = Math.max(startedAtMs, this.now - this.windowMs);
    return Math.max(0, Math.min(stoppedAtMs ?? this.now, this.now) - from);
  }

  /** The window ends at `atMs` from now on. Costs what enters and leaves it. */
  advance(atMs: number): void {
    this.now = Math.max(this.now, atMs);
    for (let entry = this.changes.top; entry !== undefined && entry.changesAtMs <= this.now; entry = this.changes.top) {
      if (!entry.solo) this.changes.remove(entry);
      this.change(entry);
    }
  }

  /** Machine time of the account's solo entries, all of it inside the window. */
  private soloMs({ solos, soloStartsMs }: Account): number {
    return solos === 0 ? 0 : solos * (this.now - this.originMs!) - soloStartsMs;
  }

  /** From now on the entry is looked at by itself. */
  private single(entry: Entry): void {
    if (!entry.solo) return;
    entry.solo = false;
    this.changes.remove(entry);
    const account = this.account(entry.jobsetIds[0]!);
    account.solos -= 1;
    account.soloStartsMs -= entry.startedAtMs - this.originMs!;
    account.moving.push(entry);
  }

  private change(entry: Entry): void {
    if (entry.solo) return this.single(entry); // the window's edge passed its start
    const edge = this.now - this.windowMs;
    const stopped = entry.stoppedAtMs!;
    if (entry.settled) this.settle(entry, -1);
    if (stopped <= edge) return this.drop(entry);
    const inside = entry.startedAtMs >= edge;
    if (inside) this.settle(entry, 1);
    // Settled until the edge has passed its start, then cut until it has passed its stop.
    entry.changesAtMs = inside ? entry.startedAtMs + this.windowMs + 1 : stopped + this.windowMs;
    this.changes.add(entry);
  }

  private settle(entry: Entry, sign: 1 | -1): void {
    entry.settled = sign > 0;
    const ms = entry.stoppedAtMs! - entry.startedAtMs;
    entry.jobsetIds.forEach((id, place) => {
      const account = this.account(id);
      account.settledMs += sign * part(ms, entry.jobsetIds.length, place);
      if (sign > 0) this.rest(id, entry);
      else this.move(id, entry);
    });
  }

  private move(jobsetId: number, entry: Entry): void {
    const account = this.account(jobsetId);
    account.moving.push(entry);
    this.stir(jobsetId, account);
  }

  private stir(jobsetId: number, account: Account): void {
    if (account.moving.length + account.solos > 1) return;
    this.restless.set(jobsetId, account);
    this.turned(jobsetId);
  }

  private rest(jobsetId: number, entry: Entry): void {
    const account = this.accounts.get(jobsetId);
    const place = account?.moving.indexOf(entry) ?? -1;
    if (account === undefined || place < 0) return;
    account.moving.splice(place, 1);
    if (account.moving.length + account.solos > 0) return;
    if (account.settledMs === 0) this.accounts.delete(jobsetId);
    this.restless.delete(jobsetId);
    this.turned(jobsetId);
  }

  private drop(entry: Entry): void {
    this.entries.delete(entry.key);
    for (const id of entry.jobsetIds) this.rest(id, entry);
  }
}
