import type { Step } from '#scheduler';
import { type AttemptParts, runAttempt } from './attempt.js';
import type { SlotPools } from './slot-pools.js';
import { Unsupported } from './unsupported.js';

/** setTimeout's own limit. */
const MAX_DELAY_MS = 2 ** 31 - 1;

type Running = Readonly<{ abort: AbortController; done: Promise<void> }>;

/** Gives runnable steps to free slots, at once and in the scheduler's order. */
export class Dispatcher {
  /** by derivation: those whose end is not recorded yet */
  private readonly attempts = new Map<string, Running>();
  private readonly all = new Set<Promise<void>>();
  private readonly parts: AttemptParts;
  private readonly unsupported: Unsupported;
  private timer: NodeJS.Timeout | undefined;
  private begun = false;
  private stopped = false;
  private holds = 0;

  constructor(
    parts: Omit<AttemptParts, 'hold'>,
    private readonly pools: SlotPools,
    private readonly onFailure: (error: Error) => void,
  ) {
    this.parts = { ...parts, hold: (until) => this.hold(until) };
    this.unsupported = new Unsupported(this.parts, onFailure);
  }

  get running(): number {
    return this.all.size;
  }

  /** From here on steps are started. */
  begin(): void {
    this.begun = true;
    this.wake();
  }

  /** Looks whether anything can start now. */
  readonly wake = (): void => {
    if (this.stopped || !this.begun || this.holds > 0) return;
    try {
      while (this.startOne());
      this.unsupported.check(this.parts.clock.now());
      this.sleepUntilNext();
    } catch (error) {
      this.onFailure(error as Error);
    }
  };

  /** Ends the attempts at steps that nobody needs any more. */
  cancel(orphans: readonly Step[]): void {
    for (const { drvPath } of orphans) this.attempts.get(drvPath)?.abort.abort();
  }

  /** Starts nothing more, ends all attempts and waits for all that follows from them. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    for (const { abort } of this.attempts.values()) abort.abort();
    await Promise.allSettled(this.all);
    await this.pools.close();
  }

  private startOne(): boolean {
    const { farm, clock } = this.parts;
    const nowMs = clock.now();
    const assignment = farm.scheduler.next(nowMs);
    if (assignment === undefined) return false;
    const { drvPath } = assignment.step;
    const attempt = farm.steps.get(drvPath)!.state.attempts + 1;
    const { number, slot, give } = this.pools.take(assignment.machine.name);
    const abort = new AbortController();
    // Said when the builder is done and again when all is recorded: by then another attempt may have the slot.
    let given = false;
    const freed = (): void => {
      if (given) return;
      given = true;
      farm.scheduler.freed(drvPath, attempt);
      give();
      this.wake();
    };
    const done = runAttempt(this.parts, assignment, { number, slot, nowMs, freed, signal: abort.signal })
      .catch((error: Error) => this.onFailure(error))
      .finally(() => {
        this.all.delete(done);
        if (this.attempts.get(drvPath)?.done === done) this.attempts.delete(drvPath);
        freed();
        this.wake();
      });
    this.all.add(done);
    this.attempts.set(drvPath, { abort, done });
    return true;
  }

  private hold(until: Promise<unknown>): void {
    this.holds += 1;
    const release = (): void => {
      this.holds -= 1;
      this.wake();
    };
    until.then(release, release);
  }

  private sleepUntilNext(): void {
    clearTimeout(this.timer);
    const { farm, clock } = this.parts;
    const nowMs = clock.now();
    const times = [farm.scheduler.nextWakeMs(nowMs), this.unsupported.nextMs].filter((each) => each !== undefined);
    if (times.length === 0) return;
    this.timer = setTimeout(this.wake, Math.min(MAX_DELAY_MS, Math.max(1, Math.min(...times) - nowMs)));
  }
}
