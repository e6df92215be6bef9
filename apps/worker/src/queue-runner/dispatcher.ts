import { BuildSlot, localServeCommand, type NixSettings } from '#nix';
import { choose, type Machine, type Step, unsupportedSteps } from '#scheduler';
import { type AttemptParts, runAttempt } from './attempt.js';
import type { KnownBuild } from './farm.js';

/** A step whose derivation's former attempt is still being ended is looked at again after so long, in milliseconds. */
const STILL_ENDING_MS = 20;
/** setTimeout's own limit. */
const MAX_DELAY_MS = 2 ** 31 - 1;

type Slot = { readonly number: number; readonly slot: BuildSlot; free: boolean };

/** Gives runnable steps to free slots, at once and in the scheduler's order. */
export class Dispatcher {
  private readonly slots: readonly Slot[];
  private readonly attempts = new Map<string, { readonly abort: AbortController; readonly done: Promise<void> }>();
  private readonly unsupportedSince = new Map<string, number>();
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;

  constructor(
    private readonly parts: AttemptParts,
    private readonly machine: Machine,
    nix: NixSettings,
    private readonly onFailure: (error: Error) => void,
  ) {
    const { now } = parts.clock;
    const command = localServeCommand(nix);
    this.slots = Array.from({ length: machine.slots }, (_, index) => ({
      number: index + 1,
      slot: new BuildSlot({ settings: nix, command, now }),
      free: true,
    }));
  }

  get running(): number {
    return this.attempts.size;
  }

  /** Looks whether anything can start now. */
  readonly wake = (): void => {
    if (this.stopped) return;
    try {
      for (let slot = this.freeSlot(); slot !== undefined; slot = this.freeSlot()) if (!this.startOne(slot)) break;
      this.failUnsupported();
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
    await Promise.allSettled([...this.attempts.values()].map(({ done }) => done));
    await Promise.all(this.slots.map(({ slot }) => slot.close()));
  }

  private freeSlot(): Slot | undefined {
    return this.slots.find(({ free }) => free);
  }

  private startOne(slot: Slot): boolean {
    const { farm, clock } = this.parts;
    const now = clock.now();
    const choice = choose(farm.scheduler, this.machine, now);
    if (choice === undefined) return false;
    const { drvPath } = choice.step;
    if (this.attempts.has(drvPath)) {
      farm.graph.retry(choice.step, now + STILL_ENDING_MS);
      return true;
    }
    farm.graph.start(choice.step);
    slot.free = false;
    const abort = new AbortController();
    // Said when the builder is done and again when all is recorded: by then another attempt may have the slot.
    let given = false;
    const freed = (): void => {
      if (given) return;
      given = true;
      slot.free = true;
      this.wake();
    };
    const place = { machine: this.machine.name, number: slot.number, slot: slot.slot, freed, signal: abort.signal };
    const done = runAttempt(this.parts, choice, place)
      .catch((error: Error) => this.onFailure(error))
      .finally(() => {
        this.attempts.delete(drvPath);
        freed();
        this.wake();
      });
    this.attempts.set(drvPath, { abort, done });
    return true;
  }

  /** Steps that no machine can build wait for one for a while, then fail with all that depend on them. */
  private failUnsupported(): void {
    const { farm, clock, finisher, options } = this.parts;
    const steps = unsupportedSteps(farm.graph, [this.machine]);
    const now = clock.now();
    const still = new Set(steps.map(({ drvPath }) => drvPath));
    for (const drvPath of this.unsupportedSince.keys()) if (!still.has(drvPath)) this.unsupportedSince.delete(drvPath);
    for (const step of steps) {
      const { drvPath, system, features } = step;
      const since = this.unsupportedSince.get(drvPath) ?? now;
      this.unsupportedSince.set(drvPath, since);
      if (now - since < options.unsupportedMs || !farm.graph.steps.has(drvPath)) continue;
      const { direct, dependent } = farm.graph.buildsOf(step);
      const builds = [...direct, ...dependent].map((id) => farm.builds.get(id) as KnownBuild);
      farm.removeFromGraph([...direct, ...dependent]);
      const wants = features.length > 0 ? ` with ${features.join(', ')}` : '';
      const failure = { drvPath, system, status: 'unsupported', startedAtMs: now, stoppedAtMs: now } as const;
      finisher
        .fail(builds, { ...failure, error: `unsupported: no machine builds for ${system}${wants}` }, false)
        .catch((error: Error) => this.onFailure(error));
    }
  }

  private sleepUntilNext(): void {
    clearTimeout(this.timer);
    const { farm, clock, options } = this.parts;
    const retry = farm.graph.nextRetryAtMs;
    const unsupported = Math.min(...this.unsupportedSince.values()) + options.unsupportedMs;
    const at = Math.min(retry ?? Infinity, unsupported);
    if (at === Infinity) return;
    this.timer = setTimeout(this.wake, Math.min(MAX_DELAY_MS, Math.max(1, at - clock.now())));
  }
}
